import pytest
import torch
from engine_networks import drawn

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
            tolerance = 2e-2 if output == "margin" else 1e-9  # a margin has a kink where another rival leads
            torch.testing.assert_close((found * (end - start)).sum(1), target.of(end) - target.of(start), atol=tolerance, rtol=0)


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


def check_what_is_a_weighted_sum():
    units = [("score", "logit"), ("logit", "logit"), ("score", "probability"), ("probability", "probability")]
    curved = [("probability", "logit"), ("log_probability", "logit"), ("margin", "logit"), ("log_probability", "probability")]
    assert [score_slopes.is_weighted_sum(TargetScore(CLASSES, None, *unit)) for unit in units] == [True] * 4
    assert [score_slopes.is_weighted_sum(TargetScore(CLASSES, None, *unit)) for unit in curved] == [False] * 4


@pytest.mark.parametrize("check", [found for name, found in sorted(vars().items()) if name.startswith("check_")])
def test_slopes_between_rows_of_scores(check):
    check()


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
