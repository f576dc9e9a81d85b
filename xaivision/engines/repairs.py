"""A module in the form that methods with hooks need: activations as modules, each call its own, nothing in place.

The module itself stays as it is: repairs are made on a view of its graph that shares its parameters, and count only where
the view gives the same scores and the same gradients.
"""

from collections.abc import Callable, Iterator
from copy import copy, deepcopy
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, fx, nn

from xaivision.core.errors import CapabilityError
from xaivision.core.locks import lock_of
from xaivision.core.metering import count_gradient_calls
from xaivision.core.modes import evaluating
from xaivision.core.structure import module_structure
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.module_forms import base_name, module_for, told
from xaivision.engines.module_graph import operations, traced

SCORES_AGREE = 1e-6
# Gradients of a tensor that several branches read are summed in another order on the view.
GRADIENTS_AGREE = 1e-5
MOST_PROVEN = 2


@dataclass(frozen=True, eq=False)
class Repaired:
    """`module`: a view that shares the parameters and computes the same. `repairs`: what differs, in words.

    `exact`: the scores were the same to the last bit when that was proven.
    """

    module: fx.GraphModule
    repairs: tuple[str, ...]
    exact: bool = False


@dataclass(frozen=True, eq=False)
class RepairedClassifier:
    """The same classifier over the repaired view, and what was repaired, in words; `exact` as in `Repaired`."""

    model: TorchClassifier
    repairs: tuple[str, ...]
    exact: bool


def repaired(module: nn.Module, sample: Tensor) -> Repaired:
    """A view of the module on which each activation and pooling is a module that is called once and not in place.

    `sample` (B, *S), as the module takes it: two of its inputs prove that scores and gradients are the same. The view is in
    evaluation mode, remembered as long as the module lives unchanged, and not the caller's own: give back what is hooked.

    Raises: CapabilityError, where the module has no graph, or an operation cannot be repaired; it names the operation.
    """
    return _remembered(module, lambda: sample[:MOST_PROVEN])


def repaired_classifier(model: TorchClassifier, inputs: Tensor) -> RepairedClassifier:
    """The classifier with its module repaired; `inputs` (B, *S) as the classifier takes them.

    Raises: CapabilityError, as `repaired`.
    """
    with model.held():
        found = _remembered(model.model, lambda: _seen_by_module(model, inputs[:MOST_PROVEN]))
        view = copy(model)
        view.model = found.module
        view._lock = lock_of(found.module)
        return RepairedClassifier(view, found.repairs, found.exact)


def _remembered(module: nn.Module, sample: Callable[[], Tensor]) -> Repaired:
    """The view, made and proven by the sample where the module has none or has changed."""
    with lock_of(module).held():
        structure = module_structure(module, closely=True)
        known = _known.get(module)
        if known is None or known[0] != structure:
            known = (structure, _proven(module, _repaired(traced(module)), sample()))
            _known[module] = known
        return known[1]


# Entries die with their module: what is kept shares its tensors, not the module itself.
_known: "WeakKeyDictionary[nn.Module, tuple[object, Repaired]]" = WeakKeyDictionary()


def _repaired(view: fx.GraphModule) -> Repaired:
    repairs = (*_moved_out_of_place(view), *_made_modules(view), *_unshared(view))
    view.graph.lint()
    view.recompile()
    return Repaired(view, repairs)


def _moved_out_of_place(view: fx.GraphModule) -> Iterator[str]:
    parts = {name: part for name, part in view.named_modules() if getattr(part, "inplace", False)}
    for node in view.graph.nodes:
        if node.op == "call_module" and str(node.target) in parts:
            _read_result(node)
        elif node.op in ("call_function", "call_method") and _works_in_place(node):
            _read_result(node)
            if module_for(node) is None:
                _leave_place(node)
            yield f"`{base_name(node)}` at `{node.name}` no longer works in place"
    for name, part in parts.items():
        part.inplace = False
        yield f"`{name}` no longer works in place"


def _made_modules(view: fx.GraphModule) -> Iterator[str]:
    for node in view.graph.nodes:
        form = module_for(node) if node.op in ("call_function", "call_method") else None
        if form is not None:
            form.training = False
            yield f"the function `{base_name(node)}` at `{node.name}` is a module {type(form).__name__}"
            path = _added(view, f"{node.name}_module", form)
            node.op, node.target, node.args, node.kwargs = "call_module", path, (_operand(node),), {}


def _unshared(view: fx.GraphModule) -> Iterator[str]:
    calls: dict[str, int] = {}
    for node in view.graph.nodes:
        if node.op != "call_module":
            continue
        target = str(node.target)
        calls[target] = calls.get(target, 0) + 1
        if calls[target] > 1:
            node.target = _added(view, f"{target}_call_{calls[target]}", _twin(view.get_submodule(target)))
            yield f"call {calls[target]} of `{target}`, at `{node.name}`, has an instance of its own"


def _works_in_place(node: fx.Node) -> bool:
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    marked = name.endswith("_") and not name.endswith("__") and name != "requires_grad_"
    return marked or told(node, "inplace") is True


def _leave_place(node: fx.Node) -> None:
    """Raises: CapabilityError, where the operation exists in place only."""
    name = base_name(node)
    if node.op == "call_method" and callable(getattr(Tensor, name, None)):
        node.target = name
    elif node.op == "call_function" and node.kwargs.get("inplace") is not True and hasattr(torch, name):
        node.target = getattr(torch, name)
    elif node.kwargs.get("inplace") is True:
        node.kwargs = {**node.kwargs, "inplace": False}
    else:
        raise CapabilityError(
            f"`{name}` at `{node.name}` writes into a tensor, and there is no form of it that does not. "
            "Write the model without it, or use a method that needs no repairs, such as `integrated_gradients`."
        )


def _read_result(node: fx.Node) -> None:
    """Whoever reads, later, what was overwritten reads the result: so it is where the same memory holds it."""
    operand, later = _operand(node), set(_after(node))
    operand.replace_all_uses_with(node, delete_user_cb=lambda user: user in later)


def _after(node: fx.Node) -> Iterator[fx.Node]:
    following = node.next
    while following.op != "root":
        yield following
        following = following.next


def _operand(node: fx.Node) -> fx.Node:
    return node.all_input_nodes[0]


def _twin(part: nn.Module) -> nn.Module:
    """Another instance with the same tensors."""
    return deepcopy(part, {id(tensor): tensor for tensor in (*part.parameters(), *part.buffers())})


def _added(view: fx.GraphModule, path: str, part: nn.Module) -> str:
    """Put the part there, or at the next free place; returns where."""
    taken = {name for name, _ in view.named_modules(remove_duplicate=False)}
    while path in taken or hasattr(view, path):
        path += "_"
    view.add_submodule(path, part)
    return path


class _Answer(NamedTuple):
    """Scores (n, ...) and the gradients of a mixture of them: None where they are cut; `torn`: they cannot be computed."""

    scores: Tensor
    gradient: Tensor | None
    torn: bool = False


def _proven(module: nn.Module, found: Repaired, sample: Tensor) -> Repaired:
    """Raises: CapabilityError, where the view does not compute what the module does."""
    with evaluating(module):
        expected = _answer(module, sample)
        got = _answer(found.module, sample)
        if not _agree(expected.scores, got.scores, SCORES_AGREE):
            raise CapabilityError(f"{_named(module)} cannot be repaired: {_doubt(module, sample, expected)}. {_REMEDY}")
    if not expected.torn and not _agree(expected.gradient, got.gradient, GRADIENTS_AGREE):
        raise CapabilityError(f"{_named(module)} cannot be repaired: {_gradient_doubt(found.module)}. {_REMEDY}")
    return replace(found, exact=torch.equal(expected.scores, got.scores))


_REMEDY = "Use a method that needs no repairs, such as `integrated_gradients`."


def _answer(module: nn.Module, sample: Tensor) -> _Answer:
    count_gradient_calls(len(sample))
    with torch.inference_mode(False), torch.enable_grad():
        leaf = sample.detach().clone().requires_grad_()
        scores = _scores(module(leaf.clone()))
        if not scores.requires_grad:
            return _Answer(scores, None)
        weights = torch.linspace(1, 2, scores[0].numel()).to(scores).view(scores.shape[1:])  # probabilities sum to a constant
        try:
            (gradient,) = torch.autograd.grad((scores * weights).sum(), leaf, allow_unused=True)
        except RuntimeError:  # work in place may spoil the module's own gradients; then the view mends them
            return _Answer(scores.detach(), None, torn=True)
        return _Answer(scores.detach(), gradient)


def _scores(output: Any) -> Tensor:
    scores = getattr(output, "logits", output)
    if not isinstance(scores, Tensor):
        raise CapabilityError(f"Repairs are proven on a tensor of scores. The module gives {type(scores).__name__}; wrap it.")
    return scores


def _agree(expected: Tensor | None, got: Tensor | None, tolerance: float) -> bool:
    if expected is None or got is None:
        return expected is got
    bound = tolerance * float(expected.nan_to_num().abs().amax())
    return expected.shape == got.shape and torch.allclose(expected, got, rtol=0, atol=bound, equal_nan=True)


def _doubt(module: nn.Module, sample: Tensor, expected: _Answer) -> str:
    if not _agree(expected.scores, _answer(module, sample).scores, SCORES_AGREE):
        return "it answers the same input twice in two ways, so something random is on in evaluation mode"
    return "its graph gives other scores than it does, so it writes into tensors that it still reads, or keeps a state"


def _gradient_doubt(view: fx.GraphModule) -> str:
    off = [operation for operation in operations(view) if operation.gradients_off]
    if off:
        return f"at {off[0]} gradients are switched off or defined anew, which a graph does not show"
    return "its graph gives other gradients than it does, so it defines gradients of its own"


def _named(module: nn.Module) -> str:
    return type(module).__name__


def _seen_by_module(model: TorchClassifier, inputs: Tensor) -> Tensor:
    """What the module is given for these inputs: normalized, in its dtype and on its device."""
    seen: list[Tensor] = []
    handle = model.model.register_forward_pre_hook(lambda _module, given: seen.append(given[0].detach().clone()))
    try:
        model(inputs)
    finally:
        handle.remove()
    return torch.cat(seen)
