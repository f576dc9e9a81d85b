"""A classifier as captum takes it: a module from inputs to the one number that is explained, and what keeps captum right.

captum changes the gradient of activations by hooks on their modules. These hooks are wrong, without an error, where an
activation is no module, is called twice, follows another without a layer between, or shares its input with others; and what
captum has no rule for gets the plain gradient. So the operations are looked at first, repaired where that is possible, and
refused by name where it is not.
"""

import warnings
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from xaivision.core.diagnostics import Note
from xaivision.core.errors import CapabilityError, MissingExtraError
from xaivision.core.metering import count_gradient_calls, count_model_calls, unmetered
from xaivision.core.progress import raise_if_cancelled
from xaivision.core.question import Question
from xaivision.core.structure import module_structure
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.disjoint_pooling import disjoint_pools, overlaps
from xaivision.engines.gradient_path import Step, gradient_path, unruled
from xaivision.engines.repairs import repaired_classifier
from xaivision.engines.score_slopes import is_weighted_sum, mean_slopes

# What captum says at every call of a method with hooks. `warnings.catch_warnings` would swap the filters of all threads.
CHATTER = (r"\s*Setting forward, backward hooks", r"\s*Setting backward hooks on ReLU")


def captum_attributions() -> ModuleType:
    """The module `captum.attr`, imported when it is needed: that takes seconds.

    Raises: MissingExtraError, where captum is not installed.
    """
    try:
        import captum.attr
    except ImportError as error:
        raise MissingExtraError("captum", "captum") from error
    for message in CHATTER:
        warnings.filterwarnings("ignore", message=message, category=UserWarning)
    attributions: ModuleType = captum.attr
    return attributions


class ExplainedNumber(nn.Module):
    """(n, *S) inputs as the classifier takes them to (n,) explained numbers; n may be a multiple of the target's inputs."""

    def __init__(self, model: TorchClassifier, target: TargetScore) -> None:
        super().__init__()
        self.network = model.model
        self.model, self.target = model, target
        self.training = False

    def forward(self, inputs: Tensor) -> Tensor:
        raise_if_cancelled()
        scores = self.model.forward(inputs)
        (count_gradient_calls if scores.requires_grad else count_model_calls)(len(inputs))
        rows = torch.arange(len(inputs), device="cpu") % len(self.target.classes)
        return self._number(scores, self.target.take(rows))

    def _number(self, scores: Tensor, target: TargetScore) -> Tensor:
        return target.of(scores)


class PairedNumber(ExplainedNumber):
    """The same for inputs and, after them, their baselines: weighted sums of scores, which differ as the numbers do.

    captum has a rule for a sum of scores. A probability or a margin is none, so each score gets the mean slope of the
    number between the baseline's scores and the input's.
    """

    def _number(self, scores: Tensor, target: TargetScore) -> Tensor:
        if is_weighted_sum(target):
            return target.of(scores)
        inputs, baselines = scores.detach().chunk(2)
        slopes = mean_slopes(target.take(slice(len(inputs))), inputs, baselines)
        return (scores * slopes.repeat(2, 1)).sum(1)


@dataclass(frozen=True)
class Rules:
    """What a method of captum changes the gradient of.

    `covers`: whether a step that a module of this class does alone is changed rightly. `concerns`: whether a step has to be
    changed at all.
    """

    covers: Callable[[type[nn.Module]], bool]
    concerns: Callable[[Step], bool] = lambda _step: True

    def uncovered(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """The steps without a rule, from the input on."""
        return tuple(step for step in unruled(steps, self.covers) if self.concerns(step))

    def entangled(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """The steps whose input carries hooks of others too, or goes to others as well."""
        hooked = {step.path: step for step in steps if step.alone and step.kind is not None and self.covers(step.kind)}
        return tuple(step for step in hooked.values() if step.shares_input or step.follows in hooked)


@dataclass(frozen=True, eq=False)
class Hookable:
    """`model`: the classifier over a module that captum's hooks are right on. `steps`: what its gradient passes."""

    model: TorchClassifier
    steps: tuple[Step, ...]
    repairs: tuple[str, ...] = ()


@contextmanager
def hookable(q: Question, rules: Rules) -> Iterator[Hookable]:
    """The model of the question in a form on which captum is right, for as long as it is asked.

    Raises: CapabilityError, where the model has an operation that captum has no rule for; it names the operation.
    """
    found = _covered(q, rules)
    for repair in found.repairs:
        q.note(Note("ok", f"repaired on a copy: {repair}"))
    module = found.model.model
    pools = disjoint_pools(module) if any(map(overlaps, module.modules())) else nullcontext()
    with found.model.held(), as_found(module), pools, _inputs_of_their_own(module, rules):
        yield found


# For each module the last look at it: gone with the module, and not used once a part, a hook or a setting of it has changed.
_seen: "WeakKeyDictionary[nn.Module, tuple[Hashable, tuple[Step, ...]]]" = WeakKeyDictionary()


def explained_steps(model: TorchClassifier, target: TargetScore, inputs: Tensor) -> tuple[Step, ...]:
    """What the gradient of the target's scores passes, seen on the first input: once a module, and no method's cost."""
    key = (module_structure(model.model, closely=True), tuple(inputs.shape[1:]))
    known = _seen.get(model.model)
    if known is None or known[0] != key:
        with model.held(), unmetered():
            number = ExplainedNumber(model, TargetScore(target.classes[:1]))
            known = (key, gradient_path(model.model, number, inputs[:1]))
        _seen[model.model] = known
    return known[1]


def _covered(q: Question, rules: Rules) -> Hookable:
    model, inputs = q.torch_model, q.query.inputs
    steps = explained_steps(model, q.query.target, inputs)
    uncovered = rules.uncovered(steps)
    pools = rules.covers(nn.MaxPool2d) and any(map(overlaps, model.model.modules()))
    if not uncovered and not pools:
        return Hookable(model, steps)
    # A repair makes modules of functions and calls; it puts no other module in the place of one of torch.
    if hopeless := [step for step in uncovered if step.alone and step.kind is not None and _is_torchs(step.kind)]:
        raise _no_rule(q, hopeless[0], len(uncovered))
    view = repaired_classifier(model, inputs)
    steps = explained_steps(view.model, q.query.target, inputs)
    if left := rules.uncovered(steps):
        names = {step.operation for step in left}  # the module itself knows where they are, its view need not
        raise _no_rule(q, next((step for step in uncovered if step.operation in names), left[0]), len(left))
    told = (*view.repairs, "max pooling whose windows overlap, on windows that do not") if pools else view.repairs
    return Hookable(view.model, steps, told)


def _is_torchs(kind: type[nn.Module]) -> bool:
    return kind.__module__.startswith("torch.nn")


def _no_rule(q: Question, step: Step, found: int) -> CapabilityError:
    more = f", nor for {found - 1} more operations" if found > 2 else (", nor for one more operation" if found == 2 else "")
    return CapabilityError(
        f"`{q.explainer.about.name}` has no rule for {step}{more}, and would take the plain gradient there. "
        "Use a method that needs no rules, such as `integrated_gradients`."
    )


@contextmanager
def _inputs_of_their_own(module: nn.Module, rules: Rules) -> Iterator[None]:
    """Each module that captum hooks gets a copy of its input: the hook would replace what flows back to others as well.

    Raises: CapabilityError, where such a module has backward hooks of its own: captum leaves it out without an error.
    """
    parts = [part for part in module.modules() if rules.covers(type(part))]
    if hooked := [part for part in parts if part._backward_hooks]:
        raise CapabilityError(
            f"captum takes the plain gradient of modules that have a backward hook. Got one on {type(hooked[0]).__name__}. "
            "Remove it first."
        )
    handles = [part.register_forward_pre_hook(_copied) for part in parts]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _copied(_part: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
    return (given[0].clone(), *given[1:])


@contextmanager
def as_found(module: nn.Module) -> Iterator[None]:
    """Hooks and attributes that anybody adds to the module or its parts inside are gone afterwards, after an error too."""
    before = [(part, set(vars(part)), {name: list(hooks) for name, hooks in _hooks(part)}) for part in module.modules()]
    try:
        yield
    finally:
        for part, attributes, hooked in before:
            for name in set(vars(part)) - attributes:
                delattr(part, name)
            for name, hooks in _hooks(part):
                for key in [key for key in hooks if key not in hooked[name]]:
                    del hooks[key]


def _hooks(part: nn.Module) -> Iterator[tuple[str, dict[int, Any]]]:
    return ((name, value) for name, value in vars(part).items() if name.endswith("_hooks") and isinstance(value, dict))
