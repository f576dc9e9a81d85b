"""Ways over the border, edit by edit, and the composite that tells of them beside three other answers."""

from functools import cache

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier
from torch import nn

from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.registry import load_dataset
from xaivision.explainers.counterfactuals.decision_boundary import DecisionBoundary
from xaivision.explainers.rules.composite import Composite, told_parts


@cache
def wine():
    data = load_dataset("wine")
    forest = RandomForestClassifier(20, random_state=0).fit(data.schema.to_frame(data.train.inputs), data.train.targets)
    model = SklearnClassifier(forest, schema=data.schema)
    rows = data.test.inputs[::3]
    return model, data.train.inputs, rows, DecisionBoundary(data.train.inputs).explain(model, rows)


def test_a_way_ends_where_the_decision_turns_and_its_last_edit_is_what_turns_it():
    model, _, rows, found = wine()
    assert found.found.any(1).double().mean() >= 0.9
    assert (found.counterfactuals[:, 0] != found.counterfactuals[:, 1]).any()  # some ways have more than one edit
    for index in found.found.any(1).nonzero().flatten().tolist():
        (place,) = found.found[index].nonzero().flatten().tolist()
        steps = torch.cat([rows[index : index + 1], found.counterfactuals[index, : place + 1]])
        edits = (steps[1:] != steps[:-1]).sum(1)
        assert edits.tolist() == [1] * (place + 1)  # one value an edit
        predicted = model(steps).argmax(1)
        assert predicted[-1] == found.goals[index]
        assert (predicted[:-1] == predicted[0]).all()  # so the last edit, taken back, restores the decision
        assert torch.allclose(model(steps[1:])[:, found.goals[index]].double(), found.scores[index, : place + 1].double())


def test_no_edit_of_a_way_is_idle():
    model, _, rows, found = wine()
    for index in found.found.any(1).nonzero().flatten().tolist():
        end = found.counterfactuals[index][found.found[index]][0]
        for column in (end != rows[index]).nonzero().flatten().tolist():
            fewer = end.clone()
            fewer[column] = rows[index, column]
            scores = model(fewer[None])[0]
            assert scores.topk(2).indices[0] != found.goals[index] or scores.topk(2).values.diff() == 0  # a tie is no lead


def test_the_nearest_flip_of_a_rule_of_two_columns_is_the_one_edit_that_breaks_it():
    """Class 1 where both of the first columns are above 0: from (1, 1) either falls; the second has less far to go."""

    class Both(nn.Module):
        def forward(self, rows):
            least = torch.minimum(rows[:, 0], rows[:, 1])
            return torch.stack([-least, least], 1)

    model = TorchClassifier(Both(), 2, domain="tabular")
    known = torch.tensor([[-5.0, 1.0, 0.0], [1.0, -0.5, 0.0], [2.0, 2.0, 1.0], [3.0, 1.0, 2.0]])
    found = DecisionBoundary(known, feature_weights=None).explain(model, torch.tensor([[1.0, 1.0, 1.0]]))
    assert found.counterfactuals[0, 0].tolist() == [1.0, -0.5, 1.0]
    assert found.found[0].tolist() == [True, False, False]
    assert found.scores[0, 0] == 0.5
    assert found.diagnostics.notes[0].text.startswith("the way to 0, with its logit after each edit: column 1 1 to -0.5 (0.5)")


def test_edits_are_told_in_the_order_in_which_they_move_the_score_least():
    """All three must go: the class is 1 where the sum of three is above 0.5, and each moves it by another amount."""
    layer = nn.Linear(3, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[0.0, 0, 0], [1.0, 4.0, 2.0]]))
        layer.bias.copy_(torch.tensor([0.0, -6.5]))
    model = TorchClassifier(layer, 2, domain="tabular")
    known = torch.cat([torch.ones(20, 3), torch.zeros(20, 3)])
    found = DecisionBoundary(known).explain(model, torch.zeros(1, 3))
    assert found.counterfactuals[0].tolist() == [[1.0, 0, 0], [1.0, 0, 1.0], [1.0, 1.0, 1.0]]
    assert found.scores[0].tolist() == pytest.approx([-5.5, -3.5, 0.5])
    assert found.found[0].tolist() == [False, False, True]


def test_a_step_that_leads_to_a_third_class_is_warned_of():
    """Scores (0.5, a, 1.5 a + 1.5 b - 1.4): both edits are needed for the last class, and that of a, which moves its lead less,
    comes first and leads to the second. Where that one's score stays 0, the same way keeps the prediction until its end.
    """
    known = torch.ones(20, 2)
    known[0] = 0

    def way(second):
        layer = nn.Linear(2, 3)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor([[0.0, 0.0], [second, 0.0], [1.5, 1.5]]))
            layer.bias.copy_(torch.tensor([0.5, 0.0, -1.4]))
        model = TorchClassifier(layer, 3, domain="tabular", class_names=["own", "third", "goal"])
        rows = torch.zeros(1, 2)
        found = DecisionBoundary(known, desired_class=2).explain(model, rows)
        assert found.found[0].tolist() == [False, True, False]
        return model(torch.cat([rows, found.counterfactuals[0, :2]])).argmax(1).tolist(), found.verdict

    said = "step 1 leads to third already: the last edit reaches the class, and is not what turns it from own"
    steps, verdict = way(1.0)
    assert (steps, verdict.status, verdict.reasons) == ([0, 1, 2], "warn", (said,))
    steps, verdict = way(0.0)
    assert (steps, verdict.status) == ([0, 0, 2], "ok")


def test_where_no_few_edits_turn_it_that_is_said():
    model, known, rows, _ = wine()
    found = DecisionBoundary(known, features_to_vary=["hue"], samples=50).explain(model, rows[:1])
    assert not found.found.any()
    assert torch.equal(found.counterfactuals[0], rows[:1].expand(3, -1))
    (reason,) = found.verdict.reasons
    assert reason.startswith("not found: no row with up to 3 edits that was tried is predicted as")
    frozen = DecisionBoundary(known, features_to_vary=[]).explain(model, rows[:1])
    assert frozen.verdict.reasons == ("not found: every feature is frozen, so nothing may change",)


def test_no_edits_are_no_way():
    with pytest.raises(InputError, match="`most_edits` must be a positive integer"):
        DecisionBoundary(wine()[1], most_edits=0)


def test_a_composite_tells_what_its_parts_tell():
    model, known, rows, _ = wine()
    told = Composite(known, local_rows=500, samples=1000, most_samples=8000, threshold=0.8).explain(model, rows[:2])
    way = DecisionBoundary(known, samples=1000).explain(model, rows[:2])
    for index in range(2):
        evidence, text = told.evidence[index], told.text[index]
        named = [column for column, *_ in evidence["conditions"]]
        assert told.regions[index].nonzero().flatten().tolist() == sorted(named)
        assert evidence["way"] == way.counterfactuals[index].tolist()
        assert evidence["effects"] == told.attribution.values[index].tolist()
        strongest = int(told.attribution.values[index].abs().argmax())
        assert text.startswith(f"Effects on {int(told.query.targets[index])}: {model.schema.names[strongest]} ")
        assert (
            f"The most similar known row is number {evidence['similar']}, predicted as {evidence['similar_predicted']}." in text
        )
        near = ((known - rows[index]) / known.std(0, correction=0)).norm(dim=1)
        assert int(near.argmin()) == evidence["similar"]
    assert told.as_attribution() is told.attribution
    parts = told_parts(told)
    assert torch.equal(parts.way.costs.nan_to_num(-1), way.costs.nan_to_num(-1))
    assert torch.equal(parts.way.column_costs, way.column_costs)
    assert parts.way.cost_unit == way.cost_unit
    assert all(one.words for (rule,) in parts.rules.rules for one in rule.conditions)


def test_a_composite_of_a_constant_model_lists_no_effects_of_nothing():
    flat = FunctionClassifier(lambda rows: np.tile([[0.8, 0.2]], (len(rows), 1)), 2, score_unit="probability", domain="tabular")
    known = wine()[1]
    told = Composite(known, local_rows=100, samples=50, most_samples=500).explain(flat, known[:1])
    assert told.text[0].startswith("Effects on 0: none. ")
    assert "+0" not in told.text[0]


def test_a_composite_says_where_no_rule_was_found():
    """Of the class that the forest gives to hardly any row: what was tried in so few draws never held it."""
    model, known, rows, _ = wine()
    target = int(model(rows[:1]).argmin())
    told = Composite(known, local_rows=200, samples=200, most_samples=50).explain(model, rows[:1], targets=target)
    (evidence,) = told.evidence
    assert (evidence["conditions"], evidence["precision"], evidence["coverage"]) == ([], None, None)
    assert " No rule was found. " in told.text[0]
    assert told_parts(told).rules.rules == ((),)
    assert not told.regions.any()
    assert any(reason.startswith("anchors: no rule was found: ") for reason in told.verdict.reasons)


def test_the_most_similar_row_is_another_one_where_there_is_one():
    model, known, _, _ = wine()
    few = {"local_rows": 200, "samples": 100, "most_samples": 1000, "threshold": 0.5}
    told = Composite(known, **few).explain(model, known[7:9])
    for place, index in enumerate((7, 8)):
        away = ((known - known[index]) / known.std(0, correction=0)).norm(dim=1)
        away[index] = torch.inf
        assert told.evidence[place]["similar"] == int(away.argmin())
        assert torch.equal(torch.tensor(told.evidence[place]["similar_row"]), known[int(away.argmin())])
        assert "this row itself" not in told.text[place]
    alone = Composite(known[7:8], **few).explain(model, known[7:8])
    assert "The most similar known row is number 0, this row itself, predicted as" in alone.text[0]
