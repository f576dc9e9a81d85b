"""Distances, evidence, boxes and projection of prototypes, against what is known of them in closed form."""

import pytest
import torch

from xaivision.engines.prototypes import activation_boxes, evidence, projection, similarity
from xaivision.engines.prototypes.similarity import LEAST_DISTANCE


def drawn(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def check_distances_are_those_of_every_place_to_every_center():
    points, centers = drawn(2, 3, 4, 5), drawn(6, 3, seed=1)
    apart = points[:, None] - centers[None, :, :, None, None]
    torch.testing.assert_close(similarity.distances(points, centers, "squared"), apart.square().sum(2))
    torch.testing.assert_close(similarity.distances(points, centers, "euclidean"), apart.norm(dim=2))
    lengths = (points[:, None] * centers[None, :, :, None, None]).sum(2) / centers.norm(dim=1)[:, None, None]
    torch.testing.assert_close(similarity.distances(points, centers, "projection"), -lengths)
    cosines = lengths / points.norm(dim=1)[:, None]
    torch.testing.assert_close(similarity.distances(points, centers, "cosine"), -cosines)
    assert torch.equal(similarity.distances(0 * points, centers, "cosine"), torch.zeros(2, 6, 4, 5, dtype=torch.float64))


def test_distances_are_those_of_every_place_to_every_center():
    check_distances_are_those_of_every_place_to_every_center()


def check_the_distance_to_itself_is_zero_in_float32_also_far_from_zero():
    points = 100 + drawn(7, 64, dtype=torch.float32)
    found = similarity.distances(points, points, "squared")
    assert found.dtype == torch.float32
    assert float(found.diagonal().abs().max()) < 1e-8


def test_the_distance_to_itself_is_zero_in_float32_also_far_from_zero():
    check_the_distance_to_itself_is_zero_in_float32_also_far_from_zero()


def test_a_distance_of_zero_has_a_gradient_that_is_a_number():
    points = drawn(1, 3).requires_grad_()
    similarity.distances(points, points.detach(), "euclidean").sum().backward()
    assert torch.equal(points.grad, torch.zeros(1, 3, dtype=torch.float64))


def check_similarities_are_the_papers():
    found = torch.tensor([[0.0, 1.0, 3.0]], dtype=torch.float64)
    expected = ((found + 1) / (found + LEAST_DISTANCE)).log()
    torch.testing.assert_close(similarity.squashed(found, "log"), expected)
    assert float(expected[0, 0]) == pytest.approx(9.2103, abs=1e-4)
    torch.testing.assert_close(similarity.squashed(found, "negative"), -found)
    scale = torch.tensor(2.0, dtype=torch.float64)
    torch.testing.assert_close(similarity.squashed(found, "exponential", scale), (-found / 2).exp())


def test_similarities_are_the_papers():
    check_similarities_are_the_papers()


def check_prototypes_that_compete_share_out_every_place():
    found, scale = drawn(2, 5, 3, 4).abs(), torch.tensor(0.7, dtype=torch.float64)
    shares = similarity.squashed(similarity.competing(found, scale), "exponential", scale)
    torch.testing.assert_close(shares, (-found / 0.7).softmax(1))


def test_prototypes_that_compete_share_out_every_place():
    check_prototypes_that_compete_share_out_every_place()


def check_the_best_place_is_counted_row_by_row():
    maps = torch.zeros(1, 2, 3, 4)
    maps[0, 0, 1, 2], maps[0, 1, 2, 0] = 5.0, 7.0
    values, places = similarity.best_places(maps)
    assert values.tolist() == [[5.0, 7.0]]
    assert places.tolist() == [[6, 8]]


def test_the_best_place_is_counted_row_by_row():
    check_the_best_place_is_counted_row_by_row()


def check_contributions_add_up_to_the_scores():
    found = torch.rand(5, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for made in (evidence.Evidence(drawn(4, 3)), evidence.component_evidence(drawn(8, 3)), evidence.rbf_evidence(drawn(4, 3))):
        torch.testing.assert_close(made.contributions(found).sum(1), made.scores(found))


def test_contributions_add_up_to_the_scores():
    check_contributions_add_up_to_the_scores()


def check_components_give_probabilities_by_being_there_and_by_being_absent():
    weights = drawn(8, 3)
    shares = weights.softmax(0)
    found = torch.rand(5, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    expected = found @ shares[:4] + (1 - found) @ shares[4:]
    torch.testing.assert_close(evidence.component_evidence(weights).scores(found), expected)
    assert bool(((expected >= 0) & (expected <= 1)).all())


def test_components_give_probabilities_by_being_there_and_by_being_absent():
    check_components_give_probabilities_by_being_there_and_by_being_absent()


def check_only_a_classs_own_prototypes_vote_and_their_weights_sum_to_their_number():
    owners = torch.tensor([0, 0, 0, 1, 1])
    made = evidence.own_class_evidence(drawn(5), owners, 2)
    torch.testing.assert_close(made.slope.sum(0), torch.tensor([3.0, 2.0], dtype=torch.float64))
    assert bool((made.slope[:3, 0] > 0).all())
    assert bool((made.slope[3:, 1] > 0).all())
    found = drawn(2, 5, seed=1)
    without = found.clone()
    without[:, 3:] = 0
    assert torch.equal(made.scores(found)[:, 0], made.scores(without)[:, 0])


def test_only_a_classs_own_prototypes_vote_and_their_weights_sum_to_their_number():
    check_only_a_classs_own_prototypes_vote_and_their_weights_sum_to_their_number()


def check_a_box_is_around_what_is_high():
    maps = torch.zeros(1, 8, 8)
    maps[0, 2, 5] = 1.0
    ((top, left, bottom, right),) = activation_boxes.activation_boxes(maps, 64, 32).tolist()
    # The cell is at rows 16 to 23 and columns 20 to 23; a twentieth of the pixels lie around it.
    assert top < 18 < 22 < bottom
    assert left < 21 < 23 < right
    assert (bottom - top) * (right - left) < 64 * 32 / 5


def test_a_box_is_around_what_is_high():
    check_a_box_is_around_what_is_high()


def test_a_map_that_is_the_same_everywhere_has_its_box_around_the_picture():
    assert activation_boxes.activation_boxes(torch.ones(1, 3, 3), 9, 6).tolist() == [[0, 0, 9, 6]]


def check_prototypes_go_to_the_nearest_inputs_of_their_class_and_no_two_to_one():
    labels, owners = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 0, 1])
    found = torch.tensor([[0.5, 0.4, 0.0], [0.9, 0.8, 0.0], [0.0, 0.0, 0.3], [0.0, 0.0, 0.2]])
    # Row 0 is nearest to both prototypes of class 0; it goes to the nearer one.
    assert projection.nearest_of_class(found, labels, owners).tolist() == [1, 0, 3]


def test_prototypes_go_to_the_nearest_inputs_of_their_class_and_no_two_to_one():
    check_prototypes_go_to_the_nearest_inputs_of_their_class_and_no_two_to_one()


def check_prototypes_near_to_other_classes_are_not_worth_keeping():
    labels = torch.tensor([0, 0, 0, 1, 1, 1, 1, 1])
    near_own, near_others = torch.arange(8.0), torch.arange(8.0).flip(0)
    found = torch.stack([near_own, near_others], 1)
    assert projection.worth_keeping(found, labels, torch.tensor([0, 0])).tolist() == [True, False]


def test_prototypes_near_to_other_classes_are_not_worth_keeping():
    check_prototypes_near_to_other_classes_are_not_worth_keeping()


def check_three_of_the_six_nearest_are_enough():
    """Of the first prototype three of the six nearest are of its class, of the second two, and the seventh as well."""
    labels = torch.tensor([0, 0, 0, 1, 1, 1, 1])
    enough, too_few = torch.tensor([1.0, 2, 3, 4, 5, 6, 7]), torch.tensor([1.0, 2, 7, 3, 4, 5, 6])
    found = torch.stack([enough, too_few], 1)
    assert projection.worth_keeping(found, labels, torch.tensor([0, 0])).tolist() == [True, False]


def test_three_of_the_six_nearest_are_enough():
    check_three_of_the_six_nearest_are_enough()
