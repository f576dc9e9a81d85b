"""Faults to put into the engines of layer-wise relevance on purpose, and the check that must notice each."""

import test_affine_layers
import test_operation_tape
import test_relevance
import test_relevance_rules
import test_relevance_shares
import test_relevance_walk
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "constants of activations are laid on biases",
        "relevance",
        "if step.name in ACTIVATIONS",
        "if step.name in set()",
        test_relevance.check_constants_of_operations_are_told_by_name_for_every_input,
    ),
    Mutant(
        "constants of the first batch for all",
        "relevance",
        "for part in parts]) for name in names",
        "for part in parts[:1]]) for name in names",
        test_relevance.check_constants_of_operations_are_told_by_name_for_every_input,
    ),
    Mutant(
        "numbers of before are not kept when overwritten",
        "operation_tape",
        "recorder.keep_all(tensor)",
        "tensor.data_ptr()",
        lambda: refusing_nothing(test_operation_tape.check_every_operation_is_written_down_with_its_numbers_of_the_moment),
    ),
    Mutant(
        "a tensor's dtype is taken for its numbers",
        "operation_tape",
        "tensors[:1] if name in BY_EXAMPLE else tensors",
        "tensors",
        test_operation_tape.check_shape_and_dtype_of_another_tensor_are_no_dependence,
    ),
    Mutant(
        "code out of sight counts as a constant",
        "operation_tape",
        "if any(recorder.is_unseen(tensor) for tensor in tensors):",
        "if False:",
        test_operation_tape.check_code_out_of_sight_is_refused,
    ),
    Mutant(
        "views of what was overwritten are used",
        "operation_tape",
        "return _overwritten() if any(recorder.is_overwritten(tensor) for tensor in tensors) else None",
        "return None",
        test_operation_tape.check_what_is_overwritten_through_a_view_is_refused_or_kept,
    ),
    Mutant(
        "users of a value are not counted",
        "operation_tape",
        "value.consumers += 1",
        "value.consumers += 0",
        test_operation_tape.check_every_operation_is_written_down_with_its_numbers_of_the_moment,
    ),
    Mutant(
        "the stabilizer of the whole batch",
        "relevance_rules",
        "sums.abs().mean(tuple(range(1, sums.ndim)), keepdim=True)",
        "sums.abs().mean()",
        test_relevance_rules.check_the_stabilizer_is_a_share_of_the_mean_size_of_the_same_input,
    ),
    Mutant(
        "a stabilizer of one sign",
        "relevance_rules",
        "torch.copysign(epsilon * scale, sums)",
        "epsilon * scale",
        test_relevance_rules.check_epsilon_is_its_definition,
    ),
    Mutant(
        "what falls to the bias is not absorbed",
        "relevance_rules",
        "flow.outputs if layer.bias is None else flow.outputs - layer.bias",
        "flow.outputs",
        test_relevance_rules.check_epsilon_is_its_definition,
    ),
    Mutant(
        "z-plus that gives negative inputs the weights of positive ones",
        "relevance_rules",
        "(inputs.clamp_max(0), negative)]",
        "(inputs.clamp_max(0), positive)]",
        test_relevance_rules.check_plus_is_its_definition,
    ),
    Mutant(
        "z-plus that forgets negative inputs",
        "relevance_rules",
        "halves if bool(halves[1][0].any()) else halves[:1]",
        "halves[:1]",
        test_relevance_rules.check_plus_is_its_definition,
    ),
    Mutant(
        "outputs below zero shared as those above",
        "relevance_rules",
        "(~upper, weights[::-1], biases[1])",
        "(~upper, weights, biases[1])",
        test_relevance_rules.check_gamma_is_its_definition,
    ),
    Mutant(
        "gamma without the bias's part",
        "relevance_rules",
        "(bias + gamma * bias.clamp_min(0), ",
        "(bias, ",
        lambda: test_relevance_rules.check_gamma_is_its_definition("convolution", 1),
    ),
    Mutant(
        "a box whose bounds are mistaken for each other",
        "relevance_rules",
        "(bounds[0], positive, -1), (bounds[1], negative, -1)",
        "(bounds[1], positive, -1), (bounds[0], negative, -1)",
        test_relevance_rules.check_box_is_its_definition,
    ),
    Mutant(
        "even shares by weight",
        "relevance_rules",
        "torch.ones_like(flow.inputs), torch.ones_like(layer.weight)",
        "torch.ones_like(flow.inputs), layer.weight",
        test_relevance_rules.check_flat_is_its_definition,
    ),
    Mutant(
        "every convolution is taken to have stride 1 on the way back",
        "affine_layers",
        "[argument(call, place, name, default) for",
        "[argument(call, place, name, default) if name != 'stride' else 1 for",
        lambda: refusing_nothing(test_affine_layers.check_convolutions_are_torchs),
    ),
    Mutant(
        "variance as standard deviation",
        "affine_layers",
        "(variance + epsilon).rsqrt()",
        "1 / (variance + epsilon)",
        test_affine_layers.check_batch_normalization_is_torchs,
    ),
    Mutant(
        "the arguments of the one normalization read as those of the other",
        "affine_layers",
        "if call.function is F.batch_norm else _BUILTIN_ORDER",
        "if call.name else _BUILTIN_ORDER",
        test_affine_layers.check_batch_normalization_is_torchs,
    ),
    Mutant(
        "a folded bias that is not scaled",
        "affine_layers",
        "shift + layer.bias * following.scale.reshape(shape)",
        "shift + layer.bias",
        test_affine_layers.check_folding_gives_equal_outputs,
    ),
    Mutant(
        "a product taken from the wrong side",
        "affine_layers",
        "torch.matmul(weight, inputs)",
        "torch.matmul(inputs.mT, weight.mT)",
        test_affine_layers.check_products_are_torchs,
    ),
    Mutant(
        "the border of a padded map is given away",
        "relevance_shares",
        "torch.where(inside == outside, relevance, 0.0)",
        "torch.where(inside == outside, 0.0, 0.0)",
        test_relevance_shares.check_a_constant_border_keeps_its_own,
    ),
    Mutant(
        "an activation's constant hands its share on",
        "relevance_shares",
        "share = (outputs - start) * quotient",
        "share = outputs * quotient",
        test_relevance_shares.check_activations_hand_on_all_unless_they_are_not_zero_at_zero,
    ),
    Mutant(
        "the gate instead of the map",
        "relevance_shares",
        "return second if gates[0] else first",
        "return first if gates[0] else second",
        test_relevance_shares.check_a_map_gets_everything_and_its_gate_nothing,
    ),
    Mutant(
        "two maps multiplied as if one were a gate",
        "relevance_shares",
        "if gates[0] == gates[1]:\n        return None",
        "if gates[0] == gates[1]:\n        return first",
        test_relevance_shares.check_what_has_no_rule_is_objected_to,
    ),
    Mutant(
        "dropout that draws is let through",
        "relevance_shares",
        'return "draws at random" if argument(call, 2',
        'return "" if argument(call, 2',
        test_relevance_shares.check_what_has_no_rule_is_objected_to,
    ),
    Mutant(
        "the terms of a sum change places",
        "relevance_shares",
        "share.relevance.unbind(-1), strict=True)",
        "share.relevance.flip(-1).unbind(-1), strict=True)",
        test_relevance_shares.check_a_sum_is_split_in_proportion_to_its_terms,
    ),
    Mutant(
        "a normalization is never folded",
        "relevance_walk",
        "value.consumers == 1 and",
        "value.consumers == 0 and",
        test_relevance_walk.check_a_normalization_is_folded_into_the_layer_before_it,
    ),
    Mutant(
        "branches overwrite each other",
        "relevance_walk",
        "found[value] + part if value in found else part",
        "part",
        test_relevance_walk.check_plain_rules_are_input_times_gradient_with_gates_held,
    ),
    Mutant(
        "bounds that a negative factor turns around",
        "relevance_walk",
        "torch.minimum(low, high), torch.maximum(low, high)",
        "low, high",
        test_relevance_walk.check_pixels_are_bounded_through_the_normalization,
    ),
    Mutant(
        "the normalization of pixels takes its share",
        "relevance_walk",
        "(call.name in SCALINGS and call.outputs[0] in self._pixels)",
        "False",
        test_relevance_walk.check_the_normalization_of_pixels_takes_nothing,
    ),
    Mutant(
        "the first layer's rule is forgotten",
        "relevance_walk",
        "if self._rules.first is not None and value in self._bounds:",
        "if False:",
        test_relevance_walk.check_the_first_layer_has_its_own_rule_and_no_other_has,
    ),
    Mutant(
        "the books leave out what was absorbed",
        "relevance_walk",
        "nothing if given.absorbed is None else self._of(given.absorbed)[0]",
        "nothing",
        test_relevance_walk.check_the_books_hold_with_biases,
    ),
    Mutant(
        "the slope alone is handed back",
        "relevance",
        "return slopes * leaf.detach()",
        "return slopes",
        test_relevance.check_initial_relevance_sums_to_the_explained_number,
    ),
    Mutant(
        "z-plus in dense layers",
        "relevance",
        "return Rules(plus, even)\n",
        "return Rules(plus, plus)\n",
        test_relevance.check_each_composite_gives_its_rules_to_its_layers,
    ),
    Mutant(
        "a gamma of its own choice",
        "relevance",
        "epsilon=epsilon, gamma=gamma), even",
        "epsilon=epsilon, gamma=0.25), even",
        test_relevance.check_each_composite_gives_its_rules_to_its_layers,
    ),
    Mutant(
        "targets of the first batch for all",
        "relevance",
        "target.take(rows)",
        "target.take(slice(0, rows.stop - rows.start))",
        test_relevance.check_batches_are_taken_apart_and_put_together,
    ),
    Mutant(
        "growth over the score alone",
        "relevance",
        "next((step.mass for step in found.steps if step.name in CONVOLUTIONS | DENSE), start)",
        "start",
        test_relevance.check_growth_is_over_the_mass_below_the_last_layer,
    ),
    Mutant(
        "gradients that are asked for and not counted",
        "relevance",
        "count_gradient_calls(len(inputs))\n\n    def",
        "count_gradient_calls(0)\n\n    def",
        test_relevance.check_the_model_is_asked_once_for_each_input_with_a_graph,
    ),
)


def refusing_nothing(check):
    """A check of clean networks: an error of any kind is a failure of the engine."""
    try:
        check()
    except AssertionError:
        raise
    except Exception as error:
        raise AssertionError(str(error)) from error
