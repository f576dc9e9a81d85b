"""Faults for the scores of where prototypes are found."""

import test_part_scores as parts
from engine_mutants import Mutant


def _hits(name, before, after, check):
    return Mutant(name, "prototypes.part_hits", before, after, check)


def _scores(name, before, after, check):
    return Mutant(name, "prototypes.part_scores", before, after, check)


def _enlarging(name, before, after):
    return Mutant(name, "prototypes.enlarging", before, after, parts.check_maps_are_enlarged_as_torch_does)


MUTANTS = (
    _enlarging("upside down", "rows @ maps", "rows.flip(0) @ maps"),
    _enlarging("corners are aligned", "align_corners=False", "align_corners=True"),
    _enlarging("linear", '"bicubic"', '"bilinear"'),
    _hits(
        "sides are exchanged",
        "enlarged(maps, height, width)",
        "enlarged(maps, width, height)",
        parts.check_a_peak_is_in_the_highest_cell,
    ),
    _hits(
        "rows for columns",
        "flat // width, flat % width], 2",
        "flat % width, flat // width], 2",
        parts.check_a_peak_is_in_the_highest_cell,
    ),
    _hits(
        "a box of one side",
        "[height, width], dtype=torch.float64",
        "[height, height], dtype=torch.float64",
        parts.check_a_part_is_hit_within_the_share_of_each_side,
    ),
    _hits("one side is enough", ".all(3)", ".any(3)", parts.check_a_part_is_hit_within_the_share_of_each_side),
    _hits(
        "a point that is not on the mask",
        "masked_fill(~masks.bool(), torch.inf)",
        "masked_fill(masks.bool() & False, torch.inf)",
        parts.check_the_point_of_a_mask_is_the_pixel_of_it_nearest_to_its_center_of_mass,
    ),
    _hits(
        "an empty mask has a point",
        "torch.where(area[:, None] > 0, found, torch.nan)",
        "found",
        parts.check_the_point_of_a_mask_is_the_pixel_of_it_nearest_to_its_center_of_mass,
    ),
    _scores(
        "parts that are not seen count",
        "own[:, :, None] & visible[:, None]",
        "own[:, :, None].expand(hits.shape)",
        parts.check_a_part_that_is_not_seen_is_not_missed,
    ),
    _scores(
        "pictures of every class count",
        "own[:, :, None] & visible[:, None]",
        "visible[:, None].expand(hits.shape)",
        parts.check_only_pictures_of_the_prototypes_class_count,
    ),
    _scores(
        "the worst part decides",
        "nan_to_num(-1.0).amax(1)",
        "nan_to_num(-1.0).amin(1)",
        parts.check_prototypes_that_are_always_on_a_part_are_consistent_and_those_anywhere_are_not,
    ),
    _scores(
        "more than the threshold",
        "best >= threshold",
        "best > threshold",
        parts.check_only_pictures_of_the_prototypes_class_count,
    ),
    _scores(
        "one part that stays is enough",
        "(noisy == hits).all(3)",
        "(noisy == hits).any(3)",
        parts.check_stability_asks_for_all_parts_and_averages_over_draws,
    ),
    _scores("the least alike pictures", "descending=True", "descending=False", parts.check_purity_is_of_the_pictures_most_alike),
    _scores("all pictures", "[:count]", "[:]", parts.check_purity_is_of_the_pictures_most_alike),
    _scores("boxes apart overlap", ".clamp_min(0)", ".abs()", parts.check_boxes_overlap_by_what_they_share),
    _scores("what is shared counts twice", "_area(other) - shared", "_area(other)", parts.check_boxes_overlap_by_what_they_share),
)
