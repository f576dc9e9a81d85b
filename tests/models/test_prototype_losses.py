"""Losses of prototypes, on numbers small enough to be computed by hand."""

from dataclasses import replace

import pytest
import torch

from xaivision.engines.prototypes.alignment import likeness_of_places
from xaivision.models.construction import construction
from xaivision.models.prototypes import prototype_losses as losses
from xaivision.models.prototypes.encoders import TableEncoder
from xaivision.models.prototypes.layer_plan import layer_plan
from xaivision.models.prototypes.prototype_network import PrototypeNetwork


def step_of(system="proto_part", weights=None):
    with construction(0):
        network = PrototypeNetwork(TableEncoder(2), layer_plan(system, 4, 2, 2), (2,))
    nearest = torch.tensor([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]])
    scores = torch.tensor([[0.6, 0.4], [0.5, 0.45]])
    return losses.Step(network, nearest, -nearest, scores, torch.tensor([0, 1]), weights)


def test_cluster_and_separation_look_at_the_nearest_of_the_right_and_of_the_wrong_class():
    step = step_of()
    assert float(losses.cluster(step)) == (1 + 7) / 2
    assert float(losses.separation(step)) == -(3 + 5) / 2


def test_cluster_and_separation_of_directions_are_about_angles():
    step = replace(step_of("score_aggregation"), angles=torch.tensor([[-0.9, -0.2, -0.3, -0.4], [-0.5, -0.6, -0.7, -0.8]]))
    assert float(losses.cluster(step)) == pytest.approx(-(0.9 + 0.8) / 2)
    assert float(losses.separation(step)) == pytest.approx((0.4 + 0.6) / 2)


def test_every_class_counts_as_its_weight_says():
    step = step_of(weights=torch.tensor([1.0, 3.0]))
    assert float(losses.cluster(step)) == (1 * 1 + 3 * 7) / 4


def test_sparsity_is_the_size_of_weights_for_other_classes():
    assert float(losses.sparsity(step_of()).detach()) == 4 * 0.5


def test_the_margin_is_missed_by_what_the_right_class_is_not_ahead():
    assert float(losses.margin(step_of())) == pytest.approx((0.3 - 0.2 + 0.3 + 0.05) / 2)


def test_the_likelihood_is_of_the_share_of_all_scores():
    expected = -(torch.tensor(0.6).log() + torch.tensor(0.45 / 0.95).log()) / 2
    assert float(losses.likelihood(step_of("rbf"))) == pytest.approx(float(expected))


def test_orthogonal_prototypes_of_a_class_cost_nothing_and_equal_ones_do():
    step = step_of("score_aggregation")
    with torch.no_grad():
        step.network.prototypes.centers.copy_(torch.tensor([[2.0, 0.0], [0.0, 3.0], [1.0, 1.0], [2.0, 2.0]]))
    assert float(losses.orthogonality(step).detach()) == pytest.approx(2.0)  # the last two are one direction, counted both ways


def test_the_radius_costs_what_it_lacks_to_an_eighth_of_the_root_of_the_width():
    step = step_of("rbf")
    with torch.no_grad():
        step.network.prototypes.start_scale(torch.randn(10, 2, generator=torch.Generator().manual_seed(0)))
    near, far = (step.nearest * 0 + torch.tensor(row) for row in ([0.0, 0.0, 90.0, 90.0], [90.0, 90.0, 0.0, 0.0]))
    own = losses.Step(step.network, near, near, step.scores, torch.tensor([0, 0]), None)
    other = losses.Step(step.network, far, far, step.scores, torch.tensor([0, 0]), None)
    # The first weights are e^2 to 1, so that the radius is half of the scale times 2, for the right class and against it.
    scale = float(step.network.prototypes.scale.detach())
    assert float(losses.radius(own).detach()) == 0
    assert float(losses.radius(other).detach()) == pytest.approx(2**0.5 / 8 + scale, abs=1e-6)
    with torch.no_grad():
        step.network.prototypes.log_scale.fill_(-4.0)  # the least scale is a twentieth of the first
    small = float(step.network.prototypes.scale.detach())
    assert float(losses.radius(own).detach()) == pytest.approx(2**0.5 / 8 - small, abs=1e-6)


def test_a_metric_that_stretches_columns_makes_no_radius_larger():
    """Twice as far apart in the space of the prototypes, with twice the scale, is as far as before."""
    step = step_of("rbf")
    layer, metric = step.network.prototypes, step.network.encoder.metric
    near = torch.tensor([[0.2, 0.2, 0.2, 0.2], [0.0, 0.0, 0.2, 0.2]])
    found = []
    for times in (1.0, 2.0):
        with torch.no_grad():
            metric.matrix.copy_(times * torch.eye(2))
            layer.log_scale.copy_(torch.tensor(times * 0.5).log())
        found.append(losses.radius(replace(step, nearest=times * near)))
    assert float(found[0].detach()) > 0
    torch.testing.assert_close(found[0], found[1])
    (slope,) = torch.autograd.grad(found[1], metric.matrix)
    assert float(slope.abs().max()) > 0


def scene_of(step, deep, shallow):
    places = torch.tensor([[0, 1, 2, 3], [3, 2, 1, 0]])
    return replace(step, scene=losses.Scene(deep, places, shallow))


def test_the_alignment_is_nothing_where_deep_and_shallow_places_are_alike_in_the_same_way():
    deep = torch.randn(2, 5, 2, 2, generator=torch.Generator().manual_seed(0))
    step = step_of("score_aggregation")
    assert float(losses.alignment(scene_of(step, deep, likeness_of_places(deep)))) == 0.0
    assert float(losses.alignment(step)) == 0.0  # where there are no places


def test_the_alignment_counts_the_rows_of_the_right_classs_prototypes_and_what_exceeds_a_tenth():
    deep = torch.eye(4).view(1, 4, 2, 2).expand(2, 4, 2, 2)  # no two places are alike
    shallow = torch.eye(4).repeat(2, 1, 1)
    shallow[0, 0] = torch.tensor([1.0, 0.5, 0.05, -0.3])  # of the first picture's first prototype, which is of its class
    shallow[0, 2] = 9.0  # of its third, which is not
    found = losses.alignment(scene_of(step_of("score_aggregation"), deep, shallow))
    assert float(found) == pytest.approx(((0.4 + 0.2) / 4 / 2 + 0) / 2)


def test_the_total_is_the_weighted_sum_with_weights_replaced():
    step = step_of()
    expected = (
        losses.cross_entropy(step) + 2 * losses.cluster(step) + 0.08 * losses.separation(step) + 1e-4 * losses.sparsity(step)
    )
    torch.testing.assert_close(losses.total(step, "proto_part", {"cluster": 2.0}), expected)


def test_the_totals_of_the_papers_have_their_weights():
    step = step_of()
    parts = (
        losses.cross_entropy(step) + 0.8 * losses.cluster(step) + 0.08 * losses.separation(step) + 1e-4 * losses.sparsity(step)
    )
    torch.testing.assert_close(losses.total(step, "proto_part", {}), parts)
    step = step_of("score_aggregation")
    deep = torch.randn(2, 5, 2, 2, generator=torch.Generator().manual_seed(0))
    step = scene_of(step, deep, torch.eye(4).repeat(2, 1, 1))
    parts = losses.cross_entropy(step) + 0.8 * losses.cluster(step) + 0.08 * losses.separation(step)
    parts = parts + 1e-4 * losses.orthogonality(step) + 0.5 * losses.alignment(step)
    assert float(losses.alignment(step)) > 0.1
    torch.testing.assert_close(losses.total(step, "score_aggregation", {}), parts)
    for system in ("rbf", "components"):
        step = step_of(system)
        torch.testing.assert_close(losses.total(step, system, {}), losses.likelihood(step))
