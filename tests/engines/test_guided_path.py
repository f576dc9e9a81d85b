import numpy as np
import pytest
import torch
from engine_networks import drawn, gradient_of, image_classifier, table_classifier
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.core.metering import metered
from xaivision.core.targets import TargetScore
from xaivision.engines import guided_path
from xaivision.engines.path_integral import Path

TARGETS = torch.tensor([2, 0, 1])


def plain_walk(gradient, start, end, steps, fraction, max_distance):
    """(places, slopes) of one path, by the paper's algorithm with one value after the other in mind: flat float64 arrays."""
    place, whole = start.copy(), np.abs(end - start).sum()
    places, slopes = [place.copy()], [gradient(place)]
    for step in range(1, steps + 1):
        share = step / steps
        lowest = start + (end - start) * max(share - max_distance, 0)
        highest = start + (end - start) * min(share + max_distance, 1)
        for i in range(len(place)):
            if end[i] != start[i] and (place[i] - start[i]) / (end[i] - start[i]) < max(share - max_distance, 0):
                place[i] = lowest[i]
        target, arrived = whole * (1 - share), False
        while not arrived:
            current = np.abs(end - place).sum()
            if np.isclose(current, target, rtol=1e-9, atol=1e-9):
                break
            steepness = [
                np.inf if np.isclose(place[i], highest[i], rtol=0, atol=1e-14) else abs(slopes[-1][i]) for i in range(len(place))
            ]
            threshold = np.quantile(steepness, fraction, method="lower")
            chosen = [i for i in range(len(place)) if steepness[i] <= threshold and steepness[i] != np.inf]
            reach = sum(abs(place[i] - highest[i]) for i in chosen)
            part = (current - target) / reach
            arrived = part <= 1
            for i in chosen:
                place[i] = place[i] + (highest[i] - place[i]) * part if arrived else highest[i]
        places.append(place.copy())
        slopes.append(gradient(place))
    return np.array(places), np.array(slopes)


def plain_contributions(model, path, index, walk):
    """The trapezoid rule over the slow path, leg by leg."""
    legs, one, first = walk.anchors + 1, path.inputs[index], path.baseline[index]

    def gradient(place):
        found = gradient_of(model, torch.from_numpy(place).view_as(one), int(path.target.classes[index]))
        return found.flatten().numpy()

    total = np.zeros(one.numel())
    for leg in range(legs):
        start, end = (torch.lerp(first, one, share).flatten().numpy() for share in (leg / legs, (leg + 1) / legs))
        bound = min(1.0, walk.max_distance * legs)
        places, slopes = plain_walk(gradient, start, end, walk.steps // legs, walk.fraction, bound)
        np.testing.assert_allclose(places[-1], end, atol=1e-12)
        total += (np.diff(places, axis=0) * (slopes[1:] + slopes[:-1]) / 2).sum(0)
    return torch.from_numpy(total).view_as(one)


def paths(seed, kind, batch_size=None):
    model, shape = {
        "table": lambda: (table_classifier(features=7, seed=seed, batch_size=batch_size), (7,)),
        "image": lambda: (image_classifier(seed=seed, batch_size=batch_size), (2, 4, 4)),
    }[kind]()
    inputs, baseline = drawn((3, *shape), seed), drawn((3, *shape), seed + 1) / 2
    inputs.view(3, -1)[:, 0] = baseline.view(3, -1)[:, 0]  # one value that never moves
    return model, Path(inputs, baseline, TargetScore(TARGETS))


def check_contributions_are_those_of_the_slow_path(seed, kind, walk, batch_size=None):
    model, path = paths(seed, kind, batch_size)
    found = guided_path.guided_contributions(model, path, walk)
    for i in range(3):
        torch.testing.assert_close(found.values[i], plain_contributions(model, path, i, walk), atol=1e-10, rtol=0)
    assert not found.cut


WALKS = [
    guided_path.Walk(12, 0.25, 0.1),
    guided_path.Walk(9, 0.25, 1.0),
    guided_path.Walk(12, 0.5, 0.02),
    guided_path.Walk(8, 0.1, 0.3, 3),
    guided_path.Walk(6, 1.0, 0.5),
    guided_path.Walk(1, 0.25, 0.5),
]


@pytest.mark.parametrize("walk", WALKS, ids=str)
@pytest.mark.parametrize("kind", ["table", "image"])
def test_contributions_are_those_of_the_slow_path(kind, walk):
    check_contributions_are_those_of_the_slow_path(0, kind, walk)


@given(st.integers(0, 10**6), st.integers(1, 8), st.sampled_from(WALKS))
@settings(max_examples=10, deadline=None)
def test_contributions_are_those_of_the_slow_path_whatever_the_size_of_a_batch(seed, size, walk):
    check_contributions_are_those_of_the_slow_path(seed, "table", walk, size)


def check_every_step_is_as_long_as_the_straight_lines():
    start, end, slopes = drawn((4, 30), 0) / 2, drawn((4, 30), 1), drawn((4, 30), 2)
    line, walk, place = guided_path.Line(start, end), guided_path.Walk(10, 0.25, 0.15), drawn((4, 30), 0) / 2
    for step in range(1, 11):
        before, place = place, guided_path.next_place(place, slopes, line, step / 10, walk)
        left = (end - place).abs().sum(1) / (end - start).abs().sum(1)
        torch.testing.assert_close(left, torch.full((4,), 1 - step / 10, dtype=torch.float64), atol=1e-9, rtol=0)
        progress = (place - start) / (end - start)
        assert float(progress.min()) >= step / 10 - 0.15 - 1e-12
        assert float(progress.max()) <= min(step / 10 + 0.15, 1) + 1e-12
        assert ((place - before) * (end - start) >= -1e-12).all()  # never back
    torch.testing.assert_close(place, end, atol=1e-9, rtol=0)


def test_every_step_is_as_long_as_the_straight_lines_and_no_value_strays_further_than_it_may():
    check_every_step_is_as_long_as_the_straight_lines()


def check_the_values_with_the_smallest_slopes_go_first():
    line = guided_path.Line(torch.zeros(1, 4).double(), torch.ones(1, 4).double())
    slopes = torch.tensor([[3.0, 1.0, 4.0, 2.0]]).double()
    walk = guided_path.Walk(4, 0.25, 1.0)
    first = guided_path.next_place(line.start, slopes, line, 0.25, walk)
    assert first.tolist() == [[0.0, 1.0, 0.0, 0.0]]
    second = guided_path.next_place(first, slopes, line, 0.625, walk)
    assert second.tolist() == [[0.5, 1.0, 0.0, 1.0]]


def test_the_values_with_the_smallest_slopes_go_first():
    check_the_values_with_the_smallest_slopes_go_first()


def test_without_leave_to_stray_the_path_is_the_straight_line():
    start, end = drawn((2, 9), 0), drawn((2, 9), 1)
    found = guided_path.next_place(start, drawn((2, 9), 2), guided_path.Line(start, end), 0.3, guided_path.Walk(10, 0.25, 0.0))
    torch.testing.assert_close(found, start + 0.3 * (end - start), atol=1e-12, rtol=0)


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e6])
def test_the_unit_of_the_values_does_not_matter(unit):
    start, end, slopes = drawn((2, 9), 0), drawn((2, 9), 1), drawn((2, 9), 2)
    walk, plain = guided_path.Walk(10, 0.25, 0.2), guided_path.Line(start, end)
    found = guided_path.next_place(start * unit, slopes, guided_path.Line(start * unit, end * unit), 0.1, walk)
    torch.testing.assert_close(found / unit, guided_path.next_place(start, slopes, plain, 0.1, walk), atol=1e-9, rtol=0)
    assert (found != start * unit).any()


def test_each_input_has_a_path_of_its_own():
    model, path = paths(5, "image")
    walk = guided_path.Walk(10, 0.25, 0.3)
    together = guided_path.guided_contributions(model, path, walk).values
    for i in range(3):
        alone = guided_path.guided_contributions(model, path.take(torch.tensor([i])), walk).values
        torch.testing.assert_close(alone[0], together[i], atol=1e-12, rtol=0)


@pytest.mark.parametrize("anchors", [0, 3])
def test_gradients_are_counted_with_one_more_for_each_stretch(anchors):
    model, path = paths(0, "table")
    with metered() as meter:
        guided_path.guided_contributions(model, path, guided_path.Walk(8, 0.25, 0.1, anchors))
    assert meter.gradient_calls == 3 * (8 + anchors + 1)


def test_gradients_that_are_not_finite_end_the_walk():
    class Broken(torch.nn.Module):
        def forward(self, x):
            return torch.stack([(x - 0.5).sqrt().sum(1), x.sum(1)], 1)

    from xaivision.core.torch_classifier import TorchClassifier

    model = TorchClassifier(Broken(), 2, domain="tabular")
    path = Path(torch.ones(1, 4).double(), torch.zeros(1, 4).double(), TargetScore(torch.tensor([0])))
    found = guided_path.guided_contributions(model, path, guided_path.Walk(5, 0.25, 0.1))
    assert not found.values.isfinite().all()
