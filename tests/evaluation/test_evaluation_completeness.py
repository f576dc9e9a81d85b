"""The completeness metric: exact gaps, the tolerance of the verdict, and maps that do not add up."""

import pytest
import torch
from linear_models import linear, mapped, rows_of, scored_by
from torch import nn

from xaivision.core.completeness import OF_THE_CHANGE, completeness_tolerance
from xaivision.core.errors import InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.completeness import Completeness
from xaivision.explainers.integrated_gradients import IntegratedGradients
from xaivision.explainers.occlusion import Occlusion

WEIGHTS = (2.0, -1.0, 0.5)
X = rows_of((1.0, 2.0, 3.0), (-1.0, 0.5, 2.0))
B = rows_of((0.5, 0.5, 0.5))
EXACT = (X - B) * torch.tensor(WEIGHTS, dtype=torch.float64)


def test_exact_contributions_leave_no_gap() -> None:
    model = linear(WEIGHTS, 0.3)
    found = Completeness().evaluate(model, mapped(model, X, EXACT, B))
    assert found.values.tolist() == pytest.approx([0, 0], abs=1e-12)
    assert found.details["change"].tolist() == pytest.approx(EXACT.sum(1).tolist(), abs=1e-12)


@pytest.mark.parametrize(("factor", "expected"), [(2.0, 1.0), (0.0, 1.0), (-1.0, 2.0), (0.9, 0.1)])
def test_a_map_times_a_number_misses_that_share_of_the_change(factor: float, expected: float) -> None:
    model = linear(WEIGHTS, 0.3)
    found = Completeness().evaluate(model, mapped(model, X, factor * EXACT, B))
    assert found.values.tolist() == pytest.approx([expected, expected], abs=1e-12)


def test_the_gap_is_signed_in_the_details_and_each_input_has_its_own() -> None:
    model = linear(WEIGHTS)
    values = EXACT.clone()
    values[1, 2] -= 0.75
    found = Completeness().evaluate(model, mapped(model, X, values, B))
    assert found.details["gap"].tolist() == pytest.approx([0, 0.75], abs=1e-12)
    assert found.values.tolist() == pytest.approx([0, 0.75 / abs(float(EXACT[1].sum()))], abs=1e-12)


def test_a_score_that_does_not_change_is_judged_by_the_absolute_gap() -> None:
    model = linear((1.0, -1.0))
    ones, zeros = rows_of((1.0, 1.0)), rows_of((0.0, 0.0))
    whole = Completeness().evaluate(model, mapped(model, ones, rows_of((1.0, -1.0)), zeros))
    short = Completeness().evaluate(model, mapped(model, ones, rows_of((1.0, -1.0 - 1e-4)), zeros))
    assert float(whole.values) == 0
    assert float(short.values) == pytest.approx(OF_THE_CHANGE, abs=1e-9)  # 1e-4 is the verdict's own bound


@pytest.mark.parametrize("missing", [0.0, 0.049, 0.051, 0.2, -0.3])
@pytest.mark.parametrize("size", [1e-5, 1e-3, 1.0, 1e3])
def test_it_draws_the_line_where_the_verdict_does(missing: float, size: float) -> None:
    model = linear([size * weight for weight in WEIGHTS])
    found = Completeness().evaluate(model, mapped(model, X, (1 - missing) * size * EXACT, B))
    adds_up = found.details["gap"].abs() <= completeness_tolerance(found.details["change"])
    assert torch.equal(found.values <= OF_THE_CHANGE, adds_up)
    assert adds_up.all() == (abs(missing) < 0.05 or size < 1e-4)


def test_integrated_gradients_add_up_and_occlusion_of_doubled_evidence_does_not() -> None:
    either = scored_by(lambda rows: rows.amax(1))
    ones = rows_of((1.0, 1.0))
    occluded = Occlusion(baseline="black").explain(either, ones, 0)
    assert float(Completeness().evaluate(either, occluded).values) == pytest.approx(1, abs=1e-12)
    module = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    model = TorchClassifier(module, 2, domain="tabular")
    integrated = IntegratedGradients(baseline=B).explain(model, X)
    assert (Completeness().evaluate(model, integrated).values <= OF_THE_CHANGE).all()


def test_values_of_float32_are_summed_in_float64() -> None:
    model = linear((1.0,) * 3)
    inputs = torch.tensor([[1.0, 2.0**-12, 2.0**-25]])  # the last is lost in a float32 sum
    found = Completeness().evaluate(model, mapped(model, inputs, inputs, torch.zeros_like(inputs)))
    assert found.details["gap"].abs() < 1e-7
    assert float(found.details["gap"]) == float(found.details["change"]) - float(inputs.double().sum())


def test_contributions_without_a_baseline_are_refused() -> None:
    model = linear(WEIGHTS)
    with pytest.raises(InputError, match=r"`completeness` needs the baseline of the contributions\. `constant` has none\."):
        Completeness().evaluate(model, mapped(model, X, EXACT))
