"""Faults for the engines that read and rewrite a module's graph."""

import test_module_forms
import test_module_graph
import test_repairs
import test_slope_check
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "a view with tensors of its own",
        "module_graph",
        "return deepcopy(module, dict(shared))",
        "return deepcopy(module)",
        test_module_graph.check_a_view_computes_the_same_and_shares_every_tensor,
    ),
    Mutant(
        "a view of the module itself",
        "module_graph",
        "return deepcopy(module, dict(shared))",
        "return module",
        test_module_graph.check_a_view_computes_the_same_and_shares_every_tensor,
    ),
    Mutant(
        "a view in training mode",
        "module_graph",
        "part.training = False",
        "part.training = True",
        test_module_graph.check_a_view_computes_the_same_and_shares_every_tensor,
    ),
    Mutant(
        "nothing marked as without gradients",
        "module_graph",
        "if not torch.is_grad_enabled():",
        "if False:",
        test_module_graph.check_operations_without_gradients_are_marked,
    ),
    Mutant(
        "the line of torch instead of the model's",
        "module_graph",
        "if not frame.filename.startswith((_TORCH, __file__))",
        "if frame.filename.startswith(_TORCH)",
        test_module_graph.check_a_refusal_names_the_line,
    ),
    Mutant(
        "nodes instead of modules in names",
        "module_graph",
        "self.target or self.node",
        "self.node or self.target",
        test_module_graph.check_operations_say_what_they_compute_and_where,
    ),
    Mutant(
        "what is said by name is not heard",
        "module_forms",
        "**node.kwargs}",
        "}",
        lambda: test_module_forms.check_a_form_computes_what_its_function_does("F.leaky_relu"),
    ),
    Mutant(
        "one activation for another",
        "module_forms",
        'Form(nn.SiLU, ("inplace",))',
        'Form(nn.Mish, ("inplace",))',
        lambda: test_module_forms.check_a_form_computes_what_its_function_does("F.silu"),
    ),
    Mutant(
        "dropout that is on taken for a module that is off",
        "module_forms",
        'given.get("training")',
        'given.get("never")',
        test_module_forms.check_dropout_that_is_on_has_no_form,
    ),
    Mutant(
        "a dtype taken for the level of the stack",
        "module_forms",
        'if name != "_stacklevel"',
        'if name != "anything"',
        test_module_forms.check_softmax_in_another_dtype_has_no_form,
    ),
    Mutant(
        "reused modules stay shared",
        "repairs",
        "if calls[target] > 1:",
        "if calls[target] > 9:",
        test_repairs.check_each_call_has_its_own_instance,
    ),
    Mutant(
        "old values come back beside a skip",
        "repairs",
        'if node.op == "call_module" and str(node.target) in parts:\n            _read_result(node)',
        'if node.op == "call_module" and str(node.target) in parts:\n            pass',
        test_repairs.check_nothing_works_in_place,
    ),
    Mutant(
        "modules stay in place",
        "repairs",
        "part.inplace = False",
        "part.inplace = True",
        test_repairs.check_nothing_works_in_place,
    ),
    Mutant(
        "gradients are not compared",
        "repairs",
        "_agree(expected.gradient, got.gradient, GRADIENTS_AGREE)",
        "True",
        lambda: test_repairs.check_refused("without gradients"),
    ),
    Mutant(
        "scores are not compared",
        "repairs",
        "if not _agree(expected.scores, got.scores, SCORES_AGREE):\n            raise",
        "if False:\n            raise",
        lambda: test_repairs.check_refused("random"),
    ),
    Mutant(
        "a view is remembered whatever becomes of its module",
        "repairs",
        "if known is None or known[0] != structure:",
        "if known is None:",
        test_repairs.check_a_changed_module_is_repaired_anew,
    ),
    Mutant(
        "the difference over one step taken for that over two",
        "slope_check",
        "/ (2 * step))",
        "/ step)",
        test_slope_check.check_a_true_gradient_is_the_slope,
    ),
    Mutant(
        "the smallest error counts",
        "slope_check",
        "return max(known) if known else None",
        "return min(0.0, *known) if known else None",
        test_slope_check.check_a_gradient_that_is_cut_or_defined_anew_is_not,
    ),
    Mutant(
        "a step of its rounding's size",
        "slope_check",
        "STEADY * largest",
        "1e9",
        test_slope_check.check_what_cannot_be_told_is_not_told,
    ),
    Mutant(
        "single precision",
        "slope_check",
        "deepcopy(model.model).double()",
        "deepcopy(model.model).float()",
        test_slope_check.check_a_true_gradient_is_the_slope,
    ),
)
