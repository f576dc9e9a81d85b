"""Faults for the engine that tells which maps are alike."""

import test_alike_maps
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "maps as they are",
        "alike_maps",
        "found: Tensor = scaled / scaled.norm(dim=1, keepdim=True)",
        "found = maps.double()",
        test_alike_maps.check_size_does_not_matter,
    ),
    Mutant(
        "signs do not count",
        "alike_maps",
        "scaled = maps.double() / largest",
        "scaled = maps.double().abs() / largest",
        test_alike_maps.check_a_map_is_like_itself_and_least_like_its_negative,
    ),
    Mutant(
        "the sum of the differences",
        "alike_maps",
        "(second - one).norm(dim=1)",
        "(second - one).abs().sum(1)",
        test_alike_maps.check_maps_of_length_one_are_held_against_each_other,
    ),
    Mutant(
        "what has no direction is zero",
        "alike_maps",
        "found: Tensor = scaled / scaled.norm(dim=1, keepdim=True)",
        "found = (scaled / scaled.norm(dim=1, keepdim=True)).nan_to_num(0)",
        test_alike_maps.check_what_has_no_direction_is_like_none,
    ),
    Mutant(
        "squares of small values vanish",
        "alike_maps",
        "scaled = maps.double() / largest",
        "scaled = maps.double() + 0 * largest",
        test_alike_maps.check_size_does_not_matter,
    ),
)
