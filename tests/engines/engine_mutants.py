"""Faults to put into the engines on purpose, one at a time, and the check that must notice each."""

from collections.abc import Callable
from typing import NamedTuple

import test_activation_maps
import test_baselines
import test_filters
import test_neighbors
import test_path_integral
import test_quadrature
import test_ranking
import test_reinitialization
import test_removal_curves
import test_smoothing
import test_streaming
import test_windows


class Mutant(NamedTuple):
    """`engine` with the text `before` replaced by `after`; `check()` must fail then."""

    name: str
    engine: str
    before: str
    after: str
    check: Callable[[], None]


LAYOUT = ((5, 7), (3, 2), (2, 2))

MUTANTS = (
    Mutant(
        "channel weights are left out",
        "activation_maps",
        "(activations * weights).sum(1",
        "activations.sum(1",
        test_activation_maps.check_channels_are_summed_with_their_weights,
    ),
    Mutant(
        "channels are averaged",
        "activation_maps",
        "weights).sum(1",
        "weights).mean(1",
        test_activation_maps.check_channels_are_summed_with_their_weights,
    ),
    Mutant(
        "enlargement without each pixel's share of the area",
        "activation_maps",
        " * (cells / pixels)",
        "",
        test_activation_maps.check_sums_hold_at_whole_multiples,
    ),
    Mutant(
        "enlargement with aligned corners",
        "activation_maps",
        "align_corners=False",
        "align_corners=True",
        test_activation_maps.check_sums_hold_at_whole_multiples,
    ),
    Mutant(
        "the mean of all channels together",
        "baselines",
        "inputs.mean((2, 3), keepdim",
        "inputs.mean((1, 2, 3), keepdim",
        test_baselines.check_names_are_what_they_say,
    ),
    Mutant(
        "noise of its own for each input",
        "baselines",
        "torch.rand(inputs.shape[1:], ",
        "torch.rand(inputs.shape, ",
        test_baselines.check_noise_is_one_draw_for_every_input_in_0_to_1,
    ),
    Mutant(
        "blur with black around the picture",
        "filters",
        'padded = F.pad(images, (left, right, left, right), mode="replicate")',
        "padded = F.pad(images, (left, right, left, right))",
        test_filters.check_blur_keeps_a_constant_image,
    ),
    Mutant(
        "a kernel that is not normalized",
        "filters",
        "return weights / weights.sum()",
        "return weights",
        test_filters.check_blur_keeps_a_constant_image,
    ),
    Mutant(
        "a kernel of half the width",
        "filters",
        "(2 * sigma**2)",
        "(sigma**2)",
        lambda: test_filters.check_blur_is_scipys(0, 8, 9),
    ),
    Mutant(
        "edges in one direction only",
        "filters",
        "torch.hypot(horizontal, vertical)",
        "horizontal.abs()",
        lambda: test_filters.check_sobel_is_scipys(0),
    ),
    Mutant(
        "a bump off the middle",
        "filters",
        "- (size - 1) / 2",
        "- size / 2",
        test_filters.check_the_bump_is_highest_in_the_middle_and_mirrors,
    ),
    Mutant(
        "farthest neighbors first",
        "neighbors",
        "argsort(stable=True)",
        "argsort(stable=True, descending=True)",
        lambda: test_neighbors.check_neighbors_are_those_of_brute_force(0, 3),
    ),
    Mutant(
        "distances by the fast expansion of the square",
        "neighbors",
        "(candidates - point).norm(dim=1)",
        "(candidates.square().sum(1) - 2 * candidates @ point + point.square().sum()).float().abs().sqrt()",
        test_neighbors.check_small_distances_far_from_zero_are_kept,
    ),
    Mutant(
        "nodes on the line extended beyond the input",
        "path_integral",
        "torch.lerp(path.baseline[part.inputs], path.inputs[part.inputs], share)",
        "path.baseline[part.inputs] + path.inputs[part.inputs] * share",
        lambda: test_path_integral.check_fixed_steps_are_the_definition(0, "midpoint", 3),
    ),
    Mutant(
        "contributions that forget the baseline",
        "path_integral",
        "(path.inputs.double() - path.baseline.double())",
        "path.inputs.double()",
        lambda: test_path_integral.check_fixed_steps_are_the_definition(0, "gauss_legendre", 3),
    ),
    Mutant(
        "refinement that does not halve the known half",
        "path_integral",
        "trapezoid[open_rows] = (trapezoid[open_rows] + added) / 2",
        "trapezoid[open_rows] = added",
        test_path_integral.check_refinement_is_the_trapezoid_rule_on_the_final_cells_of_each_input,
    ),
    Mutant(
        "refinement whose cells are not halved",
        "path_integral",
        "cells *= 2",
        "cells *= 1",
        test_path_integral.check_refinement_is_the_trapezoid_rule_on_the_final_cells_of_each_input,
    ),
    Mutant(
        "refinement of the inputs that are done already",
        "path_integral",
        "(gap.abs() > completeness_tolerance(change, scale)).nonzero()",
        "(gap.abs() > completeness_tolerance(change)).any().expand(len(gap)).nonzero()",
        test_path_integral.check_refinement_is_the_trapezoid_rule_on_the_final_cells_of_each_input,
    ),
    Mutant(
        "gradients that are spent and not told",
        "path_integral",
        "spent[open_rows] += more",
        "spent[open_rows] += cells",
        test_path_integral.check_gradients_spent_are_those_counted,
    ),
    Mutant(
        "left ends instead of middles",
        "quadrature",
        "+ 0.5) / steps",
        ") / steps",
        test_quadrature.check_errors_on_a_square_are_the_textbook_ones,
    ),
    Mutant(
        "trapezoid ends at full weight",
        "quadrature",
        "weights[0] = weights[-1] = 0.5 / cells",
        "weights[0] = weights[-1] = 1 / cells",
        test_quadrature.check_weights_sum_to_one,
    ),
    Mutant(
        "Gauss-Legendre weights of the interval from -1 to 1",
        "quadrature",
        "torch.from_numpy(weights / 2)",
        "torch.from_numpy(weights)",
        test_quadrature.check_weights_sum_to_one,
    ),
    Mutant(
        "Gauss-Legendre nodes in another place",
        "quadrature",
        "torch.from_numpy((nodes + 1) / 2)",
        "torch.linspace(0.1, 0.9, steps, dtype=torch.float64)",
        test_quadrature.check_gauss_legendre_is_exact_to_degree_2n_minus_1_and_no_further,
    ),
    Mutant(
        "the least value goes first",
        "ranking",
        "descending=True",
        "descending=False",
        test_ranking.check_the_largest_value_goes_first,
    ),
    Mutant(
        "ties in the order of the features",
        "ranking",
        "torch.randperm(values.shape[1], generator=generator",
        "torch.arange(values.shape[1]",
        test_ranking.check_ties_are_broken_at_random_but_alike_for_every_input,
    ),
    Mutant(
        "ranks without averaging ties",
        "ranking",
        "middles.double().repeat_interleave(counts)",
        "torch.arange(values.numel(), dtype=torch.float64)",
        lambda: test_ranking.check_ranks_share_their_mean_where_values_are_tied([1.0, 0.5, 1.0, 2.0]),
    ),
    Mutant(
        "correlation of the values instead of their ranks",
        "ranking",
        "ranks = average_ranks(vector.cpu())",
        "ranks = vector.flatten().double()",
        lambda: test_ranking.check_spearman_is_scipys([0.0, 1.0, 9.0], [3.0, 2.0, 4.0]),
    ),
    Mutant(
        "zero where the correlation is undefined",
        "ranking",
        "return found.clamp(-1, 1)",
        "return found.nan_to_num(0).clamp(-1, 1)",
        lambda: test_ranking.check_spearman_is_scipys([1.0, 1.0, 1.0], [3.0, 2.0, 4.0]),
    ),
    Mutant(
        "buffers are forgotten",
        "reinitialization",
        "(*part.parameters(), *part.buffers())}",
        "part.parameters()}",
        test_reinitialization.check_every_byte_comes_back,
    ),
    Mutant(
        "parameters are not given back",
        "reinitialization",
        "tensor.copy_(copy)",
        "copy.copy_(tensor)",
        test_reinitialization.check_every_byte_comes_back,
    ),
    Mutant(
        "the global generator decides",
        "reinitialization",
        "torch.default_generator.manual_seed(seed)",
        "torch.default_generator.get_state()",
        test_reinitialization.check_the_seed_alone_decides,
    ),
    Mutant(
        "the global generator is moved",
        "reinitialization",
        "torch.random.fork_rng(devices=devices), ",
        "",
        test_reinitialization.check_the_global_generator_is_not_moved,
    ),
    Mutant(
        "the first layer alone is drawn anew",
        "reinitialization",
        "    for part in parts:\n            cast(",
        "    for part in parts[:1]:\n            cast(",
        test_reinitialization.check_every_layer_gets_fresh_weights,
    ),
    Mutant(
        "the unperturbed point is left out",
        "removal_curves",
        "torch.linspace(0, features",
        "torch.linspace(1, features",
        test_removal_curves.check_the_area_of_an_additive_model_is_the_trapezoid_of_cumulative_sums,
    ),
    Mutant(
        "the last feature is never replaced",
        "removal_curves",
        "gone = ranks[part.inputs] < counts",
        "gone = ranks[part.inputs] + 1 < counts",
        test_removal_curves.check_the_first_point_is_the_input_and_the_last_is_the_substitute,
    ),
    Mutant(
        "features are replaced by their number instead of their rank",
        "removal_curves",
        ".scatter_(1, order, torch.arange(order.shape[1], device=order.device).expand_as(order))",
        ".copy_(order)",
        test_removal_curves.check_curves_replace_features_in_order_one_count_after_the_other,
    ),
    Mutant(
        "the area over steps instead of shares",
        "removal_curves",
        "counts.double() / counts[-1]",
        "counts.double()",
        test_removal_curves.check_areas_of_known_curves,
    ),
    Mutant(
        "the mean of the points instead of the area",
        "removal_curves",
        "torch.trapezoid(curves.double(), share.to(curves.device))",
        "curves.double().mean(1)",
        test_removal_curves.check_areas_of_known_curves,
    ),
    Mutant(
        "one range for the whole batch",
        "smoothing",
        "inputs.flatten(1).aminmax(dim=1)",
        "inputs.flatten().expand(len(inputs), -1).aminmax(dim=1)",
        test_smoothing.check_input_range_is_of_each_input_alone,
    ),
    Mutant(
        "the sum of noisy gradients",
        "smoothing",
        "1 / len(noise)",
        "1",
        lambda: test_smoothing.check_smoothed_gradients_are_the_plain_mean(0),
    ),
    Mutant(
        "noise without its scale",
        "smoothing",
        "torch.addcmul(inputs[part.inputs], scale[part.inputs], noise[part.versions])",
        "inputs[part.inputs] + noise[part.versions]",
        lambda: test_smoothing.check_smoothed_gradients_are_the_plain_mean(0),
    ),
    Mutant(
        "the last batch is left out",
        "streaming",
        "range(0, inputs * versions, size)",
        "range(0, inputs * versions - size, size)",
        lambda: test_streaming.check_pairs_cover_everything_once_in_order(2, 5, 3),
    ),
    Mutant(
        "inputs and versions are mistaken for each other",
        "streaming",
        "Pairs(numbers // versions, numbers % versions)",
        "Pairs(numbers % inputs, numbers // inputs)",
        lambda: test_streaming.check_pairs_cover_everything_once_in_order(2, 5, 3),
    ),
    Mutant(
        "weights that start anew with each batch",
        "streaming",
        "_add_weighted(total, part, found.values, weights[part.versions])",
        "_add_weighted(total, part, found.values, weights[: len(part.versions)])",
        lambda: test_streaming.check_summed_gradients_are_the_weighted_sum_of_single_ones(0, 3),
    ),
    Mutant(
        "a batch replaces what the one before it has summed",
        "streaming",
        "total[rows] += (",
        "total[rows] = (",
        lambda: test_streaming.check_summed_gradients_are_the_weighted_sum_of_single_ones(0, 3),
    ),
    Mutant(
        "windows moved by one",
        "windows",
        "Window(top, min(top + side[0], height), left,",
        "Window(top + 1, min(top + 1 + side[0], height), left,",
        lambda: test_windows.check_windows_cover_every_position_and_are_cut_at_the_edge(LAYOUT),
    ),
    Mutant(
        "no window at the edge that would be cut",
        "windows",
        "ceil((extent - window) / stride)",
        "((extent - window) // stride)",
        lambda: test_windows.check_windows_cover_every_position_and_are_cut_at_the_edge(LAYOUT),
    ),
    Mutant(
        "a window's drop for each of its pixels",
        "windows",
        "(drops[:, number] / window.area)",
        "drops[:, number]",
        lambda: test_windows.check_drops_are_shared_evenly_and_averaged_over_the_windows_of_a_pixel(LAYOUT, 0),
    ),
    Mutant(
        "what the first channel alone shows",
        "windows",
        "(inputs != baseline).any(1)",
        "(inputs != baseline)[:, 0]",
        test_windows.check_a_window_over_what_equals_the_baseline_is_unchanging,
    ),
    Mutant(
        "overlapping windows counted twice",
        "windows",
        "return total / covered",
        "return total",
        lambda: test_windows.check_drops_are_shared_evenly_and_averaged_over_the_windows_of_a_pixel(LAYOUT, 0),
    ),
    Mutant(
        "the first channel alone is hidden",
        "windows",
        "one[:, rows, columns] = baseline[:, rows, columns]",
        "one[:1, rows, columns] = baseline[:1, rows, columns]",
        test_windows.check_scores_are_those_of_inputs_with_one_window_replaced,
    ),
    Mutant(
        "the baseline of the first input for all",
        "windows",
        "baseline[index], windows[version]",
        "baseline[0], windows[version]",
        test_windows.check_scores_are_those_of_inputs_with_one_window_replaced,
    ),
)
