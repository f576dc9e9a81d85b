"""The largest gap that still counts as adding up."""

import pytest
import torch
from core_subjects import drawn, seeded
from torch import nn

from xaivision.core.completeness import completeness_tolerance, magnitude, score_change, score_scale
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.integrated_gradients import IntegratedGradients

NOTHING = torch.zeros(1, dtype=torch.float64)


def test_rounding_of_a_map_that_cancels_is_no_gap_where_both_scores_are_zero():
    allowed = completeness_tolerance(NOTHING, scale=NOTHING, magnitude=torch.tensor([10.0], dtype=torch.float64))
    assert 1e-6 < float(allowed) < 1e-4


def test_where_neither_the_score_nor_the_map_moves_nothing_is_allowed():
    assert float(completeness_tolerance(NOTHING, scale=NOTHING, magnitude=NOTHING)) == 0


def small_map(dtype, gap=0.0, level=5.0, held=2e-4):
    """Whether a map whose absolute values sum to `held` adds up but for `gap`, beside scores around `level`."""
    reference = torch.tensor([level], dtype=dtype)
    scores = reference - 3e-6
    change = score_change(scores, reference)
    allowed = completeness_tolerance(change, score_scale(scores, reference), torch.tensor([held], dtype=torch.float64))
    return bool(abs(gap) <= allowed)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_however_small_the_map_two_percent_of_it_are_a_gap_where_the_scores_can_tell(dtype):
    assert not small_map(dtype, gap=3.9e-6)
    assert not small_map(dtype, gap=0.12 * 2e-4)
    assert small_map(dtype, gap=0.9e-2 * 2e-4)


def test_what_float32_cannot_tell_apart_is_no_gap_and_float64_can():
    gap = 2 * torch.finfo(torch.float32).eps * 5
    assert small_map(torch.float32, gap, held=1e-5)
    assert not small_map(torch.float64, gap, held=1e-5)


def test_rounding_is_allowed_for_as_the_coarser_of_the_two_scores_has_it():
    single, double = torch.tensor([-5.0, 1.0]), torch.tensor([3.0, -4.0], dtype=torch.float64)
    for first, second in ((single, double), (double, single)):
        assert score_scale(first, second).dtype == torch.float32
        assert score_scale(first, second).tolist() == [5, 4]
    assert score_scale(double, double).dtype == torch.float64


@pytest.mark.parametrize(("score", "reference"), [(1e-6, 5.0), (5.0, 1e-6), (-5.0, 1e-6), (1e-6, -5.0)])
def test_the_larger_of_the_two_scores_sets_the_floor_whatever_its_sign(score, reference):
    scores, references = torch.tensor([score]).double(), torch.tensor([reference]).double()
    assert score_scale(scores, references).tolist() == [5]


def test_the_gap_of_an_exact_map_where_both_scores_are_zero_is_its_rounding_and_one_of_a_percent_is_none():
    held = torch.tensor([0.02], dtype=torch.float64)
    for dtype in (torch.float32, torch.float64):
        allowed = float(completeness_tolerance(NOTHING, score_scale(NOTHING.to(dtype), NOTHING.to(dtype)), held))
        assert 1e-8 < allowed < 1e-2 * 0.02


class Faint(nn.Module):
    """5 and next to nothing of a steep function of the pixels: a small map beside large scores."""

    def __init__(self):
        super().__init__()
        with seeded(3):
            self.mix, self.head = nn.Conv2d(3, 6, 3), nn.Linear(6, 4)

    def forward(self, pictures):
        return 5 + 1e-4 * self.head(torch.sigmoid(400 * (self.mix(pictures) - 0.1)).mean((2, 3)))


def shares_missed(explanation):
    return explanation.diagnostics.completeness_gap.abs() / magnitude(explanation.values)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_step_through_a_steep_model_is_told_though_its_map_is_small(dtype):
    model = TorchClassifier(Faint().eval().to(dtype), 4)
    pictures = drawn(3, 3, 12, 12).to(dtype)
    rough = IntegratedGradients(steps=1).explain(model, pictures)
    worst = int(shares_missed(rough).argmax())
    assert shares_missed(rough)[worst] > 0.1
    assert rough.verdicts[worst].status == "warn"
    assert "it does not add up" in str(rough.verdict)
    # In float32 the scores themselves are rounded by some percent of such a map.
    refined = IntegratedGradients().explain(model, pictures)
    assert refined.verdict.status == "ok"
    assert (shares_missed(refined) <= (1e-2 if dtype == torch.float64 else 5e-2)).all()
