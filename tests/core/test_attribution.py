import pytest
import torch
from core_subjects import drawn, parts_of

from xaivision.core.attribution import Attribution
from xaivision.core.errors import InputError

PHOTOS, ROWS = drawn(2, 3, 4, 5), drawn(2, 6)


@pytest.mark.parametrize(
    ("inputs", "shape"),
    [(PHOTOS, (2, 3, 4, 5)), (PHOTOS, (2, 1, 4, 5)), (ROWS, (2, 6))],
    ids=["channels", "positions", "columns"],
)
def test_values_have_the_shape_of_the_inputs_or_one_channel(inputs, shape):
    assert Attribution(*parts_of(inputs), torch.zeros(shape), "slope").values.shape == shape


@pytest.mark.parametrize(
    ("inputs", "shape"),
    [
        (PHOTOS, (2, 4, 5)),
        (PHOTOS, (2, 2, 4, 5)),
        (PHOTOS, (1, 3, 4, 5)),
        (PHOTOS, (2, 1, 5, 4)),
        (ROWS, (2, 1)),
        (ROWS, (1, 6)),
        (ROWS, (12,)),
    ],
    ids=str,
)
def test_values_of_another_shape_are_refused(inputs, shape):
    with pytest.raises(InputError, match="`values` must have the shape of the inputs"):
        Attribution(*parts_of(inputs), torch.zeros(shape), "slope")


def test_feature_values_are_summed_over_channels_and_never_scaled():
    values = drawn(2, 3, 4, 5, seed=1) - 0.5
    assert torch.allclose(Attribution(*parts_of(PHOTOS), values, "slope").feature_values, values.sum(1))
    assert torch.equal(Attribution(*parts_of(ROWS), ROWS, "slope").feature_values, ROWS)


def test_a_slope_becomes_a_contribution_when_a_baseline_is_named():
    slope = Attribution(*parts_of(PHOTOS), drawn(2, 3, 4, 5, seed=1) - 0.5, "slope")
    found = slope.as_contribution(torch.tensor(0.25))
    assert torch.equal(found.values, slope.values * (PHOTOS - 0.25))
    assert (found.kind, slope.kind) == ("contribution", "slope")
    assert torch.equal(found.baseline, torch.full_like(PHOTOS, 0.25))
    assert found.query is slope.query


def test_contributions_of_a_linear_model_add_up():
    weights = drawn(6, seed=2) - 0.5
    slope = Attribution(*parts_of(ROWS), weights.expand(2, 6), "slope")
    found = slope.as_contribution(torch.full((6,), 0.3))
    assert torch.allclose(found.values.sum(1), ROWS @ weights - 0.3 * weights.sum())


def test_what_cannot_be_converted_is_refused():
    with pytest.raises(InputError, match="`probe` gives contributions already"):
        Attribution(*parts_of(ROWS), ROWS, "contribution").as_contribution(torch.tensor(0.0))
    with pytest.raises(InputError, match="one slope for several channels; it cannot be multiplied"):
        Attribution(*parts_of(PHOTOS), torch.zeros(2, 1, 4, 5), "slope").as_contribution(torch.tensor(0.0))


def test_it_is_its_own_attribution():
    found = Attribution(*parts_of(ROWS), ROWS, "slope")
    assert found.as_attribution() is found


def test_other_values_are_judged_by_their_own_sums():
    values = torch.tensor([[1.0, 1.0], [2.0, 0.0]])
    first = Attribution(
        *parts_of(torch.zeros(2, 2), torch.tensor([2.0, 2.0]), completeness_gap=torch.zeros(2), standard_error=values),
        values,
        "contribution",
        reference_scores=torch.zeros(2),
    )
    other = first.with_values(values * torch.tensor([[1.0], [0.5]]))
    assert (first.verdict.status, other.verdict.status) == ("ok", "warn")
    assert other.diagnostics.completeness_gap.tolist() == [0.0, 1.0]
    assert other.diagnostics.standard_error is None
    assert first.with_values(values * 0).verdict.status == "refuse"
    assert Attribution(*parts_of(ROWS), ROWS, "slope").with_values(ROWS * 2).diagnostics.completeness_gap is None


def test_a_verdict_of_one_input_is_that_of_its_own_values():
    values = ROWS.clone()
    values[1, 0] = float("nan")
    found = Attribution(*parts_of(ROWS), values, "slope")
    assert [verdict.status for verdict in found.verdicts] == ["ok", "refuse"]
    assert found.verdict.reasons == ("input 1: 1 of 6 values are not finite",)


def test_an_interval_is_as_many_errors_wide_as_its_factor_says():
    values, error = drawn(2, 6, seed=3), drawn(2, 6, seed=4)
    factor = torch.tensor([2.0, 4.303], dtype=torch.float64)
    low, high = Attribution(*parts_of(ROWS, standard_error=error, interval_factor=factor), values, "contribution").interval
    assert torch.allclose(high - values, error * factor[:, None].to(error))
    assert torch.allclose(values - low, error * factor[:, None].to(error))


def test_an_interval_without_a_factor_is_that_of_many_draws():
    values, error = drawn(2, 1, 4, 5, seed=3), drawn(2, 1, 4, 5, seed=4)
    low, high = Attribution(*parts_of(PHOTOS, standard_error=error), values, "contribution").interval
    assert torch.allclose(high - low, 2 * 1.959964 * error)


def test_there_is_no_interval_where_no_error_is_known():
    assert Attribution(*parts_of(ROWS), ROWS, "slope").interval is None


def test_other_values_have_no_interval():
    measured = {"standard_error": ROWS, "interval_factor": torch.ones(2), "evaluations": torch.tensor([7, 9])}
    other = Attribution(*parts_of(ROWS, **measured), ROWS, "contribution").with_values(-ROWS)
    assert other.interval is None
    assert other.diagnostics.interval_factor is None
    assert other.diagnostics.evaluations.tolist() == [7, 9]


def test_players_get_the_sum_of_their_positions():
    values = drawn(2, 1, 4, 5, seed=1)
    players = torch.stack((torch.arange(20).view(4, 5) // 10, torch.arange(20).view(4, 5) // 5))
    first, second = Attribution(*parts_of(PHOTOS), values, "contribution", players=players).player_values
    assert torch.allclose(first, values[0, 0].view(2, 10).sum(1))
    assert torch.allclose(second, values[1, 0].view(4, 5).sum(1))
    assert first.dtype == values.dtype


def test_features_that_are_the_players_have_no_others():
    assert Attribution(*parts_of(ROWS), ROWS, "slope").player_values is None


def test_interactions_are_a_square_matrix_for_each_input():
    matrices = (torch.eye(3), torch.ones(2, 2))
    made = Attribution(*parts_of(ROWS), ROWS, "contribution", interactions=matrices)
    assert made.interactions is matrices
    assert "interactions (3, 3)" in repr(made)
    assert made.with_values(2 * ROWS).interactions is None
    assert "interactions" not in repr(Attribution(*parts_of(ROWS), ROWS, "contribution"))
    for wrong in (matrices[:1], (torch.eye(3), torch.ones(2, 3)), (torch.eye(3), torch.ones(2))):
        with pytest.raises(InputError, match="`interactions` must be 2 square matrices, one an input"):
            Attribution(*parts_of(ROWS), ROWS, "contribution", interactions=wrong)
