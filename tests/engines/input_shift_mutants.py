"""Faults for the engine that lets the first layer take a shift of the inputs back."""

import test_input_shift
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "the bias goes along with the shift",
        "input_shift",
        "added = -_response(",
        "added = _response(",
        test_input_shift.check_a_linear_layer_takes_a_shift_back,
    ),
    Mutant(
        "all columns move alike",
        "input_shift",
        "    return difference[tuple(",
        "    difference = difference.mean(kept, keepdim=True).expand_as(difference)\n    return difference[tuple(",
        test_input_shift.check_columns_may_move_differently,
    ),
    Mutant(
        "a border of zeros stays one of zeros",
        "input_shift",
        "        return cast(nn.Module, twin)\n    border",
        "        return cast(nn.Module, twin)\n    return twin\n    border",
        test_input_shift.check_a_border_of_zeros_becomes_one_of_the_shift,
    ),
    Mutant(
        "padded twice",
        "input_shift",
        "    twin.padding = (0,) * len(layer.kernel_size)\n",
        "",
        test_input_shift.check_a_border_of_zeros_becomes_one_of_the_shift,
    ),
    Mutant(
        "one constant for the whole border",
        "input_shift",
        "if all(first == second for first, second in pairwise(values)):",
        "if values:",
        test_input_shift.check_channels_may_move_differently,
    ),
    Mutant(
        "groups see the first channels",
        "input_shift",
        "shift.view(layer.groups, 1, -1)",
        "shift.view(layer.groups, 1, -1)[:1]",
        test_input_shift.check_groups_see_their_own_channels,
    ),
    Mutant(
        "reflected borders are padded by the shift",
        "input_shift",
        'or layer.padding_mode != "zeros"',
        "",
        test_input_shift.check_reflected_borders_move_by_themselves,
    ),
    Mutant(
        "pads keep their constant",
        "input_shift",
        "pad.value + shift_of(pad, given, moved.pads[name]).to(given)",
        "pad.value + 0 * shift_of(pad, given, moved.pads[name]).to(given)",
        test_input_shift.check_pads_before_the_layer_move_along,
    ),
    Mutant(
        "the constant of a pad is forgotten",
        "input_shift",
        "pad.value + shift_of(",
        "shift_of(",
        test_input_shift.check_pads_before_the_layer_move_along,
    ),
    Mutant(
        "later pads move too",
        "input_shift",
        "self._answered = self._answered or name in self.layers",
        "self._answered = False",
        test_input_shift.check_later_pads_and_layers_stay_as_they_are,
    ),
    Mutant(
        "seen in the corner",
        "input_shift",
        "else side // 2 for",
        "else 0 for",
        test_input_shift.check_pads_before_the_layer_move_along,
    ),
    Mutant(
        "containers are shared",
        "input_shift",
        "view.__dict__[name] = value.copy()",
        "view.__dict__[name] = value",
        test_input_shift.check_the_module_keeps_its_parts_weights_and_hooks,
    ),
    Mutant(
        "the bias is written into the module",
        "input_shift",
        "twin: Any = _view(layer)",
        "twin: Any = layer",
        test_input_shift.check_a_layer_without_bias_gets_one_on_the_view_only,
    ),
)
