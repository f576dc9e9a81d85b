import pytest
import torch
from engine_networks import drawn
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.core.targets import TargetScore
from xaivision.engines import score_slopes

CLASSES, AGAINST = torch.tensor([2, 0, 1]), torch.tensor([0, 1, 3])


def scores(seed, scale=8.0):
    return scale * (drawn((3, 5), seed) - 0.5)


def check_slopes_times_the_change_of_scores_are_the_change_of_the_number():
    for output in ("probability", "log_probability", "margin", "score"):
        for against in (None, AGAINST):
            if output == "margin" and against is not None:
                continue
            target = TargetScore(CLASSES, against, output)
            end, start = scores(0), scores(1)
            found = score_slopes.mean_slopes(target, end, start)
            torch.testing.assert_close((found * (end - start)).sum(1), target.of(end) - target.of(start), atol=1e-9, rtol=0)


def check_a_single_score_has_slope_one():
    found = score_slopes.mean_slopes(TargetScore(CLASSES), scores(0), scores(1))
    torch.testing.assert_close(found, torch.nn.functional.one_hot(CLASSES, 5).double(), atol=1e-12, rtol=0)


def check_slopes_are_those_on_the_line():
    target = TargetScore(CLASSES, output="probability")
    end, start = scores(0), scores(1)
    total = torch.zeros_like(end)
    for step in range(4000):
        point = (start + (step + 0.5) / 4000 * (end - start)).requires_grad_()
        total += torch.autograd.grad(target.of(point).sum(), point)[0] / 4000
    torch.testing.assert_close(score_slopes.mean_slopes(target, end, start), total, atol=1e-6, rtol=0)


def check_rivals_of_a_margin_count_by_the_way_on_which_they_lead():
    """From (10, 0) to (0, 7) the rivals meet at 10 / 17 of the way; where both are level, the one that rises leads."""
    target = TargetScore(torch.tensor([0, 0]), None, "margin")
    start = torch.tensor([[0.0, 10, 0, -50], [3, 4, 4, 4]], dtype=torch.float64)
    end = torch.tensor([[0.0, 0, 7, -50], [9, 3, 5, 4]], dtype=torch.float64)
    expected = torch.tensor([[1, -10 / 17, -7 / 17, 0], [1, 0, -1, 0]], dtype=torch.float64)
    torch.testing.assert_close(score_slopes.mean_slopes(target, end, start), expected, atol=1e-15, rtol=0)


def check_what_is_a_weighted_sum():
    units = [("score", "logit"), ("logit", "logit"), ("score", "probability"), ("probability", "probability")]
    curved = [("probability", "logit"), ("log_probability", "logit"), ("margin", "logit"), ("log_probability", "probability")]
    assert [score_slopes.is_weighted_sum(TargetScore(CLASSES, None, *unit)) for unit in units] == [True] * 4
    assert [score_slopes.is_weighted_sum(TargetScore(CLASSES, None, *unit)) for unit in curved] == [False] * 4


@pytest.mark.parametrize("check", [found for name, found in sorted(vars().items()) if name.startswith("check_")])
def test_slopes_between_rows_of_scores(check):
    check()


@given(st.integers(0, 10**6), st.integers(2, 9), st.booleans())
@settings(max_examples=30, deadline=None)
def test_a_margins_slopes_sum_to_its_change_whoever_leads(seed, classes, level):
    end, start = (8 * drawn((4, classes), seed + number) for number in range(2))
    if level:
        end, start = end.round(), start.round()
    target = TargetScore(torch.arange(4) % classes, None, "margin")
    found = score_slopes.mean_slopes(target, end, start)
    torch.testing.assert_close((found * (end - start)).sum(1), target.of(end) - target.of(start), atol=1e-12, rtol=0)


def test_steep_softmax_is_followed():
    target = TargetScore(CLASSES, output="probability")
    end, start = scores(0, 200.0), scores(1, 200.0)
    found = (score_slopes.mean_slopes(target, end, start) * (end - start)).sum(1)
    torch.testing.assert_close(found, target.of(end) - target.of(start), atol=1e-3, rtol=0)


def test_slopes_have_the_dtype_of_the_scores_and_no_graph():
    with torch.no_grad():
        found = score_slopes.mean_slopes(TargetScore(CLASSES, output="probability"), scores(0).float(), scores(1).float())
    assert found.dtype == torch.float32
    assert not found.requires_grad
