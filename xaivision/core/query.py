"""What was asked: inputs, the class to explain for each, and the scores the model gave."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from math import isfinite

from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.presenting import few, shape_of
from xaivision.core.sharing import shared_scores
from xaivision.core.targets import Output, ScoreUnit, Targets, TargetScore, resolved_target

# Rounding of resizing and of 8-bit division stays well inside this.
PIXEL_SLACK = 1e-4
# Softmax in float32 over a thousand classes sums to 1 within this; logits do by chance only.
UNIT_SLACK = 1e-5
# Half precision and calibrated probabilities stay inside this; scores of another unit leave it soon.
PROBABILITY_SLACK = 1e-3

# (B, K) scores of these inputs. A method whose own pass gives them need not ask twice.
Scorer = Callable[[ClassifierAdapter, Tensor], Tensor]

_perturbed: ContextVar[bool] = ContextVar("perturbed", default=False)


@contextmanager
def perturbed_on_purpose() -> Iterator[None]:
    """Let images leave [0, 1] inside: for a method that asks another one about noisy copies of checked inputs."""
    before = _perturbed.set(True)
    try:
        yield
    finally:
        _perturbed.reset(before)


@dataclass(frozen=True, eq=False, repr=False)
class Query:
    """`inputs` (B, *S), `targets` (B,) class numbers, `scores` (B,) the explained numbers, in `unit`.

    `score_unit` is what the model gives; `output` what is explained of it, where `against` (B,) is given as a difference
    between two classes. `probabilities` (B,) of the targets; None where the model's scores are margins. `category_names`:
    for each column of a table what its codes 0, 1, ... stand for, nothing where it holds numbers. `probability_sums` (B,): what
    the probabilities of all classes sum to, where each is one of its own; None where they sum to 1.
    """

    inputs: Tensor
    targets: Tensor
    scores: Tensor
    score_unit: ScoreUnit
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    probabilities: Tensor | None = None
    against: Tensor | None = None
    output: Output = "score"
    category_names: tuple[tuple[str, ...], ...] = ()
    probability_sums: Tensor | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    def __repr__(self) -> str:
        """One line, where the tensors would fill pages."""
        against = f", against {few(self._names(self.against))}" if self.against is not None else ""
        return f"Query(inputs {shape_of(self.inputs)}, targets {few(self._names(self.targets))}{against}, {self.unit})"

    @cached_property
    def target(self) -> TargetScore:
        """The explained number as a function of the model's scores."""
        return TargetScore(self.targets, self.against, self.output, self.score_unit)

    @property
    def unit(self) -> str:
        """What `scores` are, in words: "logit", "probability difference"."""
        return self.target.unit

    def target_names(self) -> tuple[str, ...]:
        """Name of each input's target."""
        return self._names(self.targets)

    def against_names(self) -> tuple[str, ...] | None:
        """Name of the class each target is held against; None where there is none."""
        return None if self.against is None else self._names(self.against)

    def _names(self, classes: Tensor) -> tuple[str, ...]:
        return tuple(self.class_names[int(number)] if self.class_names else str(int(number)) for number in classes)


def asked(model: ClassifierAdapter, inputs: Tensor, targets: Targets = None, scorer: Scorer = shared_scores) -> Query:
    """Check the inputs, ask the model for their scores, and settle the targets (None: the predicted classes).

    Raises: InputError, where the inputs are empty, not finite, of the wrong shape or not in [0, 1] for images, or a
    target is no class of the model.
    """
    check_batch(model, inputs)
    scores = scorer(model, inputs)
    _check_unit(model, scores)
    target = resolved_target(targets, scores, model.score_unit)
    _check_output(model, target)
    schema = model.schema
    probability = TargetScore(target.classes, output="probability", score_unit=model.score_unit)
    return Query(
        inputs.detach(),
        target.classes,
        target.of(scores),
        model.score_unit,
        model.class_names,
        schema.names if schema is not None else (),
        probability.of(scores) if model.gives_probabilities else None,
        target.against,
        target.output,
        schema.category_names if schema is not None else (),
        _sums(scores) if model.score_unit == "probability" else None,
    )


def _sums(probabilities: Tensor) -> Tensor | None:
    """(B,) over the classes (B, K); None where they are 1, or no numbers."""
    sums = probabilities.detach().sum(1)
    known = sums[sums.isfinite()]
    return sums if bool(((known - 1).abs() > PROBABILITY_SLACK).any()) else None


def _check_output(model: ClassifierAdapter, target: TargetScore) -> None:
    if target.output.endswith("probability") and not model.gives_probabilities:
        raise InputError(
            f"`output` {target.output!r} needs a model that gives probabilities. Got {model!r}, whose scores are margins. "
            "Use 'score' or 'margin'."
        )


def _check_unit(model: ClassifierAdapter, scores: Tensor) -> None:
    """Probabilities taken for logits would be put through softmax once more, with no error; logits taken for probabilities
    would be reported as such.

    Two scores may well be an evidence and its complement; three that sum to 1 are no accident. Probabilities need not sum to
    1: those of classes that do not exclude each other do not. Scores that are no numbers are left to the verdict.
    """
    if model.score_unit == "probability":
        _check_probabilities(scores)
        return
    if scores.shape[1] < 3 or not bool((scores >= 0).all()):
        return
    if bool(((scores.double().sum(1) - 1).abs() < UNIT_SLACK).all()):
        raise InputError(
            "The model was said to give logits. Got scores that are not negative and sum to 1, as probabilities do. "
            "Give the classifier score_unit='probability'."
        )


def _check_probabilities(scores: Tensor) -> None:
    """Raises: InputError, where one of them is a number outside [0, 1]."""
    known = scores[scores.isfinite()]
    if not len(known):
        return
    low, high = (float(end) for end in known.aminmax())
    if low < -PROBABILITY_SLACK or high > 1 + PROBABILITY_SLACK:
        raise InputError(
            f"The model was said to give probabilities, which are in [0, 1]. Got scores from {low:.4g} to {high:.4g}. "
            "Give the classifier score_unit='logit', or a model that returns probabilities."
        )


def check_batch(model: ClassifierAdapter, inputs: Tensor) -> None:
    """Raises: InputError, where the inputs are empty, not finite, of the wrong shape or not in [0, 1] for images."""
    model.check(inputs)
    low, high = (float(end) for end in inputs.detach().aminmax())  # NaN where one value is: one look shows it all
    if not (isfinite(low) and isfinite(high)):
        bad = int((~inputs.isfinite()).sum())
        raise InputError(f"`inputs` must be finite. Got {bad} values that are NaN or infinite. Remove or impute them first.")
    if model.domain == "image" and not _perturbed.get() and (low < -PIXEL_SLACK or high > 1 + PIXEL_SLACK):
        remedy = "Divide by 255." if high > 2 and low >= 0 else "Undo it, and give `mean` and `std` to the classifier."
        raise InputError(
            f"Images must be in [0, 1], since normalization is part of the classifier. "
            f"Got values from {low:.4g} to {high:.4g}. {remedy}"
        )
