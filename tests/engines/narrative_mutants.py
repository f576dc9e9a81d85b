"""Faults for the engines that put a region into words and hold the words against the prediction."""

import test_content_descriptor
import test_echo_traits
import test_mask_pieces
import test_mask_runs
import test_region_traits
import test_self_consistency
import test_shapley_of_words
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "the first piece is the largest",
        "mask_pieces",
        "areas == 1 + sizes.argmax()",
        "areas == sizes.argmax()",
        test_mask_pieces.check_pieces_touch_nowhere_and_the_largest_is_told,
    ),
    Mutant(
        "corners part pieces",
        "mask_pieces",
        "np.ones((3, 3))",
        "None",
        test_mask_pieces.check_pieces_touch_nowhere_and_the_largest_is_told,
    ),
    Mutant(
        "specks are pieces",
        "mask_pieces",
        "SPECK * sizes.sum()",
        "0",
        test_mask_pieces.check_specks_are_no_pieces_and_an_empty_mask_has_none,
    ),
    Mutant(
        "runs are counted from the first pixel, whatever it is",
        "mask_runs",
        'torch.zeros(1, dtype=torch.bool, device="cpu"), mask',
        "mask.flatten()[:1], mask",
        test_mask_runs.check_runs_are_counted_from_what_lies_outside,
    ),
    Mutant(
        "inside and outside exchanged",
        "mask_runs",
        "% 2).bool()",
        "% 2 == 0)",
        test_mask_runs.check_runs_give_the_mask_back,
    ),
    Mutant(
        "loud words count more",
        "self_consistency",
        "known = columns[:, totals > 0] / totals[totals > 0]",
        "known = columns[:, totals > 0] / totals.sum()",
        test_self_consistency.check_each_word_counts_the_same,
    ),
    Mutant(
        "signs are lost",
        "self_consistency",
        "found = _cosine(ours, theirs)",
        "found = _cosine(ours.abs(), theirs.abs())",
        test_self_consistency.check_the_opposite_is_minus_one,
    ),
    Mutant(
        "silent words count",
        "self_consistency",
        "known = columns[:, totals > 0] / totals[totals > 0]",
        "known = columns / totals.clamp_min(1e-300)",
        test_self_consistency.check_words_that_nothing_contributes_to_do_not_count,
    ),
    Mutant(
        "a divergence the wrong way round",
        "self_consistency",
        "_divergence(theirs.abs(), ours.abs())",
        "_divergence(ours.abs(), theirs.abs())",
        test_self_consistency.check_divergences_are_those_of_the_absolute_shares,
    ),
    Mutant(
        "a null of one dimension more",
        "self_consistency",
        "(players - 1) / 2, CERTAINTY",
        "players / 2, CERTAINTY / 1.1",
        test_self_consistency.check_the_null_is_that_of_random_directions,
    ),
    Mutant(
        "a p-value of the other tail",
        "self_consistency",
        "cosines >= found - 1e-12",
        "cosines <= found + 1e-12",
        test_self_consistency.check_permuted_players_average_out_and_the_p_value_counts_them,
    ),
    Mutant(
        "small where both are",
        "self_consistency",
        "min(float(prediction.abs().max())",
        "max(float(prediction.abs().max())",
        test_self_consistency.check_tiny_contributions_are_told,
    ),
    Mutant(
        "the first word's empty value for all",
        "shapley_of_words",
        "empty[place], full[place]",
        "empty[0], full[0]",
        test_shapley_of_words.check_contributions_add_up_for_every_word,
    ),
    Mutant(
        "the first word's table for all",
        "shapley_of_words",
        "shapley_values(column) for column in table.T",
        "shapley_values(table[:, 0]) for _ in table.T",
        test_shapley_of_words.check_every_word_gets_the_shapley_values_of_its_own_score,
    ),
    Mutant(
        "more versions than paid for",
        "shapley_of_words",
        ".within(budget)",
        ".within(2 * budget)",
        test_shapley_of_words.check_equal_generators_ask_about_the_same_coalitions,
    ),
    Mutant(
        "x for y",
        "region_traits",
        "row / height,",
        "column / height,",
        test_region_traits.check_place_and_size_are_shares_of_the_sides,
    ),
    Mutant(
        "the whole picture surrounds it",
        "region_traits",
        "return grown & ~inside",
        "return ~inside",
        test_region_traits.check_the_level_is_held_against_the_surroundings_alone,
    ),
    Mutant(
        "brown is orange",
        "region_traits",
        '"brown" if level < 0.5 or saturation < 0.45 else warm',
        "warm",
        test_region_traits.check_colors_have_their_basic_names,
    ),
    Mutant(
        "rarest color first",
        "region_traits",
        "(-pair[1], pair[0])",
        "(pair[1], pair[0])",
        test_region_traits.check_shares_of_colors_come_most_first_and_gray_pictures_have_none,
    ),
    Mutant(
        "range from the far side",
        "echo_traits",
        'return 1 - center if shadow in ("left", "above") else center',
        'return center if shadow in ("left", "above") else 1 - center',
        test_echo_traits.check_the_shadow_tells_the_side_and_the_range,
    ),
    Mutant(
        "left and right swapped",
        "echo_traits",
        '"left": (left, right),',
        '"left": (right, left),',
        test_echo_traits.check_the_shadow_tells_the_side_and_the_range,
    ),
    Mutant(
        "the opposite side is not looked at",
        "echo_traits",
        " and here >= TWICE * there",
        "",
        test_echo_traits.check_dark_on_both_sides_tells_nothing,
    ),
    Mutant(
        "a highlight on no scale",
        "echo_traits",
        "float(brightest.mean()) / level",
        "float(brightest.mean())",
        test_echo_traits.check_the_highlight_is_told_in_times_of_the_seabed,
    ),
    Mutant(
        "what is outside matters",
        "content_descriptor",
        "clamp_min(1e-9) / 2).double() * inside",
        "clamp_min(1e-9) / 2).double()",
        test_content_descriptor.check_only_what_is_masked_matters,
    ),
    Mutant(
        "one extent twice",
        "content_descriptor",
        "bright.sum(2 - axis)",
        "bright.sum(2)",
        test_content_descriptor.check_the_five_numbers,
    ),
    Mutant(
        "likeness grows with the difference",
        "content_descriptor",
        "(-distances.norm(dim=1)).exp()",
        "distances.norm(dim=1).exp()",
        test_content_descriptor.check_likeness_falls_with_what_is_hidden,
    ),
)
