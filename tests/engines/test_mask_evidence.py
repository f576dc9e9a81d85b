"""What a map says of a mask: shares of area and evidence, the part that carries it, the same shape elsewhere."""

from math import isnan, nan

import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.engines import mask_evidence
from xaivision.engines.points import EvidencePoint

CHANCE = torch.Generator().manual_seed(0)
VALUES = torch.randn(13, 22, generator=CHANCE, dtype=torch.float64)
MASKS = [torch.rand(13, 22, generator=CHANCE) < share for share in (0.05, 0.3, 0.7)]


def check_area_and_mass_are_shares_and_their_ratio_is_one_for_an_even_map():
    for mask in MASKS:
        found = mask_evidence.mask_evidence(mask, VALUES)
        inside = sum(max(value, 0.0) for value in VALUES[mask].tolist())
        assert found.area == int(mask.sum()) / (13 * 22)
        assert found.mass == pytest.approx(inside / sum(max(value, 0.0) for value in VALUES.flatten().tolist()))
        assert found.area_over_mass == pytest.approx(found.area / found.mass)
        assert found.surplus == pytest.approx(found.mass - found.area)
        assert mask_evidence.mask_evidence(mask, torch.ones(13, 22)).area_over_mass == pytest.approx(1.0)
    top = torch.zeros(13, 22)
    top[3, 20] = 5.0
    assert isnan(mask_evidence.mask_evidence(top == 0, top).area_over_mass)
    assert isnan(mask_evidence.mask_evidence(MASKS[0], -torch.ones(13, 22)).mass)


def check_points_are_counted_by_row_and_column():
    mask = torch.zeros(5, 9, dtype=torch.bool)
    mask[1, 4] = mask[4, 8] = True
    inside, outside, against = EvidencePoint(1, 4, 2.0), EvidencePoint(4, 1, 1.0), EvidencePoint(4, 8, -1.0)
    assert mask_evidence.points_inside([inside], mask) == 1.0
    assert mask_evidence.points_inside([inside, outside, against], mask) == 0.5
    assert isnan(mask_evidence.points_inside([against], mask))


def check_the_refined_part_is_the_smallest_that_holds_the_share():
    for mask in MASKS:
        for share in (0.3, 0.9, 1.0):
            part = mask_evidence.refined(mask, VALUES, share)
            ordered = sorted(VALUES[mask].clamp_min(0).tolist(), reverse=True)
            wanted = share * sum(ordered)
            fewest = next(count for count in range(1, len(ordered) + 1) if sum(ordered[:count]) >= wanted * (1 - 1e-9))
            assert not (part & ~mask).any()
            assert int(part.sum()) == fewest
            assert float(VALUES[part].sum()) == pytest.approx(sum(ordered[:fewest]))
    # Of a segment that is even throughout, no part is better than the rest.
    even = torch.zeros(4, 6)
    even[1:3, 1:5] = 1.0
    assert torch.equal(mask_evidence.refined(torch.ones(4, 6, dtype=torch.bool), even, 0.2), even > 0)


def check_a_refined_part_holds_the_points_and_of_equal_areas_the_nearest():
    """Two squares of equal evidence, and a weak one in which the second point lies."""
    mask, evidence = torch.ones(8, 20, dtype=torch.bool), torch.zeros(8, 20)
    squares = [(slice(1, 3), slice(1, 3)), (slice(1, 3), slice(8, 10)), (slice(5, 7), slice(16, 18))]
    for square, level in zip(squares, (2.0, 2.0, 0.5), strict=True):
        evidence[square] = level
    first, second, weak = parts = [torch.zeros_like(mask) for _ in squares]
    for part, square in zip(parts, squares, strict=True):
        part[square] = True
    assert torch.equal(mask_evidence.refined(mask, evidence, 0.3, [EvidencePoint(1, 8, 2.0)]), second)
    assert torch.equal(mask_evidence.refined(mask, evidence, 0.3, [EvidencePoint(1, 1, 2.0)]), first)
    # A point that lies in none of them draws what is equal its way; without any the areas come in their order.
    assert torch.equal(mask_evidence.refined(mask, evidence, 0.3, [EvidencePoint(7, 9, 1e-9)]), second)
    assert int(mask_evidence.refined(mask, evidence, 0.3, [EvidencePoint(7, 9, -1.0)]).sum()) == 4
    both = mask_evidence.refined(mask, evidence, 0.3, [EvidencePoint(1, 8, 2.0), EvidencePoint(5, 16, 0.5)])
    assert torch.equal(both, second | weak)


def check_shifted_masks_have_the_same_area_and_cover_least_of_the_mask():
    for mask in MASKS:
        found = mask_evidence.shifted_masks(mask, 5)
        overlaps = sorted(
            int((mask & mask.roll((down, across), (0, 1))).sum()) for down in range(13) for across in range(22) if down or across
        )
        assert [int((one & mask).sum()) for one in found] == overlaps[:5]
        assert {int(one.sum()) for one in found} == {int(mask.sum())}
        assert len({tuple(one.flatten().tolist()) for one in found}) == 5


def check_a_small_mask_goes_half_of_the_picture_first_and_then_elsewhere():
    mask = torch.zeros(12, 20, dtype=torch.bool)
    mask[1:4, 2:4] = True
    first, second, third = mask_evidence.shifted_masks(mask, 3)
    assert torch.equal(first, mask.roll((6, 10), (0, 1)))
    assert not (first & second).any()
    assert not ((first | second) & third).any()


CHECKS = [made for name, made in list(globals().items()) if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_mask_evidence(check):
    check()


def test_what_is_no_mask_of_the_map_is_one_sentence():
    mask = torch.zeros(5, 9, dtype=torch.bool)
    with pytest.raises(InputError, match=r"of one size\. Got \(9, 5\) and \(5, 9\)\."):
        mask_evidence.mask_evidence(mask.T, torch.ones(5, 9))
    with pytest.raises(InputError, match="must not be empty: nothing can be moved"):
        mask_evidence.shifted_masks(mask)
    with pytest.raises(InputError, match=r"below the number of pixels, 45\. Got 45\."):
        mask_evidence.shifted_masks(~mask, 45)
    with pytest.raises(InputError, match="Got one that holds none"):
        mask_evidence.refined(mask, torch.ones(5, 9))


@pytest.mark.parametrize("share", [0, 1.1, nan, True, "all"])
def test_a_share_is_above_0_and_at_most_1(share):
    with pytest.raises(InputError, match="`share` must be above 0 and at most 1"):
        mask_evidence.refined(torch.ones(5, 9, dtype=torch.bool), torch.ones(5, 9), share)
