"""What counterfactuals promise: what more deletions cost, what undoing never does, what a weight does, how attributes rank."""

import pytest
import torch
from counterfactual_pictures import dark_pictures, layers, tile_model
from lasting_tables import RIDGE, TABLES, regression, tumors
from torch import nn

import xaivision as xv
from xaivision.data.registry import load_dataset
from xaivision.engines.counterfactuals.deletion import fitted, influences, refitted
from xaivision.explainers.counterfactuals.deletion_robust import DeletionRobustCounterfactuals
from xaivision.explainers.counterfactuals.growing_spheres import GrowingSpheres
from xaivision.explainers.counterfactuals.nearest_unlike_neighbors import NearestUnlikeNeighbors
from xaivision.explainers.counterfactuals.object_counterfactuals import ObjectCounterfactuals
from xaivision.models.generators.picture_autoencoder import AutoencoderRecipe, picture_autoencoder


@pytest.mark.slow
def test_four_times_the_deletions_cost_at_most_three_tenths_more_with_the_margin_of_the_default():
    rows, labels, asked, _ = tumors()
    model, scale = regression(rows, labels), rows.std(0, correction=0)
    costs = []
    for times in (0, 1, 2, 4):
        found = DeletionRobustCounterfactuals(rows, labels, RIDGE, k=times * 0.005).explain(model, asked)
        assert found.found.all()
        costs.append(((found.counterfactuals - asked[:, None]) / scale).norm(dim=2).T)
    plain, none, once, twice, most = (costs[0][0], *(pair[1] for pair in costs))
    assert torch.allclose(none, plain, atol=1e-6)
    for less, more in ((none, once), (once, twice), (twice, most)):
        assert bool((more >= less - 1e-6).all())
    assert float((most / plain).median()) <= 1.3
    assert float(most.mean() / plain.mean()) <= 1.3


@pytest.mark.parametrize("table", TABLES)
def test_single_deletions_are_foreseen_for_every_row_that_is_asked_about(table):
    rows, labels, asked, _ = TABLES[table]()
    known = fitted(rows, 2.0 * labels - 1, RIDGE)
    exact = torch.stack([refitted(known, torch.tensor([row])) - known.weights for row in range(len(rows))])
    foreseen = influences(known)
    for point in known.standardized(asked):
        assert float(torch.corrcoef(torch.stack([exact @ point, foreseen @ point]))[0, 1]) >= 0.99


@pytest.mark.parametrize("kind", [GrowingSpheres, NearestUnlikeNeighbors])
def test_undoing_never_changes_more_and_never_comes_out_farther_away(kind):
    """Row by row, in deviations of the median and in how many columns change; and what it leaves still flips."""
    data = load_dataset("wine")
    known, rows = data.train.inputs, data.test.inputs[::3]
    middle = known.median(0).values
    spread = (known - middle).abs().median(0).values
    centers = torch.stack([known[data.train.targets == label].mean(0) for label in range(3)]) / spread

    def scores(given):
        return -torch.cdist(given.double() / spread, centers.double())

    model = xv.classifier(scores, domain="tabular", num_classes=3, score_unit="logit", array="torch")
    raw, sparse = (kind(known, total_CFs=1, posthoc_sparsity_param=one).explain(model, rows) for one in (None, 1.0))
    assert raw.found.all()
    assert sparse.found.all()
    assert torch.equal(model(sparse.counterfactuals[:, 0]).argmax(1), sparse.goals)
    for size in (lambda one: (one != 0).sum(1), lambda one: (one.abs() / spread).sum(1) * (1 - 1e-6)):
        fewer, more = (size(found.counterfactuals[:, 0] - rows) for found in (sparse, raw))
        assert bool((fewer <= more).all())
        assert bool((fewer < more).any())


def test_the_more_a_change_counts_the_smaller_it_is_at_the_weights_of_the_paper():
    inputs, model = dark_pictures(40, seed=3), tile_model(4.0)
    found = [
        ObjectCounterfactuals(layers(), vary=["style"], proximity_weight=one).explain(model, inputs) for one in (0.1, 1.0, 10.0)
    ]
    changes = [float((one.counterfactuals[:, 0] - inputs).abs().mean()) for one in found]
    assert all(one.found.all() for one in found)
    assert changes[0] > changes[1] >= changes[2]
    for one in found:
        assert torch.equal(model(one.counterfactuals[:, 0]).argmax(1) == one.goals, one.found[:, 0])


class Stripe(nn.Module):
    """Class 1 where the left half is brighter than 0.4; the right half, as varied, says nothing."""

    def __init__(self):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(30.0))

    def forward(self, pictures):
        lead = self.slope * (pictures[..., :4].mean((1, 2, 3)) - 0.4)
        return torch.stack([-lead, lead], 1)


def test_the_first_attribute_of_a_learned_generator_moves_the_decision_most_by_far():
    """Of codes that were learned: three times the median one, along the planted factor, and each is what the model says again."""
    draws = torch.rand(200, 2, 1, 1, generator=torch.Generator().manual_seed(2))
    pictures = torch.cat([(0.8 * one).expand(-1, 1, 8, 4) for one in draws[:, :, None].unbind(1)], -1)
    model = xv.classifier(Stripe(), domain="image", num_classes=2, score_unit="logit")
    generator = picture_autoencoder(model, pictures, AutoencoderRecipe(width=6, epochs=15, learning_rate=5e-3), seed=1)
    found = xv.find_attributes(model, generator, pictures[:60], k=4)
    assert found.preserved >= 0.95
    assert found.divergence <= 0.1
    assert float(found.effects[0]) >= 3 * float(found.all_effects.median())
    assert bool((found.flips.diff() >= 0).all())
    codes = generator.codes(pictures)[:, found.numbers[0]]
    assert float(torch.corrcoef(torch.stack([codes, draws[:, 0, 0, 0].double()]))[0, 1].abs()) >= 0.7
    assert torch.equal(found.effects, found.all_effects[list(found.numbers)])
    again = []
    for picture in pictures[:60]:
        code = generator.encode(picture)
        number = found.numbers[0]
        rows = code.values.repeat(3, 1)
        rows[1, number], rows[2, number] = code.directions[number].low, code.directions[number].high
        scores = model(generator.decode(code, rows).to(picture)).double()
        leads = (scores[:, 1] - scores[:, 0]) * (1 if scores[0].argmax() else -1)
        again.append(float((leads[0] - leads[1:]).max().clamp_min(0)))
    assert float(found.effects[0]) == pytest.approx(sum(again) / 60, rel=1e-6)
