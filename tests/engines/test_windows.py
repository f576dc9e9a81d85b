import pytest
import torch
from engine_networks import drawn, image_classifier, table_classifier
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.core.errors import InputError
from xaivision.core.metering import metered
from xaivision.core.targets import TargetScore
from xaivision.engines import windows


@st.composite
def layouts(draw):
    """((height, width), (window), (stride)) that fit each other."""
    extents = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    sides = tuple(draw(st.integers(1, extent)) for extent in extents)
    return extents, sides, tuple(draw(st.integers(1, side)) for side in sides)


def plain_windows(extents, sides, strides):
    """Starts one stride apart, until a window reaches the edge."""
    found = []
    for extent, side, stride in zip(extents, sides, strides, strict=True):
        starts = [0]
        while starts[-1] + side < extent:
            starts.append(starts[-1] + stride)
        found.append([(start, min(start + side, extent)) for start in starts])
    return [(*rows, *columns) for rows in found[0] for columns in found[1]]


def check_windows_cover_every_position_and_are_cut_at_the_edge(layout):
    (height, width), sides, strides = layout
    found = windows.sliding_windows(height, width, sides, strides)
    assert [(w.top, w.bottom, w.left, w.right) for w in found] == plain_windows(*layout)
    covered = torch.zeros(height, width)
    for w in found:
        assert w.area == covered[w.top : w.bottom, w.left : w.right].numel() > 0
        covered[w.top : w.bottom, w.left : w.right] += 1
    assert (covered > 0).all()


def check_scores_are_those_of_inputs_with_one_window_replaced(batch_size=3):
    model, inputs, baseline = image_classifier(batch_size=batch_size), drawn((2, 2, 5, 6), 0), drawn((2, 2, 5, 6), 1)
    kept, targets = inputs.clone(), torch.tensor([2, 0])
    found = windows.window_scores(model, inputs, baseline, TargetScore(targets), windows.sliding_windows(5, 6, (2, 3), (2, 2)))
    for i in range(2):
        for number, (top, bottom, left, right) in enumerate(plain_windows((5, 6), (2, 3), (2, 2))):
            hidden = inputs[i].clone()
            hidden[:, top:bottom, left:right] = baseline[i, :, top:bottom, left:right]
            assert abs(float(model(hidden[None])[0, targets[i]]) - float(found[i, number])) < 1e-13
    assert torch.equal(inputs, kept)


def check_drops_are_shared_evenly_and_averaged_over_the_windows_of_a_pixel(layout, seed):
    (height, width), sides, strides = layout
    places = plain_windows(*layout)
    drops = drawn((2, len(places)), seed) - 0.5
    found = windows.spread_over_windows(drops, windows.sliding_windows(height, width, sides, strides), height, width)
    for i in range(2):
        for row in range(height):
            for column in range(width):
                shares = [
                    float(drop) / ((bottom - top) * (right - left))
                    for drop, (top, bottom, left, right) in zip(drops[i], places, strict=True)
                    if top <= row < bottom and left <= column < right
                ]
                assert float(found[i, row, column]) == pytest.approx(sum(shares) / len(shares), abs=1e-13)


@given(layouts())
@settings(max_examples=60, deadline=None)
def test_windows_cover_every_position_and_are_cut_at_the_edge(layout):
    check_windows_cover_every_position_and_are_cut_at_the_edge(layout)


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_scores_are_those_of_inputs_with_one_window_replaced_and_inputs_stay_as_they_are(batch_size):
    check_scores_are_those_of_inputs_with_one_window_replaced(batch_size)


@given(layouts(), st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_drops_are_shared_evenly_and_averaged_over_the_windows_of_a_pixel(layout, seed):
    check_drops_are_shared_evenly_and_averaged_over_the_windows_of_a_pixel(layout, seed)


def test_shares_of_windows_that_do_not_overlap_sum_to_the_drops():
    found = windows.sliding_windows(7, 5, (3, 2), (3, 2))
    drops = drawn((2, len(found)), 0)
    shared = windows.spread_over_windows(drops, found, 7, 5)
    torch.testing.assert_close(shared.sum((1, 2)), drops.sum(1), atol=1e-13, rtol=0)


def check_a_window_over_what_equals_the_baseline_is_unchanging():
    inputs, places = torch.zeros(2, 2, 3, 4), windows.sliding_windows(3, 4, (2, 2), (2, 2))
    inputs[0, 1, 0, 3] = 0.5
    inputs[1, 0, 2, 0] = 0.5
    found = windows.unchanging(inputs, torch.zeros_like(inputs), places)
    assert found.tolist() == [[True, False, True, True], [True, True, False, True]]
    rows = windows.sliding_windows(1, 3, (1, 2), (1, 1))
    assert windows.unchanging(torch.tensor([[0.0, 1.0, 2.0]]), torch.tensor([[0.0, 1.0, 0.0]]), rows).tolist() == [[True, False]]


def test_a_window_over_what_equals_the_baseline_is_unchanging():
    check_a_window_over_what_equals_the_baseline_is_unchanging()


def test_a_table_is_one_row():
    model, inputs, baseline = table_classifier(4), drawn((3, 4), 0), drawn((3, 4), 1)
    targets, columns = torch.tensor([0, 1, 2]), windows.sliding_windows(1, 4, (1, 1), (1, 1))
    with metered() as meter:
        found = windows.window_scores(model, inputs, baseline, TargetScore(targets), columns)
    assert meter.model_calls == 12
    for column in range(4):
        hidden = inputs.clone()
        hidden[:, column] = baseline[:, column]
        expected = model(hidden).gather(1, targets[:, None]).squeeze(1)
        torch.testing.assert_close(found[:, column], expected, atol=1e-13, rtol=0)


@pytest.mark.parametrize(
    ("side", "stride", "sentence"),
    [
        ((6, 2), (1, 1), r"`window` height must be from 1 to 5\. Got 6\."),
        ((2, 8), (1, 1), r"`window` width must be from 1 to 7\. Got 8\."),
        ((0, 2), (1, 1), r"`window` height must be from 1 to 5\. Got 0\."),
        ((2, 2), (3, 1), r"`stride` must be from 1 to the window's height, 2, so that every pixel is covered\. Got 3\."),
        ((2, 2), (1, 0), r"`stride` must be from 1 to the window's width, 2, so that every pixel is covered\. Got 0\."),
    ],
)
def test_windows_that_do_not_fit_or_leave_gaps_are_refused(side, stride, sentence):
    with pytest.raises(InputError, match=sentence):
        windows.sliding_windows(5, 7, side, stride)
