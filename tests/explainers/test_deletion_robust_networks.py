"""Counterfactuals of networks that last: approximate, within the wishes, and refused where nothing is known of the training."""

from functools import cache

import pytest
import torch
from lasting_tables import TABLES
from sklearn.ensemble import RandomForestClassifier
from torch import nn

from xaivision.core.access import Access
from xaivision.core.errors import AccessError, CapabilityError, InputError
from xaivision.core.granted import granted
from xaivision.core.question import question
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.feature import Feature
from xaivision.data.schema import TableSchema
from xaivision.engines.counterfactuals.deletion import fitted, refitted
from xaivision.engines.counterfactuals.last_layer import last_layer
from xaivision.engines.counterfactuals.network_head import network_head
from xaivision.explainers.counterfactuals.deletion_robust import DeletionRobustCounterfactuals
from xaivision.explainers.counterfactuals.genetic_counterfactuals import GeneticCounterfactuals
from xaivision.explainers.counterfactuals.gradient_counterfactuals import GradientCounterfactuals
from xaivision.explainers.counterfactuals.survives_deletion import SurvivesDeletion
from xaivision.models.standardized_mlp import StandardizedMlp

RIDGE, K = 0.01, 3
LAST, ALL = "approximate: of the network the last layer alone is fitted again", "approximate: by the curvature of all parameters"


@cache
def table():
    """Two numbers that count together, one that does not, and three one-hot columns."""
    draw = torch.Generator().manual_seed(0)
    numbers, codes = torch.randn(200, 3, generator=draw), torch.randint(3, (200,), generator=draw)
    rows = torch.cat([numbers, nn.functional.one_hot(codes, 3).float()], 1)
    return rows, (numbers[:, 0] * numbers[:, 1] + 0.7 * codes + 0.5 * torch.randn(200, generator=draw) > 0.6).long()


@cache
def network(steps=400, outputs=1, hidden=(8, 8)):
    return trained(*table(), hidden, steps=steps, outputs=outputs)


def trained(rows, labels, hidden, *, steps=400, outputs=1):
    torch.manual_seed(0)
    module = StandardizedMlp(rows.shape[1], hidden, outputs)
    module.standardize(rows)
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(steps, 1))
    for _ in range(steps):
        optimizer.zero_grad()
        scores = module(rows)
        odds = scores[:, 0] if outputs == 1 else scores[:, 1] - scores[:, 0]
        held = sum(one.square().sum() for one in module.parameters() if one.ndim > 1)
        (nn.functional.softplus((1 - 2 * labels) * odds).mean() + RIDGE * held).backward()
        optimizer.step()
        schedule.step()
    return module.requires_grad_(False).eval()


def model(*args, **settings):
    return TorchClassifier(network(*args, **settings), 2, domain="tabular")


def method(ridge=RIDGE, **settings):
    return DeletionRobustCounterfactuals(*table(), ridge, **{"k": K, **settings})


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_a_last_layer_that_is_fitted_again_turns_the_plain_one_and_not_the_lasting_one(name):
    rows, labels, asked, wishes = TABLES[name]()
    width = 2 * rows.shape[1]
    module = trained(rows, labels, (width, width))
    way = DeletionRobustCounterfactuals(rows, labels, RIDGE, **wishes)
    found = way.explain(TorchClassifier(module, 2, domain="tabular"), asked)
    assert found.found.all()
    known = last_layer(network_head(module, rows[:1]), rows, 2.0 * labels.double() - 1, RIDGE)
    draws, side = torch.Generator().manual_seed(1), 2.0 * found.goals.double() - 1
    fits = [refitted(known.head, torch.randperm(len(rows), generator=draws)[: way.deletions]) for _ in range(15)]
    random, targeted = [], []
    for place in (0, 1):
        inside = known.sensitivities(found.counterfactuals[:, place].double())[1]
        random.append(float((side * (torch.stack(fits) @ inside.T) > 0).double().mean()))
        worst = (side[:, None] * inside @ known.effects.T).topk(way.deletions, largest=False).indices
        after = torch.stack([one @ refitted(known.head, lot) for one, lot in zip(inside, worst, strict=True)])
        targeted.append(float((side * after > 0).double().mean()))
    assert random[0] <= 0.8
    assert random[1] >= 0.99
    assert targeted == [0, 1]
    cost = ((found.counterfactuals - asked[:, None]) / known.scale).norm(dim=2)
    assert 1 < float((cost[:, 1] / cost[:, 0]).median()) <= 1.1


@pytest.mark.parametrize("influence", ["last_layer", "all"])
def test_a_network_of_one_layer_is_answered_like_the_regression_that_it_is(influence):
    rows, labels = table()
    known = fitted(rows, 2.0 * labels - 1, RIDGE)
    module = StandardizedMlp(6, (), 1)
    module.standardize(rows)
    with torch.no_grad():
        module.layers[0].weight.copy_(known.weights[None, :-1])
        module.layers[0].bias.copy_(known.weights[-1:])
    asked = TorchClassifier(module, 2, domain="tabular")
    exact, found = (method(influence=kind).explain(asked, rows[:2]) for kind in ("auto", influence))
    assert float((exact.counterfactuals - found.counterfactuals).abs().max()) <= 1e-4
    assert torch.equal(exact.found, found.found)
    assert not any("approximate" in note.text for note in exact.diagnostics.notes)
    assert all("approximate" in note.text for note in found.diagnostics.notes)


@pytest.mark.parametrize(("influence", "label"), [("auto", LAST), ("all", ALL)])
def test_what_is_found_flips_as_it_is_returned_lasts_and_is_said_to_be_approximate(influence, label):
    rows, _ = table()
    found = method(influence=influence).explain(model(), rows[:4])
    whole = found.found.all(1)
    assert int(whole.sum()) >= 2
    scores = network()(found.counterfactuals.flatten(0, 1))[:, 0].view(4, 2)
    assert bool((((scores > 0) == found.goals[:, None].bool()) | ~found.found).all())
    cost = ((found.counterfactuals - rows[:4, None]) / rows.std(0, correction=0)).norm(dim=2)
    assert bool((cost[whole, 1] > cost[whole, 0]).all())
    assert all(label in note.text for note in found.diagnostics.notes)
    (first,) = (one.text for one in found.diagnostics.notes if one.inputs == (int(whole.int().argmax()),))
    condition = "the last layer alone is fitted again" if influence == "auto" else "the network is trained on from where it is"
    assert f"to last through {K} deletions if {condition}, " in first
    assert found.verdict.status == "warn"
    assert any(
        f"these last if {condition}; one that is trained from the start may turn them" in one for one in found.verdict.reasons
    )
    assert "the most dangerous rows are " in first
    assert bool(((found.counterfactuals >= rows.amin(0)) & (found.counterfactuals <= rows.amax(0))).all())


@pytest.mark.parametrize("influence", ["last_layer", "all"])
def test_the_slope_of_what_the_worst_deletion_leaves_is_that_of_its_tangent(influence):
    rows, labels = table()
    promise, step = SurvivesDeletion(labels, RIDGE, k=K, influence=influence), 1e-6
    with question(method(), model(), rows[:5]) as q:
        known = promise.known(q, rows)
    places, side = rows[:5].double(), torch.tensor([1.0, -1, 1, -1, 1], dtype=torch.float64)
    ends = [places[:, None] + sign * step * torch.eye(6, dtype=torch.float64) for sign in (-1, 1)]
    below, above = (known.worst(end.flatten(0, 1), side.repeat_interleave(6), K)[0].view(5, 6) for end in ends)
    torch.testing.assert_close(known.slopes(places, side, K), (above - below) / (2 * step), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", [GeneticCounterfactuals, GradientCounterfactuals])
def test_as_a_constraint_of_another_method_it_lasts_where_the_plain_one_does_not_and_says_under_which_condition(kind):
    rows, labels = table()
    wishes = {"total_CFs": 1, "linked": [[3, 4, 5]], "features_to_vary": [0, 1]}
    found = kind(rows, constraint=SurvivesDeletion(labels, RIDGE, k=K), **wishes).explain(model(), rows[:6])
    plain = kind(rows, **wishes).explain(model(), rows[:6])
    assert int(found.found.sum()) >= 4
    assert torch.equal(found.counterfactuals[..., 2:], rows[:6, None, 2:])
    with question(method(), model(), rows[:6]) as q:
        known = SurvivesDeletion(labels, RIDGE, k=K).known(q, rows)
    side = 2.0 * found.goals.double() - 1

    def lasting(told):
        return [known.left(told.counterfactuals[one], side[one : one + 1], K) > 0 for one in range(6) if told.found[one, 0]]

    assert all(lasting(found))
    assert not all(lasting(plain))
    assert found.verdict.reasons == (
        f"these last if the last layer alone is fitted again; one that is trained from the start may turn them; {LAST}",
    )


def test_a_network_whose_penalty_is_not_told_is_refused():
    with pytest.raises(
        InputError, match="`ridge` must be given: only a scikit-learn logistic regression says with which penalty"
    ):
        method(ridge=None).explain(model(), table()[0][:1])


def test_two_logits_are_one_network_as_well():
    found = method().explain(model(outputs=2), table()[0][:3])
    assert found.found.all()
    assert all(LAST in note.text for note in found.diagnostics.notes)


def test_swapped_categories_occur_in_the_background_and_frozen_columns_stay():
    rows, _ = table()
    found = method(features_to_vary=[0, 3, 4, 5], linked=[[3, 4, 5]]).explain(model(), rows[:12])
    assert found.found.any()
    assert bool((found.counterfactuals[..., 3:].sum(2) == 1).all())
    assert set(found.counterfactuals[..., 3:].flatten().tolist()) == {0.0, 1.0}
    assert torch.equal(found.counterfactuals[..., 1:3], rows[:12, None, 1:3].expand(-1, 2, -1))
    assert bool((found.counterfactuals[found.found][:, 3:] != rows[:12, None].expand(-1, 2, -1)[found.found][:, 3:]).any())


def test_codes_of_categories_stay_codes_and_what_the_schema_calls_immutable_stays():
    rows, labels = table()
    coded = torch.cat([rows[:, :3], rows[:, 3:].argmax(1, keepdim=True).float()], 1)
    features = (Feature("a"), Feature("b", mutable=False), Feature("c"), Feature("d", categories=("x", "y", "z")))
    asked = TorchClassifier(trained(coded, labels, (6,)), 2, domain="tabular", schema=TableSchema(features))
    found = DeletionRobustCounterfactuals(coded, labels, RIDGE, k=K).explain(asked, coded[:12])
    assert found.found.any()
    assert set(found.counterfactuals[..., 3].flatten().tolist()) <= {0.0, 1.0, 2.0}
    assert bool((found.counterfactuals[..., 3] != coded[:12, None, 3]).any())
    assert torch.equal(found.counterfactuals[..., 1], coded[:12, None, 1].expand(-1, 2))


def test_an_answer_does_not_depend_on_what_else_is_asked():
    rows, _ = table()
    alone, among = method().explain(model(), rows[2:3]), method().explain(model(), rows[:4])
    torch.testing.assert_close(alone.counterfactuals, among.counterfactuals[2:3])


def test_without_deletions_the_lasting_one_is_the_plain_one():
    found = method(k=0).explain(model(), table()[0][:3])
    assert found.found.all()
    assert torch.equal(found.counterfactuals[:, 0], found.counterfactuals[:, 1])


def test_without_a_margin_it_costs_less_and_says_so():
    rows, _ = table()
    bare, safe = (method(margin=margin).explain(model(), rows[:4]) for margin in (0.0, "auto"))
    scale = rows.std(0, correction=0)
    cheap, dear = (((one.counterfactuals[:, 1] - rows[:4]) / scale).norm(dim=1) for one in (bare, safe))
    assert bool((cheap < dear).all())


def test_the_network_is_left_as_it_was_and_passes_are_counted():
    module = network()
    before = {name: one.clone() for name, one in module.state_dict().items()}
    found = method().explain(model(), table()[0][:2])
    assert all(torch.equal(one, before[name]) for name, one in module.state_dict().items())
    assert found.diagnostics.gradient_calls > 20
    assert found.diagnostics.model_calls > len(table()[0])


def test_where_nothing_may_change_nothing_is_found():
    found = method(features_to_vary=[]).explain(model(), table()[0][:2])
    assert not found.found.any()
    assert all(LAST in reason for reason in found.verdict.reasons)


@pytest.mark.parametrize("influence", ["auto", "all"])
def test_whole_numbers_stay_whole_and_are_judged_again(influence):
    rows, labels = table()
    rows = torch.cat([(4 * rows[:, :2]).round(), rows[:, 2:3]], 1)
    features = (Feature("a", dtype="int64", low=-9, high=9), Feature("b", dtype="Int32"), Feature("c", mutable=False))
    asked = TorchClassifier(trained(rows, labels, (6,)), 2, domain="tabular", schema=TableSchema(features))
    way = DeletionRobustCounterfactuals(rows, labels, RIDGE, k=K, influence=influence)
    near = rows[rows[:, 0].abs() < 9][:4]
    found = way.explain(asked, near)
    assert int(found.found.all(1).sum()) >= 2
    assert torch.equal(found.counterfactuals[..., :2], found.counterfactuals[..., :2].round())
    assert float(found.counterfactuals[..., 0].abs().max()) <= 9
    decided = asked(found.counterfactuals.flatten(0, 1)).argmax(1).view(-1, 2)
    assert bool(((decided == found.goals[:, None]) | ~found.found).all())


def test_a_network_whose_training_is_not_done_is_doubted_and_one_that_learned_something_else_refused():
    rows, labels = table()
    early = method(ridge=RIDGE / 10).explain(model(), rows[:1])
    assert any("what training has left undone is kept as it is" in reason for reason in early.verdict.reasons)
    other = DeletionRobustCounterfactuals(rows, 1 - labels, RIDGE)
    with pytest.raises(CapabilityError, match=r"needs a network trained on `background` and `labels` with `ridge` 0\.01\. "):
        other.explain(model(), rows[:1])
    with pytest.raises(CapabilityError, match="standard deviations away from where training of the last layer"):
        method().explain(model(steps=0), rows[:1])


def test_many_parameters_are_too_many_for_all_of_them():
    with pytest.raises(CapabilityError, match=r"networks of at most 2,000\. This one has 2,531\. Leave `influence` at 'auto'"):
        method(influence="all").explain(model(steps=150, hidden=(46, 46)), table()[0][:1])


@pytest.mark.parametrize(
    ("module", "classes", "says"),
    [
        (nn.Linear(6, 3), 3, "needs a model of two classes"),
        (nn.Sequential(nn.Linear(6, 2), nn.Tanh()), 2, "whose last layer is linear and gives the scores of its two classes"),
        (nn.Conv1d(6, 2, 1), 2, "neither. Wrap the network so that a `torch.nn.Linear` comes last"),
    ],
)
def test_networks_without_a_last_linear_layer_of_two_classes_are_refused(module, classes, says):
    class Flat(nn.Module):
        def __init__(self):
            super().__init__()
            self.inside = module

        def forward(self, rows):
            return self.inside(rows[:, :, None])[:, :, 0] if isinstance(self.inside, nn.Conv1d) else self.inside(rows)

    with pytest.raises(CapabilityError, match=says):
        method().explain(TorchClassifier(Flat(), classes, domain="tabular"), table()[0][:1])


def test_a_network_that_cannot_be_computed_in_double_precision_is_refused_with_the_remedy():
    class Single(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(6, 2)

        def forward(self, rows):
            return self.head(rows @ torch.eye(6))

    with pytest.raises(
        CapabilityError, match=r"computes a network in float64, and this one cannot: .* take the dtype of its input"
    ):
        method().explain(TorchClassifier(Single(), 2, domain="tabular"), table()[0][:1])


def test_black_boxes_and_closed_networks_are_refused_with_the_remedy():
    rows, labels = table()
    forest = SklearnClassifier(RandomForestClassifier(5, random_state=0).fit(rows.double().numpy(), labels.numpy()))
    with pytest.raises(
        CapabilityError,
        match=r"Got RandomForestClassifier, which is none\. Train one, behind a StandardScaler, or a torch network whose last",
    ):
        method().explain(forest, rows[:1])
    with pytest.raises(CapabilityError, match=r"`influence` 'all' is for torch networks"):
        method(influence="all").explain(forest, rows[:1])
    with pytest.raises(AccessError, match="takes a grant of weights"):
        method().explain(granted(model(), Access.GRADIENTS), rows[:1])


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"influence": "first"}, "`influence` must be one of 'auto', 'last_layer', 'all'. Got 'first'"),
        ({"k": 200}, "`k` must leave some of 200 rows of the background. Got 200"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings, says):
    with pytest.raises(InputError, match=says):
        method(**settings)


def test_labels_that_are_missing_are_asked_for():
    with pytest.raises(InputError, match="`labels` must be class 0 or 1 of each of 200 rows of the background"):
        DeletionRobustCounterfactuals(table()[0], None, RIDGE)
