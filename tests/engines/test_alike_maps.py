"""Maps that are alike, against the definition in slow loops."""

import math

import torch

from xaivision.engines import alike_maps as engine

CHANCE = torch.Generator().manual_seed(0)
MAPS = torch.randn(4, 6, generator=CHANCE, dtype=torch.float64)
OTHERS = torch.cat([MAPS + 0.4 * torch.randn(4, 6, generator=CHANCE, dtype=torch.float64), -MAPS])


def check_maps_of_length_one_are_held_against_each_other():
    seen = set()
    for threshold in (0.1, 0.5, 1.0, 1.6, 2.0):
        found = engine.alike(MAPS, OTHERS, threshold)
        for row, one in enumerate(MAPS):
            for column, other in enumerate(OTHERS):
                units = [[float(value) / math.sqrt(sum(float(v) ** 2 for v in m)) for value in m] for m in (one, other)]
                distance = math.sqrt(sum((a - b) ** 2 for a, b in zip(*units, strict=True)))
                if abs(distance - threshold) > 1e-9:
                    assert bool(found[row, column]) == (distance < threshold)
                    seen.add((threshold, bool(found[row, column])))
    assert len(seen) >= 8


def check_size_does_not_matter():
    once = engine.alike(MAPS, OTHERS, 0.7)
    for factor in (1e-200, 1e-9, 3.0, 1e200):
        assert torch.equal(engine.alike(factor * MAPS, OTHERS, 0.7), once)
        assert torch.equal(engine.alike(MAPS, factor * OTHERS, 0.7), once)
    assert once.any()
    assert not once.all()


def check_what_has_no_direction_is_like_none():
    odd = torch.stack([torch.zeros(6), torch.full((6,), torch.nan), torch.full((6,), torch.inf)]).double()
    assert not engine.alike(odd, OTHERS, 2.0).any()
    assert not engine.alike(MAPS, odd, 2.0).any()
    assert not engine.alike(odd, odd, 2.0).any()


def check_a_map_is_like_itself_and_least_like_its_negative():
    assert engine.alike(MAPS, MAPS, 1e-9).diagonal().all()
    assert not engine.alike(MAPS, -MAPS, 1.99).diagonal().any()


def test_maps_of_length_one_are_held_against_each_other():
    check_maps_of_length_one_are_held_against_each_other()


def test_size_does_not_matter():
    check_size_does_not_matter()


def test_what_has_no_direction_is_like_none():
    check_what_has_no_direction_is_like_none()


def test_a_map_is_like_itself_and_least_like_its_negative():
    check_a_map_is_like_itself_and_least_like_its_negative()
