import math

import pytest
import torch
from explainer_networks import drawn, image_classifier, linear_classifier, table_classifier
from torch import nn

from xaivision.core.errors import InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.superpixels import Grid
from xaivision.explainers.sobol import Sobol

ORDERS = ("total", "first")


class Ishigami(nn.Module):
    """The test function of sensitivity analysis as the score of class 0, over strengths in [0, 1]."""

    def forward(self, rows):
        one, two, three = ((2 * rows - 1) * math.pi).unbind(1)
        score = one.sin() + 7 * two.sin().square() + 0.1 * three**4 * one.sin()
        return torch.stack([score, torch.zeros_like(score)], 1)


@pytest.mark.parametrize(
    ("order", "expected"), [("total", [0.5576, 0.4424, 0.2437]), ("first", [0.3139, 0.4424, 0.0])], ids=ORDERS
)
def test_s17_ishigami_from_zeros_to_ones(order, expected):
    model = TorchClassifier(Ishigami(), 2, domain="tabular")
    asked = Sobol(order=order, budget=2**14 * 5, baseline=torch.zeros(3).double())
    found = asked.explain(model, torch.ones(1, 3).double(), 0)
    torch.testing.assert_close(found.values[0], torch.tensor(expected).double(), atol=0.02, rtol=0)


@pytest.mark.parametrize("order", ORDERS)
def test_s17_of_a_linear_score_each_column_has_its_square(order):
    weights = torch.tensor([2.0, -1.0, 0.0, 0.5], dtype=torch.float64)
    row, away = torch.tensor([[1.0, 3.0, 2.0, -1.0]]).double(), torch.tensor([0.0, 1.0, 5.0, 1.0]).double()
    found = Sobol(order=order, budget=20000, baseline=away).explain(linear_classifier(weights), row, 0)
    parts = (weights * (row[0] - away)).square()
    torch.testing.assert_close(found.values[0], parts / parts.sum(), atol=0.01, rtol=0)


def test_every_position_of_a_segment_has_its_share():
    weights = torch.zeros(1, 8, 8).double()
    weights[0, :4, :4], weights[0, 4:, 4:] = 1.0, -2.0
    found = Sobol(segments=Grid(2, 2), baseline=torch.zeros(1, 8, 8).double()).explain(
        linear_classifier(weights), torch.ones(1, 1, 8, 8).double(), 0
    )
    expected = torch.zeros(8, 8).double()
    expected[:4, :4], expected[4:, 4:] = 0.2, 0.8
    torch.testing.assert_close(found.values[0, 0], expected, atol=0.02, rtol=0)
    assert torch.equal(found.players[0], Grid(2, 2).labels(torch.ones(1, 8, 8)))


def test_values_are_what_the_faded_pictures_say():
    """From what the network was shown: each segment's strength is read off the pictures, and the sums are written out."""
    model, inputs = image_classifier(seed=1), drawn((1, 2, 8, 8), 2)
    seen = []
    witness = model.model.register_forward_pre_hook(lambda _module, arguments: seen.append(arguments[0].clone()))
    found = Sobol(budget=53, segments=Grid(2, 2), baseline=torch.ones(2, 8, 8).double()).explain(model, inputs, 2)
    witness.remove()
    versions = torch.cat(seen)[-50:]
    strengths = ((1 - versions) / (1 - inputs))[:, 0, ::4, ::4].flatten(1)
    scores = model(versions)[:, 2].view(5, 10)
    assert found.diagnostics.evaluations.tolist() == [50]
    assert found.diagnostics.model_calls == 51
    for player in range(4):
        runs = strengths.view(5, 10, 4)[player + 1]
        assert torch.isclose(runs, strengths[:10]).all(0).tolist() == [place != player for place in range(4)]
        moved = sum((float(a) - float(b)) ** 2 for a, b in zip(scores[0], scores[player + 1], strict=True)) / 20
        share = moved / float(scores[0].var(unbiased=False))
        row, column = divmod(player, 2)
        assert float(found.values[0, 0, 4 * row, 4 * column]) == pytest.approx(share, rel=1e-9)


def test_the_sample_is_the_same_for_every_input_and_differs_by_seed():
    model, rows = table_classifier(), drawn((3, 4), 1)
    together = Sobol(budget=60).explain(model, rows, 1).values
    alone = torch.cat([Sobol(budget=60).explain(model, row[None], 1).values for row in rows])
    torch.testing.assert_close(together, alone, atol=1e-12, rtol=0)
    assert not torch.equal(together, Sobol(budget=60).explain(model, rows, 1, seed=1).values)


def test_columns_of_a_group_fade_together():
    weights = torch.tensor([1.0, -1.0, 1.0], dtype=torch.float64)
    asked = Sobol(budget=3000, groups=[[0, 1]], baseline=torch.zeros(3).double())
    found = asked.explain(linear_classifier(weights), torch.ones(1, 3).double(), 0).values[0]
    torch.testing.assert_close(found, torch.tensor([0.0, 0.0, 1.0]).double(), atol=0.01, rtol=0)


def test_few_points_are_doubted_and_many_are_not():
    model, inputs = linear_classifier(drawn((1, 8, 8), 3)), torch.ones(1, 1, 8, 8).double()
    few = Sobol(budget=200, order="first", segments=Grid(8, 8)).explain(model, inputs, 0).verdict
    many = Sobol(budget=5000, order="first", segments=Grid(2, 2)).explain(model, inputs, 0).verdict
    assert few.status == "warn"
    assert "mostly chance" in " ".join(few.reasons)
    assert "mostly chance" not in " ".join(many.reasons)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"budget": 0}, "`budget` must be a positive integer. Got 0"),
        ({"order": "second"}, "`order` must be 'total' or 'first'. Got 'second'"),
    ],
)
def test_bad_settings_are_one_clear_sentence(settings, words):
    with pytest.raises(InputError, match=words):
        Sobol(**settings)


@pytest.mark.parametrize(("order", "least"), [("total", 10), ("first", 12)])
def test_a_budget_of_less_than_two_points_is_refused(order, least):
    model, rows = table_classifier(), drawn((1, 4), 0)
    with pytest.raises(InputError, match=f"`budget` must be at least {least} for 4 players. Got {least - 1}"):
        Sobol(budget=least - 1, order=order).explain(model, rows)
    assert Sobol(budget=least, order=order).explain(model, rows).values.any()


def test_more_players_than_the_sequence_has_dimensions_for_are_refused():
    model = linear_classifier(torch.ones(10601).double())
    with pytest.raises(InputError, match=r"at most 10600 segments, columns or groups\. Got 10601\. Give `groups`"):
        Sobol().explain(model, torch.ones(1, 10601).double(), 0)


def test_a_score_that_does_not_move_has_a_map_of_zeros_and_a_doubt():
    found = Sobol(segments=Grid(2, 2)).explain(linear_classifier(torch.zeros(1, 8, 8).double(), 0.7), drawn((1, 1, 8, 8), 0), 0)
    assert not found.values.any()
    assert "the map is zero everywhere" in " ".join(found.verdict.reasons)


def test_a_model_that_answers_nan_for_a_faded_input_is_one_clear_sentence():
    model = linear_classifier(torch.full((1, 8, 8), torch.inf).double())
    with pytest.raises(InputError, match=r"must be a finite number also on perturbed inputs.* Choose another `baseline`"):
        Sobol(segments=Grid(2, 2)).explain(model, drawn((1, 1, 8, 8), 0), 0)
