"""What a classifier's module does with an input, as far as methods with hooks must know, looked at once and then remembered."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from weakref import ReferenceType, WeakKeyDictionary, ref

import torch
from torch import Tensor, nn

from xaivision.core.diagnostics import Note
from xaivision.core.metering import count_gradient_calls, count_model_calls
from xaivision.core.progress import raise_if_cancelled
from xaivision.core.question import Question
from xaivision.core.structure import module_structure
from xaivision.core.targets import TargetNumbers, TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.gradient_path import Step, gradient_path
from xaivision.engines.input_factors import PRODUCTS, InputFactors, input_factors
from xaivision.engines.passed_operations import passes_watched
from xaivision.explainers.inputs_apart import overwrites

# How an operation by a mask, or by anything else that was cut from the gradient, is told.
CUT = "a value without gradient"


AnyTarget = TargetScore | TargetNumbers


@dataclass(frozen=True, eq=False)
class Subject:
    """What a `method` with hooks looks at for one question: the `model`, its `inputs` and their `target`, which may still wait
    for the scores. `notes`: what there is to doubt.
    """

    method: str
    model: TorchClassifier
    inputs: Tensor
    target: AnyTarget
    notes: list[Note] = field(default_factory=list)

    @classmethod
    def of(cls, q: Question) -> "Subject":
        """That of an open question, whose notes are its own."""
        return cls(q.explainer.about.name, q.torch_model, q.query.inputs, q.query.target, q.notes)


class ExplainedNumber(nn.Module):
    """(n, *S) inputs as the classifier takes them to (n,) explained numbers; n may be a multiple of the target's inputs."""

    def __init__(self, model: TorchClassifier, target: AnyTarget) -> None:
        super().__init__()
        self.network = model.model
        self.model, self.target = model, target
        self.training = False

    def forward(self, inputs: Tensor) -> Tensor:
        raise_if_cancelled()
        scores = self.model.forward(inputs)
        (count_gradient_calls if scores.requires_grad else count_model_calls)(len(inputs))
        return self._number(scores, self._target(len(inputs)))

    def _target(self, inputs: int) -> AnyTarget:
        """The target of this many inputs, repeated for their versions."""
        classes = self.target.classes
        if classes is None or len(classes) == inputs:
            return self.target
        return self.target.take(torch.arange(inputs, device="cpu") % len(classes))

    def _number(self, scores: Tensor, target: AnyTarget) -> Tensor:
        return target.of(scores)


@dataclass(frozen=True)
class Seen:
    """`steps`: what the gradient of a score passes from the first input on, seen by two passes of it.

    After them, as steps that are not linear, the operations by values that follow from the input without a gradient.
    `factors`: what the model multiplies and masks its maps by; None where its operations cannot be seen. `operations`: those of
    the pass, by autograd's names. `called`: the modules that were called in it, by name, in their order. `overwrites`: an
    activation writes into what others read after it, so that no hook may hold its input apart.
    """

    steps: tuple[Step, ...]
    factors: InputFactors | None
    operations: Counter[str]
    called: tuple[str, ...]
    overwrites: bool


@dataclass(frozen=True)
class _Look:
    """`module`: its structure and the shape of its inputs, as they were. `question`: whose target it was made for."""

    module: object
    question: ReferenceType[AnyTarget]
    seen: Seen


# For each module the last look at it.
_looks: "WeakKeyDictionary[nn.Module, _Look]" = WeakKeyDictionary()


class Looks:
    """Looks at modules for one question. `earlier`: those of other questions count, too; `reused`: one of them did.

    Whoever lets them count has to see to it that every pass goes the way that was seen then: the next input may go another.
    """

    def __init__(self, subject: Subject, *, earlier: bool = False) -> None:
        self._target, self._inputs, self._earlier = subject.target, subject.inputs, earlier
        self._seen: dict[nn.Module, Seen] = {}
        self.reused = False

    def at(self, model: TorchClassifier, *, view: bool = False) -> Seen:
        """What the model's module does with the first input; found out once.

        `view`: the module is a repaired view, and another one is made once the explained module changes: it stays as it is.
        """
        if model.model not in self._seen:
            self._seen[model.model] = self._found(model, None if view else module_structure(model.model, closely=True))
        return self._seen[model.model]

    def _found(self, model: TorchClassifier, structure: object) -> Seen:
        known, now = _looks.get(model.model), _now(structure, self._inputs)
        own = known is not None and known.question() is self._target
        # Where no gradient passes nobody runs the module again, and nothing would tell that another input goes another way.
        if known is None or known.module != now or not (own or (self._earlier and known.seen.steps)):
            return _looked_at(model, now, self._target, self._inputs)
        self.reused = self.reused or not own
        return known.seen


def seen_now(model: TorchClassifier, target: AnyTarget, inputs: Tensor) -> Seen:
    """What the model's module does with the first of these inputs, looked at once a question."""
    return _looked_at(model, _now(module_structure(model.model, closely=True), inputs), target, inputs)


def _now(structure: object, inputs: Tensor) -> object:
    return structure, tuple(inputs.shape[1:]), inputs.dtype


def _looked_at(model: TorchClassifier, now: object, target: AnyTarget, inputs: Tensor) -> Seen:
    known = _looks.get(model.model)
    if known is None or known.module != now or known.question() is not target:
        written = known.seen.overwrites if known is not None and known.module == now else None
        known = _looks[model.model] = _Look(now, ref(target), _seen(model, target, inputs[:1], written))
    return known.seen


def _seen(model: TorchClassifier, target: AnyTarget, one: Tensor, written: bool | None) -> Seen:
    """`written`: whether it overwrites, where an earlier question has found that out."""
    operations: Counter[str] = Counter()
    called: list[str] = []
    score = TargetNumbers(None if target.classes is None else target.classes[:1], None, "score", target.score_unit)
    with model.held():
        with passes_watched(model.model, operations.update), _calls_noted(model.model, called.append):
            steps = gradient_path(model.model, ExplainedNumber(model, score), one)
        factors = _factors(model, one) if steps else None
        if written is None:
            written = bool(steps) and overwrites(model, one)
    return Seen((*steps, *_cut_steps(steps, factors)), factors, operations, tuple(called), written)


@contextmanager
def _calls_noted(module: nn.Module, note: Callable[[str], object]) -> Iterator[None]:
    handles = [
        part.register_forward_pre_hook(lambda _part, _given, name=name: note(name) and None)
        for name, part in module.named_modules()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _factors(model: TorchClassifier, one: Tensor) -> InputFactors | None:
    count_gradient_calls(len(one))  # not inside the pass, where counting would be seen as an operation on the scores
    return input_factors(model.forward, one)


def _cut_steps(steps: tuple[Step, ...], factors: InputFactors | None) -> Iterator[Step]:
    told = {step.operation for step in steps if not step.linear} - PRODUCTS
    for name in () if factors is None else factors.cut:
        if name not in told:
            yield Step(f"{name} by {CUT}", linear=False)
