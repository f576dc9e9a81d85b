"""Faults for the engine of mosaics."""

import test_mosaics
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "pictures are cut instead of shrunk",
        "mosaics",
        'interpolate(tile, size=sides, mode="area")',
        "tile[:, :, : sides[0], : sides[1]]",
        test_mosaics.check_each_tile_is_a_picture_at_half_its_size,
    ),
    Mutant(
        "tiles from top to bottom first",
        "mosaics",
        "for one in rows for other in columns]",
        "for other in columns for one in rows]",
        test_mosaics.check_odd_sides_are_filled,
    ),
    Mutant(
        "what speaks against the class counts too",
        "mosaics",
        "maps.double().clamp_min(0)",
        "maps.double().abs()",
        test_mosaics.check_shares_are_those_of_what_is_positive,
    ),
    Mutant(
        "the wrong tiles",
        "mosaics",
        "(sums * right.to(sums))",
        "(sums * (~right).to(sums))",
        test_mosaics.check_shares_are_those_of_what_is_positive,
    ),
    Mutant(
        "zero where nothing is positive",
        "mosaics",
        "return (sums * right.to(sums)).sum(1) / sums.sum(1)",
        "return ((sums * right.to(sums)).sum(1) / sums.sum(1)).nan_to_num(0)",
        test_mosaics.check_nothing_positive_and_not_finite_are_undefined,
    ),
)
