"""A classifier as captum takes it: a module from inputs to the one number that is explained, and what keeps captum right.

captum changes the gradient of activations by hooks on their modules. These hooks are wrong, without an error, where an
activation is no module, is called twice, follows another without a layer between, shares its input with others, or writes
into what others read; and what captum has no rule for gets the plain gradient. So the operations are looked at first, repaired
where that is possible, and refused by name where it is not.
"""

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from xaivision.core.diagnostics import Note
from xaivision.core.errors import CapabilityError, MissingExtraError
from xaivision.core.modes import parts
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.disjoint_pooling import disjoint_pools, overlaps
from xaivision.engines.gradient_path import Step, unruled
from xaivision.engines.passed_operations import passes_watched
from xaivision.engines.repairs import repaired_classifier
from xaivision.engines.score_slopes import is_weighted_sum, mean_slopes
from xaivision.explainers.inputs_apart import inputs_apart, is_torchs
from xaivision.explainers.operations_seen import AnyTarget, ExplainedNumber, Looks, Seen, Subject

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


class PairedNumber(ExplainedNumber):
    """The same for inputs and, after them, their baselines: weighted sums of scores, which differ as the numbers do.

    captum has a rule for a sum of scores. A probability or a margin is none, so each score gets the mean slope of the
    number between the baseline's scores and the input's.
    """

    def _number(self, scores: Tensor, target: AnyTarget) -> Tensor:
        settled = target.settled(scores)
        if is_weighted_sum(settled):
            return settled.of(scores)
        inputs, baselines = scores.detach().chunk(2)
        slopes = mean_slopes(settled.take(slice(len(inputs))), inputs, baselines)
        return (scores * slopes.repeat(2, 1)).sum(1)


@dataclass(frozen=True)
class Rules:
    """What a method of captum changes the gradient of.

    `covers`: whether a step that a module of this class does alone is changed rightly. `concerns`: whether a step has to be
    changed at all. `revealed`: whether a repair may show that a step is one of those it concerns. `copied`: its hooks hand a
    module a copy of its input.
    """

    covers: Callable[[type[nn.Module]], bool]
    concerns: Callable[[Step], bool] = lambda _step: True
    revealed: Callable[[Step], bool] = lambda _step: False
    copied: bool = False

    def uncovered(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """The steps without a rule, from the input on."""
        return tuple(step for step in unruled(steps, self.covers) if self.concerns(step))

    def entangled(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """The steps whose input carries hooks of others too, or goes to others as well."""
        hooked = {step.path: step for step in steps if step.alone and step.kind is not None and self.covers(step.kind)}
        return tuple(step for step in hooked.values() if step.shares_input or step.follows in hooked)


@dataclass(frozen=True, eq=False)
class Hookable:
    """`model`: the classifier over a module that captum's hooks are right on. `seen`: what its gradient passes.

    `exact`: it gives the scores of the explained model to the last bit.
    """

    model: TorchClassifier
    seen: Seen
    repairs: tuple[str, ...] = ()
    exact: bool = True

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.seen.steps


T = TypeVar("T")
# Where every module keeps its hooks.
KEEPING_HOOKS = tuple(name for name, value in vars(nn.Module()).items() if name.endswith("_hooks") and isinstance(value, dict))


def by_rules(subject: Subject, rules: Rules, answer: Callable[[Hookable], T], *, earlier: bool = False) -> T:
    """What `answer` makes of the subject's model in a form on which captum is right.

    `earlier`: what an earlier question has seen of the model counts, where every pass goes the way that was seen then; if one
    does not, or the model would be refused, it is looked at anew and asked again. That is for methods that pass inputs as they
    are: a pair of input and baseline may go a way that the input does not.

    Raises: CapabilityError, where the model has an operation that captum has no rule for; it names the operation.
    """
    looks, notes = Looks(subject, earlier=earlier), len(subject.notes)
    try:
        with _hookable(subject, rules, looks) as network:
            return answer(network)
    except CapabilityError:
        if not looks.reused:
            raise
    del subject.notes[notes:]
    with _hookable(subject, rules, Looks(subject)) as network:
        return answer(network)


@contextmanager
def _hookable(subject: Subject, rules: Rules, looks: Looks) -> Iterator[Hookable]:
    found = _covered(subject, rules, looks)
    for repair in found.repairs:
        subject.notes.append(Note("ok", f"repaired on a copy: {repair}"))
    module = found.model.model
    names = {part: name for name, part in module.named_modules()}
    pools: AbstractContextManager[dict[nn.Module, nn.Module]] = nullcontext({})
    if _pools_apart(module, rules):
        pools = disjoint_pools(module)
    called: list[nn.Module] = []
    with found.model.held(), as_found(module), pools as own:
        names.update({apart: names[pool] for apart, pool in own.items()})
        way = _Way(found.seen, {part: name for part, name in names.items() if rules.covers(type(part))}, called)
        with _inputs_of_their_own(module, rules, called), _one_way(subject.method, module, way):
            yield found


def _pools_apart(module: nn.Module, rules: Rules) -> bool:
    """Whether captum hooks max pooling, and the module has such whose windows overlap."""
    return rules.covers(nn.MaxPool2d) and any(map(overlaps, module.modules()))


@dataclass(frozen=True)
class _Way:
    """What was `seen` of a model, the names of the modules that captum hooks, and those of them that a pass has `called`."""

    seen: Seen
    hooked: Mapping[nn.Module, str]
    called: list[nn.Module]

    def taken_again(self, operations: Counter[str]) -> bool:
        """Whether the pass that ends here had these operations too, done by the same modules; the next one starts here."""
        names = set(self.hooked.values())
        expected = [name for name in self.seen.called if name in names]
        same = operations == self.seen.operations and [self.hooked[part] for part in self.called] == expected
        self.called.clear()
        return same


@contextmanager
def _one_way(method: str, module: nn.Module, way: _Way) -> Iterator[None]:
    """Every pass inside goes the way that was seen.

    Raises: CapabilityError, where another input goes another way: what lies on it was not looked at.
    """

    def check(operations: Counter[str]) -> None:
        if not way.taken_again(operations):
            raise CapabilityError(
                f"`{method}` needs a model that does the same with every input of a batch. This one does with "
                "others what it does not do with the first. Ask about one input at a time, or use `integrated_gradients`."
            )

    with passes_watched(module, check):
        yield


def _covered(subject: Subject, rules: Rules, looks: Looks) -> Hookable:
    model, inputs = subject.model, subject.inputs
    seen = looks.at(model)
    uncovered = rules.uncovered(seen.steps)
    pools = _pools_apart(model.model, rules)
    if not uncovered and not pools and not seen.overwrites:
        return _revealed(subject, rules, looks)
    # A repair makes modules of functions and calls; it puts no other module in the place of one of torch.
    if hopeless := [step for step in uncovered if step.alone and step.kind is not None and is_torchs(step.kind)]:
        raise _no_rule(subject.method, hopeless[0], len(uncovered))
    view = repaired_classifier(model, inputs)
    shown = looks.at(view.model, view=True)
    if left := rules.uncovered(shown.steps):
        names = {step.operation for step in left}  # the module itself knows where they are, its view need not
        raise _no_rule(subject.method, next((step for step in uncovered if step.operation in names), left[0]), len(left))
    told = (*view.repairs, "max pooling whose windows overlap, on windows that do not") if pools else view.repairs
    return Hookable(view.model, shown, told, view.exact)


def _revealed(subject: Subject, rules: Rules, looks: Looks) -> Hookable:
    """The model in a form that shows more of what the rules concern, where there is one; else as it is."""
    seen = looks.at(subject.model)
    hidden = [step for step in seen.steps if rules.revealed(step)]
    if hidden:
        try:
            view = repaired_classifier(subject.model, subject.inputs)
        except CapabilityError:
            return Hookable(subject.model, seen)
        shown = looks.at(view.model, view=True)
        if sum(map(rules.revealed, shown.steps)) < len(hidden) and not rules.uncovered(shown.steps):
            return Hookable(view.model, shown, view.repairs, view.exact)
    return Hookable(subject.model, seen)


def told(step: Step) -> str:
    """The step with its place, under the name of the module that did it: autograd calls ReLU6 hardtanh."""
    kind = step.kind
    if kind is None or not kind.__module__.startswith("torch.nn.modules.activation"):
        return str(step)
    return f"{kind.__name__} at `{step.path}`"


def _no_rule(method: str, step: Step, found: int) -> CapabilityError:
    more = f", nor for {found - 1} more operations" if found > 2 else (", nor for one more operation" if found == 2 else "")
    return CapabilityError(
        f"`{method}` has no rule for {told(step)}{more}, and would take the plain gradient there. "
        "Use a method that needs no rules, such as `integrated_gradients`."
    )


@contextmanager
def _inputs_of_their_own(module: nn.Module, rules: Rules, called: list[nn.Module]) -> Iterator[None]:
    """Each module that captum hooks gets its input apart: the hook would replace what flows back to others as well.

    `called`: those that are called are added.

    Raises: CapabilityError, where such a module has backward hooks of its own: captum leaves it out without an error; where no
    gradient passes one.
    """
    changed = [part for part in parts(module) if rules.covers(type(part))]
    if hooked := [part for part in changed if part._backward_hooks]:
        raise CapabilityError(
            f"captum takes the plain gradient of modules that have a backward hook. Got one on {type(hooked[0]).__name__}. "
            "Remove it first."
        )

    def see(part: nn.Module, given: Tensor) -> None:
        if not (given.requires_grad and torch.is_grad_enabled()):
            raise CapabilityError(
                f"captum has no rule for modules that no gradient passes. At {type(part).__name__} gradients are switched off or "
                "were cut before. Use a method that needs no rules, such as `integrated_gradients`."
            )
        called.append(part)

    with inputs_apart(changed, see, copied=rules.copied):
        yield


@contextmanager
def as_found(module: nn.Module) -> Iterator[None]:
    """Hooks and attributes that anybody adds to the module or its parts inside are gone afterwards, after an error too."""
    before = [(part, set(vars(part)), {name: set(hooks) for name, hooks in _hooks(part)}) for part in parts(module)]
    try:
        yield
    finally:
        for part, attributes, hooked in before:
            for name in vars(part).keys() - attributes:
                delattr(part, name)
            for name, hooks in _hooks(part):
                for key in hooks.keys() - hooked.get(name, ()):
                    del hooks[key]


def _hooks(part: nn.Module) -> list[tuple[str, dict[int, Any]]]:
    """Those that there are, by where torch keeps them."""
    return [(name, hooks) for name in KEEPING_HOOKS if (hooks := vars(part).get(name))]
