"""Faults for the shortcut that computes affected regions only."""

import test_affected_regions
import test_region_scores
from engine_mutants import Mutant


def check(*names):
    return lambda: test_affected_regions.check_regions_give_what_whole_passes_give(names, (31, 26), (3, 5))


MUTANTS = (
    Mutant(
        "strides do not widen what later layers see",
        "reach",
        "self.before + self.stride * before, self.after + self.stride * after",
        "self.before + before, self.after + after",
        check("stride", "conv", "wide"),
    ),
    Mutant(
        "of two branches the first counts",
        "reach",
        "max(self.before, other.before), max(self.after, other.after)",
        "self.before, self.after",
        check("branches", "branches"),
    ),
    Mutant(
        "dilation is forgotten",
        "reach",
        "int(d) * (int(k) - 1) - int(p)",
        "(int(k) - 1) - int(p)",
        check("dilated", "dilated"),
    ),
    Mutant(
        "padding moves nothing",
        "reach",
        "((1, top, -top), (1, left, -left))",
        "((1, 0, 0), (1, 0, 0))",
        lambda: test_affected_regions.check_reach_is_what_gradients_reach(),
    ),
    Mutant(
        "a map is cut while another still runs beside it",
        "reach",
        "one is node or all(",
        "True or all(",
        check("residual", "conv"),
    ),
    Mutant(
        "crops with a halo that is one too short",
        "affected_regions",
        "seen = (self.next_length - 1) * stride + self.reach.before + self.reach.after + 1",
        "seen = (self.next_length - 1) * stride + self.reach.before + self.reach.after",
        check("conv", "wide"),
    ),
    Mutant(
        "crops that start between strides",
        "affected_regions",
        "seen = max(0, first * stride - self.reach.before) // stride * stride",
        "seen = max(0, first * stride - self.reach.before)",
        check("stride", "stride"),
    ),
    Mutant(
        "one changed position is left out",
        "affected_regions",
        "// self.reach.stride + 1\n        return min(seen, self.next_extent)",
        "// self.reach.stride\n        return max(1, min(seen, self.next_extent))",
        check("conv", "stride"),
    ),
    Mutant(
        "the region is not put into the crop",
        "affected_regions",
        "crops[row, :, below : below + height.length, beside : beside + width.length] = regions[row]",
        "pass",
        check("conv"),
    ),
    Mutant(
        "whole maps cost nothing",
        "affected_regions",
        "way.cost + 1 - way.cuts[-1].cost / found.cost",
        "way.cost",
        test_affected_regions.check_the_best_route_costs_less_and_is_right,
    ),
    Mutant(
        "what is wrong is taken for proven",
        "region_scores",
        "return bool(((found - expected).abs() <= ROUNDING * torch.finfo(self._model.dtype).eps * (1 + expected.abs())).all())",
        "return True",
        test_region_scores.check_a_module_that_is_not_its_graph_is_asked_whole,
    ),
    Mutant(
        "windows that change nothing are proof",
        "region_scores",
        "picture.proven(telling)",
        "picture.proven(windows)",
        test_region_scores.check_windows_that_change_nothing_prove_nothing,
    ),
    Mutant(
        "what nothing proves is taken for granted",
        "region_scores",
        "found.append(picture.whole_passes(windows))",
        "found.append(picture.scores(windows))",
        test_region_scores.check_an_input_that_no_window_changes_is_asked_whole,
    ),
    Mutant(
        "the first input's maps serve all",
        "region_scores",
        "inputs[one], baseline[one], target.take(one))",
        "inputs[:1], baseline[one], target.take(one))",
        test_region_scores.check_scores_are_those_of_whole_passes,
    ),
    Mutant(
        "the first input's target serves all",
        "region_scores",
        "baseline[one], target.take(one))",
        "baseline[one], target.take(slice(0, 1)))",
        test_region_scores.check_scores_are_those_of_whole_passes,
    ),
)
