"""What maps name first, and what they share, on maps small enough to count."""

import torch

from xaivision.engines import map_agreement
from xaivision.engines.map_agreement import Top

FIRST = torch.tensor([[5.0, 4.0, 3.0, 2.0, 1.0]], dtype=torch.float64)
SECOND = torch.tensor([[5.0, 3.0, 4.0, 0.0, 9.0]], dtype=torch.float64)


def top(amounts, k, seed=0):
    return map_agreement.top(amounts, k, torch.Generator().manual_seed(seed))


def pictures(batch=2, height=9, width=8, seed=0):
    return torch.randn(batch, height, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def check_the_k_largest_above_zero_are_named():
    assert top(FIRST, 2).names.tolist() == [[True, True, False, False, False]]
    assert top(FIRST, 2).ranks.tolist() == [[0, 1, 2, 3, 4]]
    assert top(SECOND, 5).names.tolist() == [[True, True, True, False, True]]
    assert top(-FIRST, 5).names.sum() == 0
    assert top(torch.ones(1, 50), 7).names.sum() == 7


def check_both_names_are_counted_over_the_longer_list():
    first, second = top(FIRST, 3), top(SECOND, 3)
    everywhere = torch.ones(1, 5).bool()
    assert map_agreement.shared_share(first, second, everywhere).tolist() == [2 / 3]
    assert map_agreement.shared_share(first, second, first.ranks == second.ranks).tolist() == [1 / 3]
    assert map_agreement.shared_share(top(FIRST, 5), top(SECOND, 5), everywhere).tolist() == [0.8]
    nobody = top(-FIRST, 3)
    assert bool(map_agreement.shared_share(nobody, nobody, everywhere).isnan())


def check_the_overlap_is_over_what_either_names():
    assert map_agreement.overlap(top(FIRST, 3), top(SECOND, 3)).tolist() == [0.5]
    assert map_agreement.overlap(top(FIRST, 3), top(-FIRST, 3)).tolist() == [0.0]
    assert bool(map_agreement.overlap(top(-FIRST, 3), top(-SECOND, 3)).isnan())


def check_likeness_of_structure_is_free_of_scale_and_knows_signs():
    maps = pictures()
    similar = map_agreement.structural_similarities
    assert torch.allclose(similar(maps, 3 * maps), torch.ones(2, dtype=torch.float64), rtol=0, atol=1e-12)
    assert bool((similar(maps, -maps) < -0.5).all())  # not so where zero is black: two negatives would make a likeness
    assert bool((similar(maps, pictures(seed=1)).abs() < 0.5).all())
    spoiled = maps.clone()
    spoiled[0] = 0
    spoiled[1, 2, 3] = torch.nan
    assert bool(similar(maps, spoiled).isnan().all())
    assert similar(maps[:, :4, :4], maps[:, :4, :4]).tolist() == [1.0, 1.0]


def test_the_k_largest_above_zero_are_named():
    check_the_k_largest_above_zero_are_named()


def test_both_names_are_counted_over_the_longer_list():
    check_both_names_are_counted_over_the_longer_list()


def test_the_overlap_is_over_what_either_names():
    check_the_overlap_is_over_what_either_names()


def test_likeness_of_structure_is_free_of_scale_and_knows_signs():
    check_likeness_of_structure_is_free_of_scale_and_knows_signs()


def test_ties_are_broken_alike_where_the_draws_are():
    same = top(torch.ones(1, 50), 7).names
    assert torch.equal(top(torch.ones(1, 50), 7).names, same)
    assert not torch.equal(top(torch.ones(1, 50), 7, seed=1).names, same)
    assert isinstance(top(FIRST, 1), Top)
