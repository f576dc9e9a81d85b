"""Faults to put into the engines of full gradients on purpose, and the check that must notice each."""

import test_affine_pieces
import test_full_gradients
import test_operation_tape
from engine_mutants import Mutant
from relevance_mutants import refusing_nothing

MUTANTS = (
    Mutant(
        "nobody is told of the calls",
        "operation_tape",
        "recorder.watch(call, results)",
        "None",
        test_operation_tape.check_a_watcher_is_told_of_every_call_with_its_live_tensors,
    ),
    Mutant(
        "normalization adds nothing",
        "affine_pieces",
        "return affine_layers.normalizing(call).bias",
        "return None",
        test_affine_pieces.check_an_operation_is_its_slopes_times_its_inputs_and_its_own_constant,
    ),
    Mutant(
        "what is clipped counts whole",
        "affine_pieces",
        "outputs.detach() - slopes * value.tensor",
        "outputs.detach()",
        test_affine_pieces.check_an_operation_is_its_slopes_times_its_inputs_and_its_own_constant,
    ),
    Mutant(
        "a border is not looked at",
        "affine_pieces",
        'return call.name == "pad" or not all(',
        "return not all(",
        lambda: refusing_nothing(test_affine_pieces.check_an_operation_is_its_slopes_times_its_inputs_and_its_own_constant),
    ),
    Mutant(
        "dense layers have no biases",
        "affine_pieces",
        "return affine_layers.dense(call).bias",
        "return None",
        test_affine_pieces.check_an_operation_is_its_slopes_times_its_inputs_and_its_own_constant,
    ),
    Mutant(
        "a product of two maps passes for a scaling",
        "affine_pieces",
        "return divides or _places(call) > 1",
        "return divides or _places(call) > 2",
        test_affine_pieces.check_what_bends_is_named,
    ),
    Mutant(
        "a choice between a map and a constant passes for one between maps",
        "affine_pieces",
        "return any(isinstance(part, Tensor) for part in",
        "return any(part is None for part in",
        test_affine_pieces.check_what_bends_is_named,
    ),
    Mutant(
        "statistics of the batch pass for those of training",
        "affine_pieces",
        'return bool(argument(call, 5, "training", False)) or',
        "return",
        test_affine_pieces.check_what_bends_is_named,
    ),
    Mutant(
        "operations beside the way are named",
        "affine_pieces",
        "if wanted.intersection(call.outputs):",
        "if True:",
        test_affine_pieces.check_only_what_is_on_the_way_is_named_and_once,
    ),
    Mutant(
        "biases of nothing are kept",
        "affine_pieces",
        "constant is not None and bool(constant.any())",
        "constant is not None",
        test_affine_pieces.check_what_adds_nothing_has_no_constant,
    ),
    Mutant(
        "the pixels are left out",
        "full_gradients",
        "gathered.pixels += gradient.double() * inputs",
        "gathered.pixels += 0 * gradient.double()",
        test_full_gradients.check_each_bias_has_its_product_with_its_gradient,
    ),
    Mutant(
        "biases without their gradient",
        "full_gradients",
        "take(gradient.detach() * constant)",
        "take(gradient.detach().sign() * constant)",
        test_full_gradients.check_each_bias_has_its_product_with_its_gradient,
    ),
    Mutant(
        "channels are averaged",
        "full_gradients",
        "else products).sum(1, keepdim=True).double()",
        "else products).mean(1, keepdim=True).double()",
        test_full_gradients.check_pixels_and_biases_sum_to_the_explained_number,
    ),
    Mutant(
        "cells are enlarged without keeping their sum",
        "full_gradients",
        "enlarged if self._absolute else spread_over_input",
        "enlarged",
        test_full_gradients.check_a_bias_lies_where_its_gradient_does,
    ),
    Mutant(
        "of two maps of one size the second alone",
        "full_gradients",
        "self._maps[size] + maps if size in self._maps else maps",
        "maps",
        test_full_gradients.check_pixels_and_biases_sum_to_the_explained_number,
    ),
    Mutant(
        "biases without a place are left out",
        "full_gradients",
        "(self._spread / (self._size[0] * self._size[1]))",
        "(0 * self._spread)",
        test_full_gradients.check_pixels_and_biases_sum_to_the_explained_number,
    ),
    Mutant(
        "channels are always the second axis",
        "full_gradients",
        'channels=1 if axes == "channels first" else 3',
        "channels=1",
        lambda: refusing_nothing(test_full_gradients.check_channels_last_are_read_as_such),
    ),
    Mutant(
        "sequences are divided among the inputs by their first axis",
        "full_gradients",
        "if gathered.mixed and len(inputs) > 1:",
        "if False:",
        lambda: refusing_nothing(test_full_gradients.check_no_input_sees_its_neighbors),
    ),
    Mutant(
        "the shift of the pixels is a bias like others",
        "full_gradients",
        "known and call.name in _MOVED and",
        "known and call.name in () and",
        test_full_gradients.check_what_normalizes_the_pixels_counts_with_them,
    ),
    Mutant(
        "absolute values are not scaled layer by layer",
        "full_gradients",
        "return (sizes - least) / torch.where(most > least, most - least, 1)",
        "return sizes",
        test_full_gradients.check_the_absolute_picture_is_the_papers,
    ),
    Mutant(
        "nothing bends",
        "full_gradients",
        "bent(tape), gradient is None",
        "(), gradient is None",
        test_full_gradients.check_what_bends_is_told_and_misses_the_score,
    ),
)
