"""A method asked about noisy copies of its inputs: what the smoothing methods share."""

from collections.abc import Callable
from typing import Literal, Protocol

import torch
from torch import Tensor

from xaivision.core.about import Kind
from xaivision.core.attribution import Attribution
from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError
from xaivision.core.protocols import Explainer
from xaivision.core.query import perturbed_on_purpose
from xaivision.core.question import Question
from xaivision.core.random import generator
from xaivision.core.settings import check_positive_integer
from xaivision.core.verdict import Verdict
from xaivision.engines.smoothing import NoisyCopies, input_range, smoothed
from xaivision.explainers.doubts import chance_doubts, gradient_doubts

# A method by its name, with its settings, or None for the plain gradient.
Base = Explainer | str | None
Statistic = Literal["mean", "mean square", "variance"]

UNKNOWN_RANGES = Note(
    "warn",
    "the model knows no ranges of its columns, so that the noise of every column is a share of the row's own range; give it "
    "a schema that does",
)


class Smoothing(Protocol):
    """The settings that the smoothing methods have in common."""

    @property
    def samples(self) -> int: ...

    @property
    def noise(self) -> float: ...

    @property
    def base(self) -> Base: ...


def check_smoothing(settings: Smoothing) -> None:
    """Raises: InputError, where a setting is not what it must be; UnknownNameError, where `base` names no method."""
    check_positive_integer("samples", settings.samples)
    noise = settings.noise
    if isinstance(noise, bool) or not isinstance(noise, float | int) or not 0 <= noise < float("inf"):
        raise InputError(f"`noise` must be a number from 0, a share of the input's range. Got {noise!r}.")
    explainer_of(settings.base)


def explainer_of(base: Base) -> Explainer | None:
    """The method itself; a name stands for the method with its default settings."""
    if isinstance(base, str):
        from xaivision.explainers.registry import explainer  # the registry names the methods that ask this

        return explainer(base)
    if base is None or (isinstance(base, Explainer) and not isinstance(base, type)):
        return base
    raise InputError(f"`base` must be a method's name, or a method such as IntegratedGradients(steps=16). Got {base!r}.")


def noisy_copies(q: Question, settings: Smoothing) -> NoisyCopies:
    """Copies of the question's inputs, with draws that are the same for every input and for each of these methods.

    A table whose columns have no known ranges is a doubt, since its noise has no unit; so is an input without a range.
    """
    inputs = q.query.inputs
    scale = settings.noise * input_range(inputs, q.model.ranges)
    if settings.noise > 0:
        doubt_ranges(q, scale)

    return NoisyCopies(inputs, scale, normal_draws(inputs, q.seed), settings.samples)


def normal_draws(inputs: Tensor, seed: int) -> Callable[[range], Tensor]:
    """For each of the draws that are named (k, *S) normal numbers, the same for every input (B, *S)."""

    def noise(draws: range) -> Tensor:
        # A generator for each draw: which batch it falls into does not matter.
        made = [
            torch.randn(inputs.shape[1:], generator=generator(seed, "noisy copies", draw), dtype=torch.float32, device="cpu")
            for draw in draws
        ]
        return torch.stack(made).to(inputs)

    return noise


def doubt_ranges(q: Question, scale: Tensor) -> None:
    if q.model.domain == "tabular" and q.model.ranges is None:
        q.note(UNKNOWN_RANGES)
    if flat := tuple((~scale.flatten(1).any(1)).nonzero().flatten().tolist()):
        q.note(Note("warn", "the input is the same value everywhere: a share of its range is no noise at all", flat))


class PlainGradients:
    """The gradients at noisy copies."""

    kind: Kind = "slope"

    def __init__(self, q: Question) -> None:
        self._question = q
        self._cut = False

    def __call__(self, copies: Tensor, rows: Tensor) -> Tensor:
        found = self._question.torch_model.gradients(copies, self._question.query.target.take(rows))
        self._cut = self._cut or found.cut
        return found.values

    def confess(self) -> None:
        gradient_doubts(self._question, self._cut)


class BaseAnswers:
    """Another method's values for noisy copies, each asked about the class of its input; `kind` is that of the method."""

    kind: Kind = "slope"

    def __init__(self, q: Question, base: Explainer) -> None:
        self._question = q
        self._base = base
        self._doubted: dict[int, list[Verdict]] = {}
        self._asked = 0

    def __call__(self, copies: Tensor, rows: Tensor) -> Tensor:
        q = self._question
        with perturbed_on_purpose():
            found = self._base.explain(q.model, copies, q.query.target.take(rows), seed=q.seed)
        if not isinstance(found, Attribution):
            name = self._base.about.name
            raise InputError(f"`base` must give a value for each feature. `{name}` gives {type(found).__name__}.")
        self.kind = found.kind
        self._asked += len(rows)
        for row, verdict in zip(rows.tolist(), found.verdicts, strict=True):
            if verdict.status != "ok":
                self._doubted.setdefault(row, []).append(verdict)
        return found.values

    def confess(self) -> None:
        """Refuse what was refused on more than half of the copies; any other doubt of a copy is a doubt of the whole."""
        copies = self._asked // len(self._question.query)
        for row, verdicts in self._doubted.items():
            refused = [verdict for verdict in verdicts if verdict.status == "refuse"]
            first = (refused or verdicts)[0].reasons[0]
            text = f"on {len(verdicts)} of {copies} noisy copies `{self._base.about.name}` is in doubt: {first}"
            self._question.note(Note("refuse" if 2 * len(refused) > copies else "warn", text, (row,)))


def smoothing(q: Question, settings: Smoothing, statistic: Statistic) -> Attribution:
    """The statistic of the answers over the noisy copies, with its standard error and the doubts of both."""
    method = explainer_of(settings.base)
    answers = PlainGradients(q) if method is None else BaseAnswers(q, method)
    copies = noisy_copies(q, settings)
    size = q.model.batches.size(copies.inputs, "gradients" if method is None else "scores")

    def squares(made: Tensor, rows: Tensor) -> Tensor:
        return answers(made, rows).double().square()

    found = smoothed(copies, squares if statistic == "mean square" else answers, size, fourth=statistic == "variance")
    answers.confess()
    values, error = found.mean, found.error_of_mean()
    if statistic == "variance":
        values, error = found.variance, found.error_of_variance()
    if settings.noise > 0:
        chance_doubts(q, values, error, "samples")
    return q.attribution(
        values.to(copies.inputs.dtype),
        answers.kind,
        standard_error=None if error is None else error.to(copies.inputs.dtype),
    )
