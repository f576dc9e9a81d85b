"""Faults for the response to noise, for robust fidelity, for imputed pictures and for moved regions."""

import test_imputed_scores
import test_moved_regions
import test_noise_response
import test_robust_fidelity
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "draws in the place of inputs",
        "noise_response",
        "scores.view(len(block.versions), -1).T",
        "scores.view(-1, len(block.versions))",
        test_noise_response.check_scores_are_those_of_each_copy,
    ),
    Mutant(
        "noise of unit size",
        "noise_response",
        "(copies.scale * slopes)",
        "(slopes)",
        test_noise_response.check_rises_are_the_slopes_times_the_noise,
    ),
    Mutant(
        "the first draws again and again",
        "noise_response",
        "for part in ranges",
        "for part in [range(len(one)) for one in ranges]",
        test_noise_response.check_rises_are_the_slopes_times_the_noise,
    ),
    Mutant(
        "absolute differences",
        "noise_response",
        "(predicted - found).square()",
        "(predicted - found).abs()",
        test_noise_response.check_infidelity_is_the_mean_square_and_scales_by_least_squares,
    ),
    Mutant(
        "a scale that turns the sign",
        "noise_response",
        "best.clamp_min(0) *",
        "best *",
        test_noise_response.check_infidelity_is_the_mean_square_and_scales_by_least_squares,
    ),
    Mutant(
        "the rest goes where it should stay",
        "robust_fidelity",
        "chance >= kept[place]",
        "chance < kept[place]",
        test_robust_fidelity.check_fidelities_are_the_definition,
    ),
    Mutant(
        "the part is one element too large",
        "robust_fidelity",
        "parts.ranks[pairs.inputs] < sizes",
        "parts.ranks[pairs.inputs] <= sizes",
        test_robust_fidelity.check_fidelities_are_the_definition,
    ),
    Mutant(
        "errors of single draws",
        "robust_fidelity",
        "falls.std(1) / falls.shape[1] ** 0.5",
        "falls.std(1)",
        test_robust_fidelity.check_fidelities_are_the_definition,
    ),
    Mutant(
        "a certain removal that leaves one element",
        "robust_fidelity",
        "chance < removed[place]",
        "chance < 0.5 * removed[place]",
        test_robust_fidelity.check_chances_of_one_and_zero_are_the_original_fidelities_without_chance,
    ),
    Mutant(
        "the fall without the part at its empty size",
        "robust_fidelity",
        "torch.stack([sizes == 0, sizes > int(parts.regions.max())], 1)",
        "torch.stack([sizes < 0, sizes < 0], 1)",
        test_robust_fidelity.check_a_model_that_rounds_differently_leaves_no_trace,
    ),
    Mutant(
        "each position of an element by itself",
        "robust_fidelity",
        "draws[plan.draws[chosen]][:, parts.regions]",
        "draws.repeat(1, 9)[plan.draws[chosen]][:, : len(parts.regions)]",
        test_robust_fidelity.check_elements_of_several_positions_go_together,
    ),
    Mutant(
        "the share of the elements is held for their number",
        "robust_fidelity",
        "allowed = most * elements",
        "allowed = most",
        test_robust_fidelity.check_no_more_than_the_allowed_share_is_expected_to_go,
    ),
    Mutant(
        "the cap of the part for the rest as well",
        "robust_fidelity",
        "min(alpha, allowed / max(elements - size, 1))",
        "min(alpha, allowed / max(size, 1))",
        test_robust_fidelity.check_no_more_than_the_allowed_share_is_expected_to_go,
    ),
    Mutant(
        "the first size's chances for all",
        "robust_fidelity",
        "place = plan.sizes[chosen]",
        "place = plan.sizes[chosen]; removed[1:-1] = removed[0]",
        test_robust_fidelity.check_each_size_has_its_own_chances,
    ),
    Mutant(
        "one pixel more is imputed",
        "imputed_scores",
        "ranks[part.inputs] >= counts",
        "ranks[part.inputs] > counts",
        test_imputed_scores.check_pixels_of_the_lowest_ranks_are_imputed_with_noise_on_top,
    ),
    Mutant(
        "the first picture for all",
        "imputed_scores",
        "Imputation(pictures[number], noise)",
        "Imputation(pictures[0 * number], noise)",
        test_imputed_scores.check_pixels_of_the_lowest_ranks_are_imputed_with_noise_on_top,
    ),
    Mutant(
        "no noise on top",
        "imputed_scores",
        "Imputation(pictures[number], noise)",
        "Imputation(pictures[number])",
        test_imputed_scores.check_pixels_of_the_lowest_ranks_are_imputed_with_noise_on_top,
    ),
    Mutant(
        "the target of the first picture for all",
        "imputed_scores",
        "target.take(part.inputs)",
        "target.take(0 * part.inputs)",
        test_imputed_scores.check_a_constant_picture_stays_as_it_is_without_noise,
    ),
    Mutant(
        "everything else is moved",
        "moved_regions",
        "here = places ==",
        "here = places !=",
        test_moved_regions.check_changes_are_those_of_one_region_at_a_time,
    ),
    Mutant(
        "the first draw for all",
        "moved_regions",
        "(part.versions // players)",
        "(0 * part.versions // players)",
        test_moved_regions.check_changes_are_those_of_one_region_at_a_time,
    ),
    Mutant(
        "squares of means",
        "moved_regions",
        "players).square().mean(1)",
        "players).mean(1).square()",
        test_moved_regions.check_changes_are_those_of_one_region_at_a_time,
    ),
    Mutant(
        "rounding is a change",
        "moved_regions",
        "moves[moves <= score_resolution(found, inputs.dtype)[:, None]] = 0",
        "moves[moves < 0] = 0",
        test_moved_regions.check_what_rounding_makes_is_nothing,
    ),
)
