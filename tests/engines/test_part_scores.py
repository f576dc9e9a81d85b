"""Consistency, stability, purity and overlap of boxes, on maps whose scores are known."""

import pytest
import torch

from xaivision.engines.prototypes import enlarging, part_hits, part_scores

HALF = 36 / 224
SIDE = 224


def drawn(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def maps_with_peaks(cells, size=7):
    """(B, P, size, size) maps with one peak each, in the cells (B, P, 2)."""
    maps = torch.zeros(*cells.shape[:2], size, size)
    picture, prototype = torch.meshgrid(torch.arange(cells.shape[0]), torch.arange(cells.shape[1]), indexing="ij")
    maps[picture, prototype, cells[..., 0], cells[..., 1]] = 1.0
    return maps


def check_maps_are_enlarged_as_torch_does():
    for small, large in (((7, 7), (50, 50)), ((3, 5), (10, 64)), ((8, 6), (8, 3))):
        maps = drawn(2, 3, *small)
        expected = torch.nn.functional.interpolate(maps, large, mode="bicubic", align_corners=False)
        torch.testing.assert_close(enlarging.enlarged(maps, *large), expected, atol=1e-12, rtol=0)


def test_maps_are_enlarged_as_torch_does():
    check_maps_are_enlarged_as_torch_does()


def check_a_peak_is_in_the_highest_cell():
    cells = torch.tensor([[[0, 3], [5, 1]], [[6, 6], [2, 4]]])
    found = part_hits.peaks(maps_with_peaks(cells), 70, 140)
    assert torch.equal(found // torch.tensor([10, 20]), cells)


def test_a_peak_is_in_the_highest_cell():
    check_a_peak_is_in_the_highest_cell()


def test_maps_that_are_enlarged_in_chunks_have_the_same_peaks(monkeypatch):
    maps = drawn(9, 4, 5, 5).float()
    whole = part_hits.peaks(maps, 40, 30)
    monkeypatch.setattr(part_hits, "MOST_VALUES", 4 * 40 * 30 * 2)
    assert torch.equal(part_hits.peaks(maps, 40, 30), whole)


def check_a_part_is_hit_within_the_share_of_each_side():
    points = torch.tensor([[[50.0, 50.0], [61.0, 50.0], [50.0, 71.0], [float("nan"), 1.0]]])
    # A tenth of 100 rows and of 200 columns: the second part is one row too far, the third one column.
    found = part_hits.part_hits(torch.tensor([[[50, 50], [51, 51]]]), points, 0.1, 100, 200)
    assert found.tolist() == [[[True, False, False, False], [True, True, True, False]]]


def test_a_part_is_hit_within_the_share_of_each_side():
    check_a_part_is_hit_within_the_share_of_each_side()


def check_the_point_of_a_mask_is_the_pixel_of_it_nearest_to_its_center_of_mass():
    masks = torch.zeros(3, 9, 9, dtype=torch.bool)
    masks[0, 2:5, 6:9] = True
    masks[1, :, 0], masks[1, 0, :], masks[1, 8, :] = True, True, True  # its center of mass is not on it
    found = part_hits.mask_points(masks)
    assert found[0].tolist() == [3.0, 7.0]
    assert bool(masks[1][int(found[1, 0]), int(found[1, 1])])
    assert found[1].tolist() == [4.0, 0.0]
    assert bool(found[2].isnan().all())


def test_the_point_of_a_mask_is_the_pixel_of_it_nearest_to_its_center_of_mass():
    check_the_point_of_a_mask_is_the_pixel_of_it_nearest_to_its_center_of_mass()


def scene(seed=0, pictures=40, classes=2, per_class=3, parts=4):
    """Points of parts anywhere, and which pictures are of each prototype's class."""
    points = (drawn(pictures, parts, 2, seed=seed) * SIDE).floor()
    labels = torch.arange(pictures) % classes
    own = labels[:, None] == torch.arange(classes).repeat_interleave(per_class)
    return points, own


def scored(places, points, own):
    hits = part_hits.part_hits(places, points, HALF, SIDE, SIDE)
    shares = part_scores.part_shares(hits, ~points.isnan().any(2), own)
    return part_scores.consistency(shares, 0.8), part_scores.stability(hits, hits[None], own)


def check_prototypes_that_are_always_on_a_part_are_consistent_and_those_anywhere_are_not():
    points, own = scene()
    oracle = points[:, :1].expand(-1, own.shape[1], 2)
    consistent, stable = scored(oracle, points, own)
    assert consistent.tolist() == [1.0] * 6
    assert stable.tolist() == [1.0] * 6
    anywhere = (drawn(40, 6, 2, seed=5) * SIDE).floor()
    assert scored(anywhere, points, own)[0].tolist() == [0.0] * 6
    half = torch.cat([oracle[:, :3], anywhere[:, 3:]], 1)
    assert 100 * float(scored(half, points, own)[0].mean()) == 50.0


def test_prototypes_that_are_always_on_a_part_are_consistent_and_those_anywhere_are_not():
    check_prototypes_that_are_always_on_a_part_are_consistent_and_those_anywhere_are_not()


def test_prototypes_in_the_middle_are_consistent_where_objects_are():
    """The score that says nothing: pictures with their parts in the middle make every fixed place consistent."""
    _, own = scene()
    points = SIDE / 2 + 20 * (drawn(40, 2, 2) - 0.5)
    assert scored(part_hits.middles(*own.shape, SIDE, SIDE), points, own)[0].tolist() == [1.0] * 6


def check_a_part_that_is_not_seen_is_not_missed():
    points, own = scene()
    oracle = points[:, :1].expand(-1, own.shape[1], 2)
    hidden = points.clone()
    hidden[:30, 0] = float("nan")
    hits = part_hits.part_hits(oracle, hidden, HALF, SIDE, SIDE)
    shares = part_scores.part_shares(hits, ~hidden.isnan().any(2), own)
    assert shares[:, 0].tolist() == [1.0] * 6


def test_a_part_that_is_not_seen_is_not_missed():
    check_a_part_that_is_not_seen_is_not_missed()


def test_a_class_without_pictures_or_parts_has_no_score():
    hits, visible = torch.ones(3, 2, 1, dtype=torch.bool), torch.ones(3, 1, dtype=torch.bool)
    own = torch.tensor([[True, False]]).expand(3, 2)
    shares = part_scores.part_shares(hits, visible, own)
    assert part_scores.consistency(shares, 0.8).nan_to_num(-7).tolist() == [1.0, -7.0]
    assert part_scores.stability(hits, hits[None], own).nan_to_num(-7).tolist() == [1.0, -7.0]
    assert bool(part_scores.part_shares(hits, ~visible, own).isnan().all())


def check_only_pictures_of_the_prototypes_class_count():
    hits = torch.tensor([[[True]], [[True]], [[False]], [[False]]])
    own = torch.tensor([[True], [True], [False], [True]])
    shares = part_scores.part_shares(hits, torch.ones(4, 1, dtype=torch.bool), own)
    assert shares.tolist() == [[pytest.approx(2 / 3)]]
    assert part_scores.consistency(shares, 2 / 3).tolist() == [1.0]
    assert part_scores.consistency(shares, 0.7).tolist() == [0.0]


def test_only_pictures_of_the_prototypes_class_count():
    check_only_pictures_of_the_prototypes_class_count()


def check_stability_asks_for_all_parts_and_averages_over_draws():
    hits = torch.tensor([[[True, False]], [[True, True]], [[True, True]]])
    noisy = torch.stack([hits, hits.clone()])
    noisy[0, 0, 0, 1] = True  # one of two parts is another
    noisy[1, 2] = ~noisy[1, 2]
    own = torch.tensor([[True], [True], [False]])
    assert part_scores.stability(hits, noisy, own).tolist() == [pytest.approx(0.75)]


def test_stability_asks_for_all_parts_and_averages_over_draws():
    check_stability_asks_for_all_parts_and_averages_over_draws()


def check_purity_is_of_the_pictures_most_alike():
    hits = torch.tensor([[[True, False]], [[True, False]], [[False, True]], [[False, True]], [[False, True]]])
    similarity = torch.tensor([[5.0], [4.0], [3.0], [2.0], [1.0]])
    found = [float(part_scores.purity(hits, similarity, count)) for count in (2, 3, 5, 9)]
    assert found == [1.0, pytest.approx(2 / 3), 0.6, 0.6]


def test_purity_is_of_the_pictures_most_alike():
    check_purity_is_of_the_pictures_most_alike()


def check_boxes_overlap_by_what_they_share():
    box = torch.tensor([0, 0, 10, 10])
    others = torch.tensor([[0, 0, 10, 10], [0, 5, 10, 15], [10, 0, 20, 10], [2, 2, 4, 4], [12, 12, 20, 20]])
    found = part_scores.box_overlap(box.expand(5, 4), others)
    torch.testing.assert_close(found, torch.tensor([1.0, 1 / 3, 0.0, 0.04, 0.0], dtype=torch.float64))


def test_boxes_overlap_by_what_they_share():
    check_boxes_overlap_by_what_they_share()
