"""Faults for the engines that look for shortcuts."""

import test_burnt_in_marks
import test_empty_area
import test_grouped_recall
import test_picture_traits
import test_trait_forest
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "even areas anywhere",
        "empty_area",
        "for area in at_edge.tolist()",
        "for area in range(count + 1)",
        test_empty_area.check_even_areas_inside_are_not_empty,
    ),
    Mutant(
        "the rim is lost",
        "empty_area",
        "maximum_filter(np.isin(areas, chosen), REACH",
        "minimum_filter(np.isin(areas, chosen), 2 * REACH",
        test_empty_area.check_the_outside_of_a_fan_is_empty,
    ),
    Mutant(
        "even to the last bit",
        "empty_area",
        "EVEN, REACH = 2.5 / 255, 5",
        "EVEN, REACH = 0.0, 5",
        test_empty_area.check_what_jpeg_leaves_on_even_areas_is_even,
    ),
    Mutant(
        "a few pixels are enough",
        "empty_area",
        "SMALLEST = 0.002",
        "SMALLEST = 0.0",
        test_empty_area.check_an_even_bar_of_a_few_pixels_is_not_empty,
    ),
    Mutant(
        "one edge is enough",
        "burnt_in_marks",
        "JUMP, LEAST_JUMPS = 0.6, 0.5",
        "JUMP, LEAST_JUMPS = 0.6, 0.05",
        test_burnt_in_marks.check_an_echo_beside_its_shadow_is_no_mark,
    ),
    Mutant(
        "no ink is needed",
        "burnt_in_marks",
        "    two_toned = np.zeros_like(black)\n    if even.any() and white.any():\n",
        "    return even\n    if even.any() and white.any():\n",
        test_burnt_in_marks.check_an_empty_box_is_no_mark,
    ),
    Mutant(
        "white paper is not looked at",
        "burnt_in_marks",
        "_lettered(gray) | _lettered(1 - gray)",
        "_lettered(gray)",
        test_burnt_in_marks.check_black_letters_on_white_paint_are_found,
    ),
    Mutant(
        "the target is looked at",
        "picture_traits",
        "float(_gray(picture)[seen].mean())",
        "float(_gray(picture).mean())",
        test_picture_traits.check_brightness_is_the_mean_of_what_is_seen,
    ),
    Mutant(
        "traces of JPEG are color",
        "picture_traits",
        "COLORED = 0.04",
        "COLORED = 0.0",
        test_picture_traits.check_color_is_told_from_gray_that_was_saved_in_color,
    ),
    Mutant(
        "left and right are swapped",
        "picture_traits",
        "gray[:, :thick], gray[:, -thick:])",
        "gray[:, -thick:], gray[:, :thick])",
        test_picture_traits.check_the_border_is_told_side_by_side,
    ),
    Mutant(
        "neighbors down for those across",
        "picture_traits",
        "_likeness(blocks[:, :, 1:], blocks[:, :, :-1])",
        "_likeness(blocks[:, :, 6:], blocks[:, :, :-6])",
        test_picture_traits.check_grain_tells_a_smooth_sensor_from_a_sharp_one,
    ),
    Mutant(
        "blocks of the target count",
        "picture_traits",
        "known.flatten(1).all(1) & ",
        "",
        test_picture_traits.check_grain_does_not_look_at_what_is_not_seen,
    ),
    Mutant(
        "columns before rows",
        "picture_traits",
        "adaptive_avg_pool2d(mask.double()[None, None], 3).flatten()",
        "adaptive_avg_pool2d(mask.double()[None, None], 3)[0, 0].T.flatten()",
        test_picture_traits.check_places_are_read_row_by_row,
    ),
    Mutant(
        "it learns from what it is asked about",
        "trait_forest",
        "learned = np.flatnonzero(~asked)",
        "learned = np.arange(len(asked))",
        test_trait_forest.check_a_row_is_not_asked_about_by_a_forest_that_learned_from_it,
    ),
    Mutant(
        "frequent classes weigh more",
        "trait_forest",
        'class_weight="balanced"',
        "class_weight=None",
        test_trait_forest.check_a_rare_class_weighs_as_much_as_a_frequent_one,
    ),
    Mutant(
        "what is not known is as the rest",
        "trait_forest",
        "nan_to_num(nan=-2.0)",
        "nan_to_num(nan=0.5)",
        test_trait_forest.check_what_is_not_known_tells_too,
    ),
    Mutant(
        "plain accuracy",
        "grouped_recall",
        "    return float(torch.stack([right[targets == label].mean() for label in sorted(set(targets.tolist()))]).mean())",
        "    return float(right.mean())",
        test_grouped_recall.check_it_is_the_mean_recall,
    ),
    Mutant(
        "rows are dealt, not groups",
        "grouped_recall",
        "    count, classes = int(members.max()) + 1, int(targets.max()) + 1\n    first",
        "    members = torch.arange(len(targets))\n    count, classes = len(targets), int(targets.max()) + 1\n    first",
        test_grouped_recall.check_copies_make_nothing_surer,
    ),
    Mutant(
        "never as high",
        "grouped_recall",
        ">= seen - 1e-12",
        "> 2",
        test_grouped_recall.check_guesses_are_chance,
    ),
    Mutant(
        "always as high",
        "grouped_recall",
        "    return shares.nanmean(0)",
        "    return shares.nanmean(0) * 0",
        test_grouped_recall.check_what_is_right_is_no_chance,
    ),
    Mutant(
        "the third class has a say",
        "grouped_recall",
        "part[:, one] / (part[:, one] + part[:, other]).clamp_min(1e-12)",
        "part[:, one] / part.sum(1)",
        test_grouped_recall.check_pairs_are_told_by_their_own_two_probabilities,
    ),
)
