"""Faults for the engines of prototypes."""

from functools import partial

import test_alignment as aligned
import test_certificates_of_components as certificates
import test_gaussian_prototypes as normal
import test_hard_choice as hard
import test_mixed_prototypes as mixed
import test_patch_means as means_of_patches
import test_picture_properties as properties
import test_prototype_engines as prototypes
import test_selection as choices
from engine_mutants import Mutant


def _mutant(name, engine, before, after, check):
    return Mutant(name, f"prototypes.{engine}", before, after, check)


def _activation_boxes():
    check = prototypes.check_a_box_is_around_what_is_high
    return (
        _mutant("sides are exchanged", "activation_boxes", "maps.double(), height, width", "maps.double(), width, height", check),
        _mutant("a box around what is low", "activation_boxes", "large.amax(2) >= least", "large.amin(2) <= least", check),
        _mutant("the box ends where it begins", "activation_boxes", "height - _first(rows.flip(1))", "_first(rows)", check),
    )


def _alignment():
    loops = aligned.check_it_is_the_definition_in_loops
    return (
        _mutant(
            "columns for rows",
            "alignment",
            "permute(0, 1, 3, 5, 2, 4)",
            "permute(0, 1, 5, 3, 2, 4)",
            aligned.check_folding_takes_what_lies_in_a_cell_to_its_channels,
        ),
        _mutant(
            "lengths count",
            "alignment",
            "directions = F.normalize(maps.flatten(2), dim=1)",
            "directions = maps.flatten(2)",
            aligned.check_likeness_is_the_cosine_between_places,
        ),
        _mutant("no slack", "alignment", ".abs() - SLACK)", ".abs())", loops),
        _mutant("all prototypes count", "alignment", "torch.where(counted, excess, 0)", "excess", loops),
        _mutant("the sign counts", "alignment", "(found - known).abs()", "(found - known)", loops),
    )


def _attack():
    inside, beyond = (
        certificates.check_the_attack_stays_inside_the_ball,
        certificates.check_the_attack_finds_flips_beyond_the_radius,
    )
    return (
        _mutant("the ball is left", "attack", ".clamp_max(1)", ".clamp_min(1)", inside),
        _mutant("the margin is raised", "attack", "moves.detach() - STEP", "moves.detach() + STEP", beyond),
        _mutant("nothing is moved", "attack", "STEP = 0.1", "STEP = 0.0", beyond),
    )


def _certificate():
    tight, absence = (
        certificates.check_the_radius_is_tight_on_a_line_between_two_components,
        certificates.check_evidence_by_absence_is_counted,
    )
    return (
        _mutant("twice the radius", "certificate", "return (for_it - against) / 2", "return for_it - against", tight),
        _mutant("the scale is left out", "certificate", "scale.double().min() * radii", "radii", tight),
        _mutant(
            "the other sign of what absence says",
            "certificate",
            "own_absent - absent[:, rival]",
            "absent[:, rival] - own_absent",
            absence,
        ),
    )


def _characteristics():
    return (
        _mutant(
            "a plain mean",
            "characteristics",
            "weights = similarity.double()",
            "weights = similarity.double() * 0 + 1",
            properties.check_importance_is_a_mean_weighted_by_the_similarity,
        ),
        _mutant(
            "the best place anew",
            "characteristics",
            "gather(2, places[:, :, None]).squeeze(2)",
            "amax(2)",
            properties.check_a_similarity_is_read_at_the_given_place,
        ),
        _mutant(
            "sizes cancel",
            "characteristics",
            ".abs().flatten(1)",
            ".flatten(1)",
            properties.check_the_size_of_a_change_is_the_mean_of_its_sizes,
        ),
    )


def _evidence():
    components = prototypes.check_components_give_probabilities_by_being_there_and_by_being_absent
    own = prototypes.check_only_a_classs_own_prototypes_vote_and_their_weights_sum_to_their_number
    return (
        _mutant(
            "absence says nothing", "evidence", "Evidence(present - absent, absent)", "Evidence(present - absent)", components
        ),
        _mutant("weights sum to one", "evidence", "shares * mine.sum(0)", "shares", own),
        _mutant("all prototypes vote", "evidence", '.masked_fill(~mine, float("-inf"))', "", own),
        _mutant(
            "own weights of either sign",
            "evidence",
            "torch.where(mine, weights.exp(), weights)",
            "weights",
            normal.check_a_prototype_speaks_for_its_own_class_with_one_sign,
        ),
        _mutant(
            "constants are no contributions",
            "evidence",
            "found + self.constant.to(similarities)",
            "found",
            prototypes.check_contributions_add_up_to_the_scores,
        ),
    )


def _gaussians():
    density, draws = (
        partial(normal.check_densities_are_torchs_own, full=True),
        normal.check_draws_have_the_mean_and_the_covariance,
    )
    return (
        _mutant("the determinant is forgotten", "gaussians", "/ 2 - self.log_spread.sum(1) - self", "/ 2 - self", density),
        _mutant("columns are independent", "gaussians", "else diagonal + self.below.tril(-1)", "else diagonal", density),
        _mutant("draws are of the transposed factor", "gaussians", '"pde,spe->spd"', '"ped,spe->spd"', draws),
        _mutant(
            "means are at the origin",
            "gaussians",
            "self.factors().square().sum((1, 2)) + self.centers.square().sum(1)",
            "self.factors().square().sum((1, 2))",
            partial(normal.check_the_divergence_is_torchs_own, full=True),
        ),
        _mutant(
            "the sum for the mean",
            "gaussians",
            "/ max(1, len(points) - 1)",
            "",
            normal.check_what_is_fitted_has_the_moments_of_the_points,
        ),
    )


def _hard_choice():
    exact, even = (
        hard.check_a_choice_is_exactly_one_and_its_gradient_that_of_the_softmax,
        hard.check_imbalance_is_what_each_groups_mean_lacks_to_an_even_division,
    )
    return (
        Mutant("soft values", "hard_choice", "hard + (soft - soft.detach())", "soft", exact),
        Mutant("no gradient", "hard_choice", "hard + (soft - soft.detach())", "hard + 0 * soft", exact),
        Mutant(
            "the noise has the other sign",
            "hard_choice",
            "return -(-inside.log()).log()",
            "return (-inside.log()).log()",
            hard.check_choices_with_gumbel_noise_are_draws_of_the_softmax,
        ),
        Mutant("groups count the same", "hard_choice", "(missing * sizes).sum() / len(groups)", "missing.mean()", even),
        Mutant("every group is one", "hard_choice", "scatter(1, groups[:, None], 1)", "fill_(1)", even),
    )


def _kernels():
    return (
        _mutant(
            "twice as wide", "kernels", "(2 * width**2)", "(4 * width**2)", choices.check_the_kernel_is_a_gaussian_of_the_distance
        ),
        _mutant(
            "distances are not squared", "kernels", ").square()", ")", choices.check_the_kernel_is_a_gaussian_of_the_distance
        ),
        _mutant(
            "equal points count",
            "kernels",
            "between[between > 0]",
            "between",
            choices.check_the_width_is_the_median_of_distances_that_are_not_zero,
        ),
    )


def _mixtures():
    draws, chosen = (
        mixed.check_draws_have_the_mean_and_the_variance_of_the_mixture,
        mixed.check_a_part_is_chosen_as_often_as_its_share_says,
    )
    density = mixed.check_densities_are_torchs_own
    return (
        _mutant("parts count the same", "mixtures", "(each + self.log_shares)", "each", density),
        _mutant("the best part alone", "mixtures", "logsumexp(2)", "amax(2)", density),
        _mutant("the rarer part is drawn", "mixtures", "ndtr(normal)[:, :, None] >", "ndtr(normal)[:, :, None] <", chosen),
        _mutant(
            "parts of other mixtures",
            "mixtures",
            "points.view(len(noise), -1, count, width)",
            "points.view(len(noise), count, -1, width).transpose(1, 2)",
            draws,
        ),
        _mutant(
            "the sum over parts",
            "mixtures",
            "(self.log_shares.exp() * self",
            "(2 * self.log_shares.exp() * self",
            mixed.check_the_divergence_is_no_less_than_what_draws_tell,
        ),
        _mutant(
            "the smallest part",
            "mixtures",
            "self.log_shares.argmax(1)",
            "self.log_shares.argmin(1)",
            mixed.check_the_largest_part_is_that_of_each_mixture,
        ),
        _mutant(
            "every part on all points",
            "mixtures",
            "points[groups == number]",
            "points",
            mixed.check_what_is_fitted_finds_two_heaps,
        ),
    )


def _picture_changes():
    hue, gray = (
        properties.check_hue_is_turned_as_the_standard_library_does,
        properties.check_gray_pictures_have_no_hue_and_no_saturation_to_change,
    )
    return (
        _mutant("turned the other way", "picture_changes", "(turned + HUE_TURN)", "(turned - HUE_TURN)", hue),
        _mutant(
            "gray through rounding",
            "picture_changes",
            "images[:, one, None] - images, luma",
            "images[:, one, None] * 1.0001 - images, luma",
            gray,
        ),
        _mutant(
            "more contrast",
            "picture_changes",
            "mean + CONTRAST *",
            "mean + 2 * CONTRAST *",
            properties.check_contrast_and_brightness_scale,
        ),
        _mutant(
            "a wave of the same height whatever the side",
            "picture_changes",
            "ceil(WAVE * scale)",
            "ceil(WAVE)",
            properties.check_shape_moves_pixels_and_changes_none,
        ),
        _mutant(
            "lines are not bent",
            "picture_changes",
            "images[:, :, at].roll(shift, 2)",
            "images[:, :, at]",
            properties.check_shape_bends_rows_and_then_columns_by_the_wave,
        ),
        _mutant(
            "texture stays",
            "picture_changes",
            "SMOOTHING = 0.18",
            "SMOOTHING = 0.001",
            properties.check_texture_goes_and_edges_stay,
        ),
        _mutant(
            "texture takes colors along",
            "picture_changes",
            "images.detach() + (smooth - brightness)",
            "0.9 * images.detach() + (smooth - 0.9 * brightness)",
            properties.check_texture_takes_the_grain_and_leaves_every_pixel_its_color,
        ),
    )


def _projection():
    nearest = prototypes.check_prototypes_go_to_the_nearest_inputs_of_their_class_and_no_two_to_one
    keeping = prototypes.check_prototypes_near_to_other_classes_are_not_worth_keeping
    boundary = prototypes.check_three_of_the_six_nearest_are_enough
    return (
        _mutant(
            "inputs of any class",
            "projection",
            "found.double().masked_fill(labels[:, None] != owners, torch.inf)",
            "found.double()",
            nearest,
        ),
        _mutant("two on one input", "projection", "        left[row] = torch.inf\n", "", nearest),
        _mutant("the furthest count", "projection", "[:NEIGHBORS]", "[-NEIGHBORS:]", keeping),
        _mutant("seven are looked at", "projection", "NEIGHBORS, LEAST = 6, 3", "NEIGHBORS, LEAST = 7, 3", boundary),
        _mutant("two are enough", "projection", "NEIGHBORS, LEAST = 6, 3", "NEIGHBORS, LEAST = 6, 2", boundary),
        _mutant("three are too few", "projection", "NEIGHBORS, LEAST = 6, 3", "NEIGHBORS, LEAST = 6, 4", boundary),
    )


def _selection():
    mmd, medoids = (
        choices.check_mmd_objectives_are_what_they_say,
        choices.check_no_exchange_of_a_medoid_helps_and_the_best_choice_is_near,
    )
    return (
        _mutant("similarities among the chosen once", "selection", "inside + 2 * among", "inside + among", mmd),
        _mutant("means of the wrong number", "selection", "(total + means) / number", "(total + means) / (number + 1)", mmd),
        _mutant("no exchange", "medoids", "if not cost < values[-1]", "if True", medoids),
        _mutant(
            "weights below zero",
            "weighted_selection",
            "found, _ = nnls(root.T.numpy(), goal[:, 0].numpy())",
            "found = torch.linalg.solve(root.T, goal[:, 0]).numpy()",
            choices.check_weights_are_the_best_that_are_not_negative,
        ),
        _mutant(
            "slopes stand still",
            "weighted_selection",
            "slopes = means - kernel[:, taken] @ weights",
            "slopes = means",
            choices.check_proto_dash_finds_the_mixture_it_is_given,
        ),
        _mutant(
            "criticisms are what prototypes stand for",
            "selection",
            "gains = witness +",
            "gains = -witness +",
            choices.check_a_criticism_is_what_the_prototypes_do_not_stand_for,
        ),
        _mutant(
            "criticisms are alike",
            "selection",
            "spare - row.square()",
            "spare",
            choices.check_criticisms_are_as_many_as_asked_for_and_no_two_are_alike,
        ),
    )


def _patch_means():
    loops = means_of_patches.check_it_is_the_definition_in_loops
    return (
        _mutant("the way back is forgotten", "patch_means", "(back, (-down, -right))", "(forth, (-down, -right))", loops),
        _mutant("a patch of 6", "patch_means", "seven.add_(values.narrow(axis, 6, size - 6))", "seven", loops),
        _mutant(
            "it does not count itself", "patch_means", "torch.ones_like(images[:, :1])", "torch.zeros_like(images[:, :1])", loops
        ),
        _mutant(
            "edges are repeated, not mirrored",
            "patch_means",
            "around - places % around).clamp_max",
            "places % around).clamp_max",
            loops,
        ),
        _mutant("the more channels, the stricter", "patch_means", "PATCH**2 * images.shape[1]", "PATCH**2", loops),
    )


def _uncertainty():
    adds, overlap = (
        normal.check_uncertainty_adds_up_and_is_known_where_draws_agree_or_contradict,
        normal.check_the_overlap_of_two_normal_distributions_is_known,
    )
    return (
        _mutant("the entropy of each draw", "uncertainty", "_entropy(each.mean(1))", "_entropy(each).amax(1)", adds),
        _mutant(
            "equal values count as smaller",
            "uncertainty",
            "values.double()[:, None].contiguous())",
            "values.double()[:, None].contiguous() + 1)",
            normal.check_the_share_below_counts_smaller_known_values,
        ),
        _mutant("the larger density", "uncertainty", "torch.minimum(own", "torch.maximum(own", overlap),
        _mutant("kernels are too wide", "uncertainty", "** -0.2", "** 0.0", overlap),
        _mutant(
            "kernels as wide as all classes ask for",
            "uncertainty",
            "overlaps(distance_curves(pair), first)[:, 1] for pair in pairs",
            "overlaps(distance_curves(distances), classes)[:, number] for number, _ in enumerate(pairs)",
            normal.check_a_third_class_has_no_part_in_the_overlap_of_two,
        ),
    )


def _similarity():
    places, itself = (
        prototypes.check_distances_are_those_of_every_place_to_every_center,
        prototypes.check_the_distance_to_itself_is_zero_in_float32_also_far_from_zero,
    )
    return (
        _mutant("the product once", "similarity", "lengths - 2 * (centers", "lengths - (centers", places),
        _mutant(
            "the square is expanded in float32",
            "similarity",
            "points.double()[:, :, None]",
            "points[:, :, None].half().double()",
            itself,
        ),
        _mutant("directions are not of unit length", "similarity", "others / others.norm(dim=1, keepdim=True)", "others", places),
        _mutant(
            "places compete for prototypes",
            "similarity",
            "log_softmax(1)",
            "log_softmax(2)",
            prototypes.check_prototypes_that_compete_share_out_every_place,
        ),
        _mutant("lengths of points count", "similarity", 'if kind == "cosine":', 'if kind == "cosines":', places),
        _mutant("the root is forgotten", "similarity", 'found if kind == "squared" else _root(found)', "found", places),
        _mutant(
            "another logarithm",
            "similarity",
            "found + 1) / (found",
            "found + 2) / (found",
            prototypes.check_similarities_are_the_papers,
        ),
        _mutant(
            "places column by column",
            "similarity",
            "similarities.flatten(2).max(2)",
            "similarities.transpose(2, 3).flatten(2).max(2)",
            prototypes.check_the_best_place_is_counted_row_by_row,
        ),
    )


MUTANTS = (
    *_activation_boxes(),
    *_alignment(),
    *_attack(),
    *_certificate(),
    *_characteristics(),
    *_evidence(),
    *_gaussians(),
    *_hard_choice(),
    *_kernels(),
    *_mixtures(),
    *_picture_changes(),
    *_projection(),
    *_selection(),
    *_similarity(),
    *_patch_means(),
    *_uncertainty(),
)
