"""Faults for the engine that says how alike two maps are."""

import test_map_likeness
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "shared zeros are likeness",
        "map_likeness",
        "        if bool(seen.all()):\n            return",
        "        if True:\n            return",
        test_map_likeness.check_ranks_are_scipys_over_what_is_not_zero_in_both,
    ),
    Mutant(
        "only features that neither leaves out",
        "map_likeness",
        "seen = (before != 0) | (after != 0)",
        "seen = (before != 0) & (after != 0)",
        test_map_likeness.check_ranks_are_scipys_over_what_is_not_zero_in_both,
    ),
    Mutant(
        "one map's ranks for all",
        "map_likeness",
        "            self._whole[row] = centered_ranks(self._before[row])\n        return self._whole[row]",
        "            self._whole[row] = centered_ranks(self._before[0])\n        return self._whole[row]",
        test_map_likeness.check_ranks_are_scipys_over_what_is_not_zero_in_both,
    ),
    Mutant(
        "the last map is remembered instead of the first",
        "map_likeness",
        "return _cosine(self._ranks(row), centered_ranks(after))",
        "own, self._whole[row] = self._ranks(row), centered_ranks(after)\n            return _cosine(own, self._whole[row])",
        test_map_likeness.check_a_map_held_against_several_keeps_its_own_ranks,
    ),
    Mutant(
        "a covariance for a correlation",
        "map_likeness",
        "(first * second).sum() / size",
        "(first * second).mean()",
        test_map_likeness.check_ranks_are_scipys_over_what_is_not_zero_in_both,
    ),
    Mutant(
        "infinite values are ranked",
        "map_likeness",
        "    return float(((first * second).sum() / size).clamp(-1, 1))",
        "    return float(((first * second).sum() / size).nan_to_num().clamp(-1, 1))",
        test_map_likeness.check_constant_and_infinite_maps_have_no_ranks,
    ),
    Mutant(
        "windows of the ground count",
        "map_likeness",
        "torch.from_numpy(local)[(before != 0) | (after != 0)].mean()",
        "torch.from_numpy(local).mean()",
        test_map_likeness.check_pixels_that_are_zero_in_both_are_no_likeness,
    ),
    Mutant(
        "zero is black",
        "map_likeness",
        "(0.5 + 0.5 * exact / exact.abs().max())",
        "(exact.abs() / exact.abs().max())",
        test_map_likeness.check_a_map_is_exactly_like_itself_and_unlike_its_negative,
    ),
    Mutant(
        "maps are drawn on one scale",
        "map_likeness",
        "(0.5 + 0.5 * exact / exact.abs().max())",
        "(0.5 + 0.5 * exact / 4)",
        test_map_likeness.check_scale_of_a_map_is_no_unlikeness,
    ),
    Mutant(
        "a bin of its own for the largest",
        "map_likeness",
        ".long().clamp_max(bins - 1)",
        ".long()",
        test_map_likeness.check_entropies_count_values_in_equal_bins,
    ),
    Mutant(
        "bins from zero",
        "map_likeness",
        "places = ((values - low) / (high - low) * bins)",
        "places = (values.abs() / values.abs().max() * bins)",
        test_map_likeness.check_entropies_of_many_bins_are_those_of_a_loop,
    ),
)
