import pytest
import torch
from explainer_networks import Columns, drawn, image_classifier, linear_classifier, table_classifier

from xaivision.core.errors import InputError
from xaivision.explainers.rise import Rise


def test_values_are_what_the_masks_say_in_slow_loops():
    model, inputs = image_classifier(seed=1), drawn((1, 2, 8, 8), 2)
    seen = []
    witness = model.model.register_forward_pre_hook(lambda _module, arguments: seen.append(arguments[0].clone()))
    found = Rise(budget=40, grid=3, baseline=torch.ones(2, 8, 8).double(), centered=False).explain(model, inputs, 2)
    witness.remove()
    versions = torch.cat(seen)[-40:]
    masks = ((1 - versions) / (1 - inputs))[:, 0]
    scores = model(versions)[:, 2]
    expected = (masks * scores[:, None, None]).sum(0) / masks.sum(0)
    torch.testing.assert_close(found.values[0, 0], expected, atol=1e-10, rtol=0)
    centered = Rise(budget=40, grid=3, baseline=torch.ones(2, 8, 8).double()).explain(model, inputs, 2)
    torch.testing.assert_close(found.values - centered.values, scores.mean().expand_as(found.values), atol=1e-10, rtol=0)
    assert found.diagnostics.model_calls == 41


def test_columns_of_a_linear_table_rank_by_what_they_contribute():
    weights = torch.tensor([2.0, -1.0, 0.0, 0.5], dtype=torch.float64)
    found = Rise(budget=6000).explain(linear_classifier(weights), torch.ones(1, 4).double(), 0)
    error = found.diagnostics.standard_error[0]
    assert bool(((found.values[0] - weights / 2).abs() < 4 * error).all())
    assert float(error.max()) < 0.05


def test_few_masks_are_doubted_and_many_are_not():
    corner = torch.zeros(1, 8, 8).double()
    corner[0, :2, :2] = 1.0
    inputs = torch.ones(1, 1, 8, 8).double()
    few = Rise(budget=30, grid=8).explain(linear_classifier(torch.ones(1, 8, 8).double()), inputs, 0).verdict
    many = Rise(budget=2000, grid=4).explain(linear_classifier(corner), inputs, 0).verdict
    assert few.status == "warn"
    assert "mostly chance" in few.reasons[0]
    assert "`budget`" in few.reasons[0]
    assert many.status == "ok"


def test_masks_are_the_same_for_every_input_and_settings_reach_a_table():
    model = table_classifier(schema=Columns(0.1, 0.2, 0.3, 0.4))
    rows = drawn((3, 4), 1)
    together = Rise(budget=50).explain(model, rows, 1).values
    alone = torch.cat([Rise(budget=50).explain(model, row[None], 1).values for row in rows])
    torch.testing.assert_close(together, alone, atol=1e-13, rtol=0)
    assert not torch.equal(together, Rise(budget=50).explain(model, rows, 1, seed=1).values)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"budget": 0}, "`budget` must be a positive integer. Got 0"),
        ({"grid": 2.5}, "`grid` must be a positive integer. Got 2.5"),
        ({"share": 1.0}, "`share` must lie between 0 and 1, both excluded. Got 1.0"),
    ],
)
def test_bad_settings_are_one_clear_sentence(settings, words):
    with pytest.raises(InputError, match=words):
        Rise(**settings)


def test_a_budget_that_leaves_positions_unseen_is_refused():
    with pytest.raises(InputError, match=r"large enough for every position to be seen. Got 1. Take 100 or more"):
        Rise(budget=1, grid=8).explain(image_classifier(), drawn((1, 2, 8, 8), 0))


def test_a_score_that_does_not_move_has_a_map_of_zeros_and_a_doubt():
    found = Rise(budget=200, grid=4).explain(linear_classifier(torch.zeros(1, 8, 8).double(), 0.7), drawn((1, 1, 8, 8), 0), 0)
    assert not found.values.any()
    assert "the map is zero everywhere" in " ".join(found.verdict.reasons)


def test_a_model_that_answers_nan_for_a_masked_input_is_one_clear_sentence():
    model = linear_classifier(torch.full((1, 8, 8), torch.inf).double())
    with pytest.raises(InputError, match=r"must be a finite number also on perturbed inputs.* Choose another `baseline`"):
        Rise(budget=200, grid=4).explain(model, drawn((1, 1, 8, 8), 0), 0)
