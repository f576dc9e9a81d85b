"""Segmenters that find an object at points without weights: known pictures, a cut that is the optimum, sentences."""

from itertools import product

import numpy as np
import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.engines.pointed_objects import (
    evidence_cut,
    growing,
    naming,
    pointed_segments,
    region_growing,
    segmented_object,
    superpixel_merge,
    threshold_components,
)
from xaivision.engines.points import EvidencePoint
from xaivision.engines.superpixels import Grid, Slic

HEIGHT, WIDTH = 30, 50
OBJECT = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
OBJECT[6:18, 30:44] = True
INSIDE, OUTSIDE = EvidencePoint(10, 36, 2.0), EvidencePoint(25, 8, -1.0)


def scene(channels=3, seed=0):
    """A lit box, to the right of the middle, in light noise; and evidence on the half of it that is to the left."""
    draws = torch.Generator().manual_seed(seed)
    color = torch.tensor([0.8, 0.3, 0.2])[:channels].view(-1, 1, 1)
    image = torch.where(OBJECT, color, torch.tensor(0.35)) + 0.02 * torch.randn(channels, HEIGHT, WIDTH, generator=draws)
    evidence = 0.02 * torch.randn(HEIGHT, WIDTH, generator=draws)
    evidence[7:17, 30:39] += 1.0
    return image.clamp(0, 1), evidence


def overlap(mask, truth=OBJECT):
    return float((mask & truth).sum() / (mask | truth).sum())


def check_the_box_is_found_whole_from_evidence_on_half_of_it():
    for channels in (1, 3):
        image, evidence = scene(channels)
        for one in (superpixel_merge.SuperpixelMerge(Slic(80)), region_growing.RegionGrowing(smoothing=1.0)):
            found = one.segmented(image, [INSIDE, OUTSIDE], evidence)
            assert overlap(found.mask) > 0.8, one
            assert found.mask[INSIDE.row, INSIDE.column]
            assert found.score == pytest.approx(
                float(evidence.clamp_min(0)[found.mask].sum() / evidence.clamp_min(0).sum()) - float(found.mask.double().mean()),
                abs=1e-5,
            )
        # The map alone knows of its half only.
        part = threshold_components.ThresholdComponents(0.5).segmented(image, [INSIDE], evidence).mask
        assert 0.45 < overlap(part) < 0.6


def check_smoothness_fills_an_object_and_none_keeps_to_the_evidence():
    image, evidence = scene()
    bare = superpixel_merge.SuperpixelMerge(Grid(15, 25), 0.0).segmented(image, [INSIDE], evidence).mask
    filled = superpixel_merge.SuperpixelMerge(Grid(15, 25), 1.0).segmented(image, [INSIDE], evidence).mask
    assert float((bare & OBJECT).sum() / OBJECT.sum()) < 0.8
    assert torch.equal(filled, OBJECT)


def check_the_cut_is_the_best_of_all_sets_of_segments():
    draws = np.random.default_rng(0)
    for trial in range(6):
        labels = np.arange(9).reshape(3, 3).repeat(3, 0).repeat(2, 1)
        colors = draws.standard_normal((9, 3))[labels]
        known = evidence_cut.described(labels, colors, draws.standard_normal(labels.shape))
        inside, outside = {int(draws.integers(4))}, {int(5 + draws.integers(4))}
        found = evidence_cut.evidence_cut(known, inside, outside, 0.3 * trial)
        sets = [np.array(bits, bool) for bits in product((0, 1), repeat=9)]
        allowed = [one for one in sets if one[list(inside)].all() and not one[list(outside)].any()]
        best = max(allowed, key=lambda one: worth(known, one, 0.3 * trial))
        assert worth(known, found, 0.3 * trial) == pytest.approx(worth(known, best, 0.3 * trial), abs=1e-5)
        assert found[list(inside)].all()
        assert not found[list(outside)].any()


def worth(known, chosen, smoothness):
    """Evidence beyond size, less the border's cost, pixel by pixel."""
    beyond = known.mass - known.area
    total = float(beyond[chosen].sum())
    smoothness *= float(beyond[beyond > 0].sum())
    differences, borders = {}, {}
    height, width = known.labels.shape
    for row, column in product(range(height), range(width)):
        for other in ((row + 1, column), (row, column + 1)):
            if other[0] < height and other[1] < width:
                pair = tuple(sorted((known.labels[row, column], known.labels[other])))
                if pair[0] != pair[1]:
                    borders[pair] = borders.get(pair, 0) + 1
                    differences[pair] = float(((known.colors[pair[0]] - known.colors[pair[1]]) ** 2).sum())
    typical = sum(differences.values()) / len(differences)
    whole = 4 * (height * width) ** 0.5
    for (one, other), length in borders.items():
        if chosen[one] != chosen[other]:
            total -= smoothness * length / whole * np.exp(-differences[one, other] / typical)
    return total


def check_only_what_hangs_together_with_a_positive_point_is_kept():
    region = np.zeros((8, 12), bool)
    region[1:3, 1:4] = region[5:7, 8:11] = region[6, 1] = True
    found = growing.hanging_together(region, [EvidencePoint(2, 2, 1.0), EvidencePoint(6, 1, -1.0)])
    assert found.nonzero().tolist() == [[row, column] for row in (1, 2) for column in (1, 2, 3)]
    both = growing.hanging_together(region, [EvidencePoint(2, 2, 1.0), EvidencePoint(5, 10, 1.0), EvidencePoint(0, 0, 1.0)])
    assert int(both.sum()) == 12


def check_no_mask_holds_a_negative_point():
    image, evidence = scene()
    near = EvidencePoint(12, 41, -1.0)  # in the box, where nothing speaks for the class
    grid = pointed_segments.PointedSegments(Grid(10, 10))
    for one in (superpixel_merge.SuperpixelMerge(Slic(80)), threshold_components.ThresholdComponents(0.5), grid):
        assert not one.segmented(image, [INSIDE, near], evidence).mask[near.row, near.column], one
    with pytest.raises(InputError, match="Got a negative point in every region around the positive ones"):
        pointed_segments.PointedSegments(Grid(1, 2)).segmented(image, [INSIDE, near], evidence)
    with pytest.raises(InputError, match="Got one superpixel with both"):
        superpixel_merge.SuperpixelMerge(Grid(1, 2)).segmented(image, [INSIDE, near], evidence)


def check_the_segment_of_a_point_is_by_row_and_column():
    image, evidence = scene()
    mask = pointed_segments.PointedSegments(Grid(3, 5)).segmented(image, [INSIDE], evidence).mask
    expected = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    expected[10:20, 30:40] = True
    assert torch.equal(mask, expected)
    both = pointed_segments.PointedSegments(Grid(3, 5)).segmented(image, [INSIDE, EvidencePoint(25, 8, 1.0)], evidence).mask
    expected[20:30, 0:10] = True
    assert torch.equal(both, expected)


def check_a_tolerance_is_in_lab_units():
    image = torch.full((3, 6, 9), 0.5)
    image[:, :, 4] = 0.6  # 9.6 lighter
    image[:, :, 5:] = 0.55  # 4.9 lighter, but on the far side
    point, evidence = EvidencePoint(3, 1, 1.0), torch.ones(6, 9)
    columns = {4.0: 4, 6.0: 4, 9.0: 4, 10.5: 9}
    for tolerance, expected in columns.items():
        grown = region_growing.RegionGrowing(tolerance, 0.0).segmented(image, [point], evidence).mask
        assert grown.any(0).nonzero().flatten().tolist() == list(range(expected))


def check_no_tolerance_is_counted_from_a_negative_point():
    image, evidence = scene()
    below = EvidencePoint(22, 36, -1.0)  # its color must not make ground and box one region
    grown = region_growing.RegionGrowing(25.0, 1.0).segmented(image, [INSIDE, below], evidence).mask
    assert overlap(grown) > 0.8


def check_the_best_score_is_taken_not_the_last_and_never_an_empty_mask():
    masks = torch.zeros(3, 4, 6, dtype=torch.bool)
    masks[0, 1], masks[2, 2] = True, True
    for scores, chosen in (([0.9, 0.1, 0.5], 0), ([0.1, 0.9, 0.5], 2), ([0.5, 0.9, 0.5], 0), ([-3.0, 1.0, float("nan")], 0)):
        found = segmented_object.best_object(masks, torch.tensor(scores))
        assert found.chosen == chosen
        assert torch.equal(found.mask, masks[chosen])
        assert found.score == pytest.approx(scores[chosen])
    evidence = torch.zeros(4, 6)
    evidence[2], evidence[1, 0] = 1.0, 1.0
    assert segmented_object.best_by_evidence(masks, evidence).chosen == 2
    with pytest.raises(InputError, match="Got only empty ones: nothing stands out at the point"):
        segmented_object.best_object(masks & False, torch.ones(3))


def check_names_mean_segmenters_and_others_are_told():
    for name in ("superpixel_merge", "region_growing", "threshold", "slic", "grid"):
        assert naming.point_segmenter(name) == naming.POINT_SEGMENTERS[name]
    own = region_growing.RegionGrowing()
    assert naming.point_segmenter(own) is own
    with pytest.raises(InputError, match=r"one of 'superpixel_merge', .*SamPoint\('sam_vit_b.pth'\)\. Got 'sam'\."):
        naming.point_segmenter("sam")
    with pytest.raises(InputError, match="Got Grid"):
        naming.point_segmenter(Grid())


CHECKS = [made for name, made in list(globals().items()) if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_pointed_objects(check):
    check()


EVERY = [*naming.POINT_SEGMENTERS.values()]


@pytest.mark.parametrize("one", EVERY, ids=lambda one: type(one).__name__)
def test_points_and_picture_that_do_not_fit_are_one_sentence(one):
    image, evidence = scene()
    with pytest.raises(InputError, match=r"30 rows by 50 columns\. Got row 36, column 10: rows come first\."):
        one.segmented(image, [EvidencePoint(36, 10, 1.0)], evidence)
    with pytest.raises(InputError, match="must hold a positive one"):
        one.segmented(image, [OUTSIDE], evidence)
    with pytest.raises(InputError, match=r"of one size\. Got \(30, 50\) and \(50, 30\)\."):
        one.segmented(image, [INSIDE], evidence.T)
    with pytest.raises(InputError, match=r"`image` must be one picture \(C, H, W\)\. Got shape \(1, 3, 30, 50\)\."):
        one.segmented(image[None], [INSIDE], evidence)


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("one", EVERY, ids=lambda one: type(one).__name__)
def test_pictures_of_any_channels_give_a_mask_with_the_point_in_it(one, channels):
    image, evidence = scene(channels) if channels != 2 else (scene()[0][:2], scene()[1])
    before = image.clone()
    found = one.segmented(image, [INSIDE], evidence)
    assert (found.mask.shape, found.mask.dtype) == ((HEIGHT, WIDTH), torch.bool)
    assert found.mask[INSIDE.row, INSIDE.column]
    assert torch.equal(image, before)
    assert torch.equal(one.segmented(image, [INSIDE], evidence).mask, found.mask)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: superpixel_merge.SuperpixelMerge(smoothness=-1), r"`smoothness` must be a number from 0\. Got -1\."),
        (lambda: region_growing.RegionGrowing(tolerance=0), r"`tolerance` must be a positive number\. Got 0\."),
        (lambda: region_growing.RegionGrowing(smoothing=-1), r"`smoothing` must be a number from 0\. Got -1\."),
        (lambda: threshold_components.ThresholdComponents(0), r"`share` must be above 0 and at most 1\. Got 0\."),
    ],
)
def test_settings_out_of_range_are_one_sentence(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()


@pytest.mark.parametrize("smoothness", [1.0, 1e3, 1e4, 1e6])
def test_what_must_hold_holds_however_smooth_the_border_is_asked(smoothness):
    """Capacities beyond 32 bits would wrap around, and the cut be any."""
    labels = np.arange(9).reshape(3, 3).repeat(4, 0).repeat(4, 1)
    evidence = (labels == 4).astype(float)
    segments = evidence_cut.described(labels, np.ones((*labels.shape, 3)), evidence)
    kept = evidence_cut.evidence_cut(segments, {4}, {0}, smoothness)
    assert kept[4]
    assert not kept[0]
    if smoothness > 1:  # the shortest border between them is that of the corner
        assert evidence_cut.evidence_cut(segments, {4}, set(), smoothness).all()
        assert kept.sum() == 8
