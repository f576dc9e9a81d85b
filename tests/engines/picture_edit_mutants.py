"""Faults for pictures that are edited: their layers, their variation, and the search for the edits."""

import test_greedy_edits as greedy
import test_picture_layers as layers
from engine_mutants import Mutant

MUTANTS = (
    Mutant("a segment that stays behind", "layers", "canvas[:, mask] = self.behind(segment)[:, mask]", "pass",
           layers.check_a_moved_segment_is_where_it_went_and_ground_is_where_it_was),
    Mutant("filled from itself", "layers", "imputed(self.picture, self.labels != segment)", "self.picture.clone()",
           layers.check_where_a_segment_goes_the_even_ground_goes_on),
    Mutant("what is kept is left out", "layers", "sprite[:, mask], edit.kept)", "sprite[:, mask], 1 - edit.kept)",
           layers.check_where_a_segment_goes_the_even_ground_goes_on),
    Mutant("all or nothing is kept", "layers", "sprite[:, mask], edit.kept)", "sprite[:, mask], round(edit.kept))",
           layers.check_half_of_it_is_kept),
    Mutant("the place before counts", "layers", "mask = moved((self.labels == segment)[None], edit)[0]",
           "mask = self.labels == segment", layers.check_a_moved_segment_is_where_it_went_and_ground_is_where_it_was),
    Mutant("the style of the whole picture", "layers",
           "canvas[:, mask] = torch.lerp(canvas[:, mask], sprite[:, mask], edit.kept)", "canvas[:] = sprite",
           layers.check_styles_change_the_segment_alone),
    Mutant("down and across swapped", "layers", "down, across = edit.down, edit.across", "across, down = edit.down, edit.across",
           layers.check_moving_agrees_with_going_pixel_by_pixel),
    Mutant("variation of signed differences", "total_variation", "pictures.diff(dim=2).abs()", "pictures.diff(dim=2)",
           layers.check_total_variation_and_its_slope_agree_with_autograd),
    Mutant("a slope of one neighbor", "total_variation", "slope.narrow(dim, 0, size).sub_(sign)", "pass",
           layers.check_total_variation_and_its_slope_agree_with_autograd),
    Mutant("one side alone", "counterfactuals.greedy_edits", "for end in ends if", "for end in ends[1:] if",
           greedy.check_one_edit_that_is_enough_is_found),
    Mutant("the whole way at once", "counterfactuals.greedy_edits", "value + (end - value) * level / plan.levels", "end",
           greedy.check_one_edit_that_is_enough_is_found),
    Mutant("nothing along the range", "counterfactuals.greedy_edits", "torch.linspace(*ends, plan.across,",
           "torch.linspace(*ends, 0,", greedy.check_what_only_a_place_along_the_range_reaches_is_found),
    Mutant("the least helpful first", "counterfactuals.greedy_edits", "argsort(descending=True, stable=True)",
           "argsort(stable=True)", greedy.check_a_pair_is_found_where_no_single_edit_is_enough),
    Mutant("never all together", "counterfactuals.greedy_edits", "yield Ask(_cumulated(room, tried))", "pass",
           greedy.check_all_together_are_tried_where_few_are_not_enough),
    Mutant("choices are no edits", "counterfactuals.greedy_edits", "for pattern in patterns[1:]:", "for pattern in patterns[:0]:",
           greedy.check_choices_are_tried_as_well),
)  # fmt: skip
