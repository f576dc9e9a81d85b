"""The alignment of deep and shallow maps, on maps of which it is known."""

import pytest
import torch
from torch.nn import functional as F

from xaivision.engines.prototypes import alignment


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def check_folding_takes_what_lies_in_a_cell_to_its_channels():
    maps = drawn(2, 3, 6, 4)
    found = alignment.folded(maps, 3, 2)
    assert found.shape == (2, 12, 3, 2)
    assert torch.equal(found[1, :, 2, 1], maps[1, :, 4:6, 2:4].flatten())
    assert torch.equal(alignment.folded(maps, 6, 4), maps)


def test_folding_takes_what_lies_in_a_cell_to_its_channels():
    check_folding_takes_what_lies_in_a_cell_to_its_channels()


def test_a_map_whose_sides_are_no_multiples_is_resized_to_the_nearest():
    maps = drawn(1, 2, 7, 5)
    resized = F.interpolate(maps, (8, 4), mode="bilinear", align_corners=False)
    assert torch.equal(alignment.folded(maps, 4, 2), alignment.folded(resized, 4, 2))


def check_likeness_is_the_cosine_between_places():
    maps = drawn(1, 4, 2, 3)
    found = alignment.likeness_of_places(maps)
    first, last = maps[0, :, 0, 1], maps[0, :, 1, 2]
    torch.testing.assert_close(found[0, 1, 5], first @ last / first.norm() / last.norm())
    torch.testing.assert_close(found.diagonal(dim1=1, dim2=2), torch.ones(1, 6, dtype=torch.float64))


def test_likeness_is_the_cosine_between_places():
    check_likeness_is_the_cosine_between_places()


def in_loops(deep, shallow, places, counted):
    known = alignment.likeness_of_places(deep)
    found = []
    for row in range(len(deep)):
        each = [
            sum(max(0.0, abs(float(known[row, place, other] - shallow[row, place, other])) - 0.1) for other in range(6)) / 6
            for place, counts in zip(places[row].tolist(), counted[row].tolist(), strict=True)
            if counts
        ]
        found.append(sum(each) / len(each))
    return torch.tensor(found, dtype=torch.float64)


def check_it_is_the_definition_in_loops():
    deep, shallow = drawn(3, 4, 2, 3), drawn(3, 6, 6, seed=1).tanh()
    places = torch.tensor([[0, 5, 2], [1, 1, 4], [3, 0, 0]])
    counted = torch.tensor([[True, False, True], [True, True, True], [False, False, True]])
    found = alignment.misalignment(deep, shallow, places, counted)
    torch.testing.assert_close(found, in_loops(deep, shallow, places, counted))


def test_it_is_the_definition_in_loops():
    check_it_is_the_definition_in_loops()


def check_a_deep_map_that_is_the_folded_shallow_one_costs_nothing():
    shallow = drawn(2, 3, 4, 6)
    deep = alignment.folded(shallow, 2, 3)
    places, counted = torch.tensor([[0, 5], [2, 2]]), torch.ones(2, 2, dtype=torch.bool)
    assert float(alignment.misalignment(deep, alignment.likeness_of_places(deep), places, counted).abs().max()) == 0.0
    turned = deep.flip(3)
    assert float(alignment.misalignment(turned, alignment.likeness_of_places(deep), places, counted).min()) > 0.0


def test_a_deep_map_that_is_the_folded_shallow_one_costs_nothing():
    check_a_deep_map_that_is_the_folded_shallow_one_costs_nothing()


@pytest.mark.parametrize("seed", range(5))
def test_it_is_never_negative_and_gives_the_shallow_map_no_gradient(seed):
    deep, shallow = drawn(2, 3, 2, 2, seed=seed).requires_grad_(), drawn(2, 3, 4, 4, seed=seed + 9).requires_grad_()
    known = alignment.likeness_of_places(alignment.folded(shallow, 2, 2))
    found = alignment.misalignment(deep, known, torch.tensor([[0], [3]]), torch.ones(2, 1, dtype=torch.bool))
    assert bool((found >= 0).all())
    found.sum().backward()
    assert float(deep.grad.abs().max()) > 0
    assert shallow.grad is None
