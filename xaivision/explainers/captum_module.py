"""A classifier as captum takes it: a module from inputs to the one number that is explained, and what keeps captum right.

captum changes the gradient of activations by hooks on their modules. These hooks are wrong, without an error, where an
activation is no module, is called twice, follows another without a layer between, or shares its input with others; and what
captum has no rule for gets the plain gradient. So the operations are looked at first, repaired where that is possible, and
refused by name where it is not.
"""

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from weakref import ReferenceType, WeakKeyDictionary, ref

import torch
from torch import Tensor, nn

from xaivision.core.diagnostics import Note
from xaivision.core.errors import CapabilityError, MissingExtraError
from xaivision.core.metering import count_gradient_calls, count_model_calls
from xaivision.core.progress import raise_if_cancelled
from xaivision.core.question import Question
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.disjoint_pooling import disjoint_pools, overlaps
from xaivision.engines.gradient_path import Step, gradient_path, unruled
from xaivision.engines.input_factors import PRODUCTS, InputFactors, input_factors
from xaivision.engines.passed_operations import passes_watched
from xaivision.engines.repairs import repaired_classifier
from xaivision.engines.score_slopes import is_weighted_sum, mean_slopes

# How an operation by a mask, or by anything else that was cut from the gradient, is told.
CUT = "a value without gradient"
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
    changed at all. `revealed`: whether a repair may show that a step is one of those it concerns.
    """

    covers: Callable[[type[nn.Module]], bool]
    concerns: Callable[[Step], bool] = lambda _step: True
    revealed: Callable[[Step], bool] = lambda _step: False

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
    pools = disjoint_pools(module) if _pools_apart(module, rules) else nullcontext()
    seen = _looked_at(found.model, q.query.target, q.query.inputs).operations
    called: list[nn.Module] = []
    own, one_way = _inputs_of_their_own(module, rules, called), _one_way(q, module, seen, called)
    with found.model.held(), as_found(module), pools, own, one_way:
        yield found


def _pools_apart(module: nn.Module, rules: Rules) -> bool:
    """Whether captum hooks max pooling, and the module has such whose windows overlap."""
    return rules.covers(nn.MaxPool2d) and any(map(overlaps, module.modules()))


@contextmanager
def _one_way(q: Question, module: nn.Module, expected: Counter[str], called: list[nn.Module]) -> Iterator[None]:
    """Every pass inside has the operations that were seen of the first input, done by the same ones of captum's modules.

    `called`: the modules that captum hooks, as they are called.

    Raises: CapabilityError, where another input goes another way: what lies on it was not looked at.
    """
    first: list[nn.Module] = []

    def check(operations: Counter[str]) -> None:
        first.extend(called if not first else ())
        same = called == first
        called.clear()
        if operations != expected or not same:
            raise CapabilityError(
                f"`{q.explainer.about.name}` needs a model that does the same with every input of a batch. This one does with "
                "others what it does not do with the first. Ask about one input at a time, or use `integrated_gradients`."
            )

    with passes_watched(module, check):
        yield


@dataclass(frozen=True)
class _Look:
    """What was seen of a module for one question. `operations`: those of the pass, by autograd's names."""

    question: ReferenceType[TargetScore]
    steps: tuple[Step, ...]
    factors: InputFactors | None
    operations: Counter[str]


# For each module the last look at it, and for no other question: the next input may go another way, or a setting change.
_seen: "WeakKeyDictionary[nn.Module, _Look]" = WeakKeyDictionary()


def explained_steps(model: TorchClassifier, target: TargetScore, inputs: Tensor) -> tuple[Step, ...]:
    """What the gradient of the target's scores passes, seen on the first input, by two passes of it a question.

    After them, as steps that are not linear, the operations by values that follow from the input without a gradient.
    """
    return _looked_at(model, target, inputs).steps


def explained_factors(model: TorchClassifier, target: TargetScore, inputs: Tensor) -> InputFactors | None:
    """What the model multiplies and masks its maps by; None where its operations cannot be seen."""
    return _looked_at(model, target, inputs).factors


def _looked_at(model: TorchClassifier, target: TargetScore, inputs: Tensor) -> _Look:
    known = _seen.get(model.model)
    if known is None or known.question() is not target:
        known = _seen[model.model] = _look(model, target, inputs[:1])
    return known


def _look(model: TorchClassifier, target: TargetScore, one: Tensor) -> _Look:
    operations: Counter[str] = Counter()
    with model.held():
        with passes_watched(model.model, operations.update):
            steps = gradient_path(model.model, ExplainedNumber(model, TargetScore(target.classes[:1])), one)
        factors = _factors(model, one) if steps else None
    return _Look(ref(target), (*steps, *_cut_steps(steps, factors)), factors, operations)


def _factors(model: TorchClassifier, one: Tensor) -> InputFactors | None:
    count_gradient_calls(len(one))  # not inside the pass, where counting would be seen as an operation on the scores
    return input_factors(model.forward, one)


def _cut_steps(steps: tuple[Step, ...], factors: InputFactors | None) -> Iterator[Step]:
    told = {step.operation for step in steps if not step.linear} - PRODUCTS
    for name in () if factors is None else factors.cut:
        if name not in told:
            yield Step(f"{name} by {CUT}", linear=False)


def _covered(q: Question, rules: Rules) -> Hookable:
    model, inputs = q.torch_model, q.query.inputs
    steps = explained_steps(model, q.query.target, inputs)
    uncovered = rules.uncovered(steps)
    pools = _pools_apart(model.model, rules)
    if not uncovered and not pools:
        return _revealed(q, rules, steps)
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


def _revealed(q: Question, rules: Rules, steps: tuple[Step, ...]) -> Hookable:
    """The model in a form that shows more of what the rules concern, where there is one; else as it is."""
    hidden = [step for step in steps if rules.revealed(step)]
    if hidden:
        try:
            view = repaired_classifier(q.torch_model, q.query.inputs)
        except CapabilityError:
            return Hookable(q.torch_model, steps)
        shown = explained_steps(view.model, q.query.target, q.query.inputs)
        if sum(map(rules.revealed, shown)) < len(hidden) and not rules.uncovered(shown):
            return Hookable(view.model, shown, view.repairs)
    return Hookable(q.torch_model, steps)


def _is_torchs(kind: type[nn.Module]) -> bool:
    return kind.__module__.startswith("torch.nn")


def told(step: Step) -> str:
    """The step with its place, under the name of the module that did it: autograd calls ReLU6 hardtanh."""
    kind = step.kind
    if kind is None or not kind.__module__.startswith("torch.nn.modules.activation"):
        return str(step)
    return f"{kind.__name__} at `{step.path}`"


def _no_rule(q: Question, step: Step, found: int) -> CapabilityError:
    more = f", nor for {found - 1} more operations" if found > 2 else (", nor for one more operation" if found == 2 else "")
    return CapabilityError(
        f"`{q.explainer.about.name}` has no rule for {told(step)}{more}, and would take the plain gradient there. "
        "Use a method that needs no rules, such as `integrated_gradients`."
    )


@contextmanager
def _inputs_of_their_own(module: nn.Module, rules: Rules, called: list[nn.Module]) -> Iterator[None]:
    """Each module that captum hooks gets a copy of its input: the hook would replace what flows back to others as well.

    `called`: those that are called are added.

    Raises: CapabilityError, where such a module has backward hooks of its own: captum leaves it out without an error; where no
    gradient passes one.
    """
    parts = [part for part in module.modules() if rules.covers(type(part))]
    if hooked := [part for part in parts if part._backward_hooks]:
        raise CapabilityError(
            f"captum takes the plain gradient of modules that have a backward hook. Got one on {type(hooked[0]).__name__}. "
            "Remove it first."
        )

    def copied(part: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        own = given[0].clone()
        if not own.requires_grad:
            raise CapabilityError(
                f"captum has no rule for modules that no gradient passes. At {type(part).__name__} gradients are switched off or "
                "were cut before. Use a method that needs no rules, such as `integrated_gradients`."
            )
        called.append(part)
        return (own, *given[1:])

    handles = [part.register_forward_pre_hook(copied) for part in parts]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


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
