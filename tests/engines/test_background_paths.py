import torch
from engine_networks import drawn, gradient_of, image_classifier, table_classifier
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines import background_paths

TARGETS = torch.tensor([2, 0, 1])


def check_contributions_are_the_definition(seed, size):
    for model, shape in (
        (table_classifier(seed=seed, batch_size=size), (5,)),
        (image_classifier(seed=seed, batch_size=size), (2, 5, 6)),
    ):
        inputs, background = drawn((3, *shape), seed), drawn((4, *shape), seed + 1)
        lines = background_paths.drawn_lines(4, 6, torch.Generator().manual_seed(seed))
        found = background_paths.line_contributions(model, inputs, TargetScore(TARGETS), background, lines)
        for i in range(3):
            each = []
            for number, share in zip(lines.references.tolist(), lines.shares.tolist(), strict=True):
                start = background[number]
                point = start + share * (inputs[i] - start)
                each.append(gradient_of(model, point, int(TARGETS[i])) * (inputs[i] - start))
            each = torch.stack(each)
            torch.testing.assert_close(found.moments.mean[i], each.mean(0), atol=1e-13, rtol=0)
            torch.testing.assert_close(found.moments.variance[i], each.var(0, correction=0), atol=1e-13, rtol=0)
        assert not found.cut


def check_all_lines_are_midpoints_on_every_line():
    lines = background_paths.all_lines(3, 6)
    assert lines.references.tolist() == [0, 0, 1, 1, 2, 2]
    assert lines.shares.tolist() == [0.25, 0.75] * 3
    assert lines.weights.tolist() == [1.0] * 6


def check_points_that_do_not_come_out_even_are_all_asked_and_lines_weigh_the_same():
    lines = background_paths.all_lines(3, 5)
    assert lines.references.tolist() == [0, 0, 1, 1, 2]
    assert lines.shares.tolist() == [0.25, 0.75, 0.25, 0.75, 0.5]
    weights = torch.zeros(3).double().index_add_(0, lines.references, lines.weights) / 5
    torch.testing.assert_close(weights, torch.ones(3).double() / 3, atol=1e-15, rtol=0)
    model, inputs, background = table_classifier(), drawn((2, 5), 0), drawn((3, 5), 1)
    target = TargetScore(torch.tensor([2, 0]))
    found = background_paths.line_contributions(model, inputs, target, background, lines).moments.mean
    each = []
    for number, steps in enumerate((2, 2, 1)):
        one = background_paths.all_lines(1, steps)
        alone = background_paths.line_contributions(model, inputs, target, background[number : number + 1], one)
        each.append(alone.moments.mean)
    torch.testing.assert_close(found, torch.stack(each).mean(0), atol=1e-14, rtol=0)


def check_drawn_lines_start_anywhere_and_end_anywhere():
    lines = background_paths.drawn_lines(5, 2000, torch.Generator().manual_seed(0))
    counts = torch.bincount(lines.references, minlength=5)
    assert len(counts) == 5
    assert ((counts - 400).abs() < 5 * (2000 * 0.2 * 0.8) ** 0.5).all()
    assert 0 <= float(lines.shares.min()) < 0.01 < 0.99 < float(lines.shares.max()) <= 1
    assert abs(float(lines.shares.mean()) - 0.5) < 5 / (12 * 2000) ** 0.5


@given(st.integers(0, 10**6), st.integers(1, 20))
@settings(max_examples=10, deadline=None)
def test_contributions_are_the_definition_whatever_the_size_of_a_batch(seed, size):
    check_contributions_are_the_definition(seed, size)


def test_all_lines_are_midpoints_on_every_line():
    check_all_lines_are_midpoints_on_every_line()


def test_points_that_do_not_come_out_even_are_all_asked_and_lines_weigh_the_same():
    check_points_that_do_not_come_out_even_are_all_asked_and_lines_weigh_the_same()


def test_drawn_lines_start_anywhere_and_end_anywhere():
    check_drawn_lines_start_anywhere_and_end_anywhere()


def test_a_cut_gradient_is_told():
    class Steps(nn.Module):
        def forward(self, x):
            return torch.stack([x.round().sum(1).detach(), -x.sum(1).detach()], 1)

    model = TorchClassifier(Steps(), 2, domain="tabular")
    lines = background_paths.all_lines(2, 6)
    found = background_paths.line_contributions(model, torch.ones(1, 3), TargetScore(torch.tensor([0])), torch.zeros(2, 3), lines)
    assert found.cut
    assert not found.moments.mean.any()
