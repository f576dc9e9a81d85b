"""Faults for points of evidence, the segmenters that are asked about them, and what a map and a model say of a mask."""

from pathlib import Path
from tempfile import TemporaryDirectory

import test_mask_effects
import test_mask_evidence
import test_pointed_objects
import test_points
import test_sam_network
import test_sam_point
from engine_mutants import Mutant


def in_a_folder(check):
    def checked():
        with TemporaryDirectory() as folder:
            check(Path(folder))

    return checked


POINTS = (
    Mutant(
        "the largest of either sign",
        "points",
        "values.detach().double().cpu().numpy() * (-1 if counter else 1)",
        "values.detach().double().abs().cpu().numpy()",
        test_points.check_the_largest_positive_comes_first_and_the_most_negative_when_asked_for,
    ),
    Mutant(
        "the flank of a peak is one more",
        "points",
        "free = (signed == around) & (signed > 0)",
        "free = signed > 0",
        test_points.check_neighbors_of_a_peak_are_no_peaks,
    ),
    Mutant(
        "nothing is suppressed",
        "points",
        "free[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1] = False",
        "free[row, column] = False",
        test_points.check_points_of_one_even_segment_are_apart,
    ),
    Mutant(
        "rows and columns in each other's place",
        "points",
        "return int(row), int(column)",
        "return int(column), int(row)",
        test_points.check_how_far_a_point_moves_over_seeds,
    ),
    Mutant(
        "the first pixel of a segment",
        "points",
        "np.argwhere(rank == rank.max())",
        "np.argwhere(largest)[:1]",
        test_points.check_in_an_even_segment_the_point_is_deepest_inside_or_where_detail_is,
    ),
    Mutant(
        "highlights only",
        "points",
        ".norm(dim=0)",
        ".sum(dim=0)",
        test_points.check_what_stands_out_is_a_highlight_or_a_shadow_and_not_a_pixel,
    ),
    Mutant(
        "distances from the first seed only",
        "points",
        "for one, other in combinations(points, 2)]",
        "for one, other in combinations(points, 2) if one is points[0]]",
        test_points.check_how_far_a_point_moves_over_seeds,
    ),
)

MASKS = (
    Mutant(
        "mass over area",
        "mask_evidence",
        "return self.area / self.mass if",
        "return self.mass / self.area if",
        test_mask_evidence.check_area_and_mass_are_shares_and_their_ratio_is_one_for_an_even_map,
    ),
    Mutant(
        "x and y",
        "mask_evidence",
        "bool(mask[point.row, point.column])",
        "bool(mask.T.reshape(mask.shape)[point.row, point.column])",
        test_mask_evidence.check_points_are_counted_by_row_and_column,
    ),
    Mutant(
        "negative points count",
        "mask_evidence",
        "for point in points if point.positive]",
        "for point in points]",
        test_mask_evidence.check_points_are_counted_by_row_and_column,
    ),
    Mutant(
        "one pixel too few",
        "mask_evidence",
        "enough = 1 + int(",
        "enough = int(",
        test_mask_evidence.check_the_refined_part_is_the_smallest_that_holds_the_share,
    ),
    Mutant(
        "ties in any order",
        "mask_evidence",
        "np.lexsort((distance, -value, distance > 0))",
        "np.lexsort((-value, distance > 0))",
        test_mask_evidence.check_a_refined_part_holds_the_points_and_of_equal_areas_the_nearest,
    ),
    Mutant(
        "points are cut off",
        "mask_evidence",
        "max(enough, int((distance == 0).sum()))",
        "enough",
        test_mask_evidence.check_a_refined_part_holds_the_points_and_of_equal_areas_the_nearest,
    ),
    Mutant(
        "always half of the picture away",
        "mask_evidence",
        "best = overlap == overlap.min()",
        "best = overlap >= 0",
        test_mask_evidence.check_shifted_masks_have_the_same_area_and_cover_least_of_the_mask,
    ),
    Mutant(
        "moves beside each other",
        "mask_evidence",
        "distance = torch.minimum(distance, _around(overlap.shape, moves[-1]))",
        "pass",
        test_mask_evidence.check_a_small_mask_goes_half_of_the_picture_first_and_then_elsewhere,
    ),
    Mutant(
        "without and alone in each other's place",
        "mask_effects",
        "torch.zeros_like(tried[:, :1]), tried, ~tried]",
        "torch.zeros_like(tried[:, :1]), ~tried, tried]",
        test_mask_effects.check_each_number_is_what_its_name_says,
    ),
    Mutant(
        "the mask is among those elsewhere",
        "mask_effects",
        "without[:, 1:].mean(1), alone[:, 1:].mean(1)",
        "without.mean(1), alone.mean(1)",
        test_mask_effects.check_each_number_is_what_its_name_says,
    ),
    Mutant(
        "sufficiency of what is left without the mask",
        "mask_effects",
        "return self.whole - self.alone",
        "return self.whole - self.without",
        test_mask_effects.check_each_number_is_what_its_name_says,
    ),
)

SEGMENTERS = (
    Mutant(
        "the last mask instead of the best",
        "pointed_objects.segmented_object",
        "-torch.inf).argmax())",
        "-torch.inf).numel() - 1)",
        test_pointed_objects.check_the_best_score_is_taken_not_the_last_and_never_an_empty_mask,
    ),
    Mutant(
        "an empty mask may be the best",
        "pointed_objects.segmented_object",
        "torch.where(usable, scores.nan_to_num(nan=-torch.inf), -torch.inf)",
        "scores.nan_to_num(nan=-torch.inf)",
        test_pointed_objects.check_the_best_score_is_taken_not_the_last_and_never_an_empty_mask,
    ),
    Mutant(
        "evidence for its own sake, whatever the size",
        "pointed_objects.segmented_object",
        "mask_evidence(one, evidence).surplus",
        "-mask_evidence(one, evidence).area",
        test_pointed_objects.check_the_best_score_is_taken_not_the_last_and_never_an_empty_mask,
    ),
    Mutant(
        "x and y in each other's place",
        "pointed_objects.sam_point",
        "[(point.column, point.row) for point in points]",
        "[(point.row, point.column) for point in points]",
        test_sam_point.check_points_are_turned_to_x_and_y,
    ),
    Mutant(
        "bytes are cut off instead of rounded",
        "sam_network",
        "* 255).round()",
        "* 255).floor()",
        test_sam_network.check_the_network_sees_bytes_of_three_channels,
    ),
    Mutant(
        "floats in [0, 1] for bytes",
        "sam_network",
        "clamp(0, 1) * 255).round()",
        "clamp(0, 1)).round()",
        test_sam_network.check_the_network_sees_bytes_of_three_channels,
    ),
    Mutant(
        "a file is known by its name",
        "sam_network",
        'object.__setattr__(self, "modified", Path(self.checkpoint).stat().st_mtime_ns)',
        "pass",
        in_a_folder(test_sam_network.check_another_file_under_the_same_name_is_another_network),
    ),
    Mutant(
        "the evidence alone",
        "pointed_objects.superpixel_merge",
        "outside, self.smoothness)",
        "outside, 0.0)",
        test_pointed_objects.check_smoothness_fills_an_object_and_none_keeps_to_the_evidence,
    ),
    Mutant(
        "negative points are left unread",
        "pointed_objects.superpixel_merge",
        "known, inside, outside,",
        "known, inside, set(),",
        test_pointed_objects.check_no_mask_holds_a_negative_point,
    ),
    Mutant(
        "what is cut off belongs to it",
        "pointed_objects.evidence_cut",
        "return np.isin(np.arange(count), reached)",
        "return ~np.isin(np.arange(count), reached)",
        test_pointed_objects.check_the_cut_is_the_best_of_all_sets_of_segments,
    ),
    Mutant(
        "unlike colors hang together",
        "pointed_objects.evidence_cut",
        "np.exp(-difference / typical)",
        "np.exp(difference / typical)",
        test_pointed_objects.check_the_cut_is_the_best_of_all_sets_of_segments,
    ),
    Mutant(
        "borders sideways only",
        "pointed_objects.evidence_cut",
        "sides = [(labels[:, 1:], labels[:, :-1]), (labels[1:], labels[:-1])]",
        "sides = [(labels[:, 1:], labels[:, :-1])]",
        test_pointed_objects.check_the_cut_is_the_best_of_all_sets_of_segments,
    ),
    Mutant(
        "size does not count",
        "pointed_objects.evidence_cut",
        "beyond = segments.mass - segments.area",
        "beyond = segments.mass",
        test_pointed_objects.check_the_cut_is_the_best_of_all_sets_of_segments,
    ),
    Mutant(
        "islands are kept",
        "pointed_objects.growing",
        "return torch.from_numpy(np.isin(areas, list(held)))",
        "return torch.from_numpy(region)",
        test_pointed_objects.check_only_what_hangs_together_with_a_positive_point_is_kept,
    ),
    Mutant(
        "regions around negative points are kept too",
        "pointed_objects.growing",
        "for point in points if point.positive} - {0}",
        "for point in points} - {0}",
        test_pointed_objects.check_only_what_hangs_together_with_a_positive_point_is_kept,
    ),
    Mutant(
        "what is not reached by a point is the region",
        "pointed_objects.growing",
        " - {0}",
        "",
        test_pointed_objects.check_only_what_hangs_together_with_a_positive_point_is_kept,
    ),
    Mutant(
        "twice the tolerance",
        "pointed_objects.region_growing",
        "difference <= limit",
        "difference <= 2 * limit",
        test_pointed_objects.check_a_tolerance_is_in_lab_units,
    ),
    Mutant(
        "a share of one",
        "pointed_objects.threshold_components",
        "self.share * largest",
        "0.0 * largest",
        test_pointed_objects.check_the_box_is_found_whole_from_evidence_on_half_of_it,
    ),
    Mutant(
        "the segment of the first point only",
        "pointed_objects.pointed_segments",
        "torch.isin(labels, chosen)",
        "torch.isin(labels, chosen[:1])",
        test_pointed_objects.check_the_segment_of_a_point_is_by_row_and_column,
    ),
    Mutant(
        "whatever the name, the default",
        "pointed_objects.naming",
        "return POINT_SEGMENTERS[segmenter]",
        'return POINT_SEGMENTERS["superpixel_merge"]',
        test_pointed_objects.check_names_mean_segmenters_and_others_are_told,
    ),
)

MUTANTS = (*POINTS, *MASKS, *SEGMENTERS)
