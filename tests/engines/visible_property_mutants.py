"""Faults for the properties of pictures that anybody can see."""

import test_visible_properties
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "the spread of a sample, not of the picture",
        "visible_properties",
        "gray.std((1, 2), correction=0)",
        "gray.std((1, 2))",
        test_visible_properties.check_a_column_of_light_is_at_its_place_and_a_row_at_its,
    ),
    Mutant(
        "right and lower are taken for each other",
        "visible_properties",
        '"light to the right": _middle(gray.sum(1))',
        '"light to the right": _middle(gray.sum(2))',
        test_visible_properties.check_a_column_of_light_is_at_its_place_and_a_row_at_its,
    ),
    Mutant(
        "neighbors to one side only",
        "visible_properties",
        "(gray.diff(dim=1).abs().mean((1, 2)) + gray.diff(dim=2).abs().mean((1, 2))) / 2",
        "gray.diff(dim=2).abs().mean((1, 2))",
        test_visible_properties.check_a_column_of_light_is_at_its_place_and_a_row_at_its,
    ),
    Mutant(
        "the level pulls the light to the middle",
        "visible_properties",
        "ink = sums - sums.amin(1, keepdim=True)",
        "ink = sums",
        test_visible_properties.check_a_level_added_everywhere_moves_nothing,
    ),
)
