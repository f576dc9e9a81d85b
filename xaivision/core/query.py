"""What was asked: inputs, the class to explain for each, and the scores the model gave."""

from dataclasses import dataclass

from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter, ScoreUnit
from xaivision.core.errors import InputError
from xaivision.core.sharing import shared_scores
from xaivision.core.targets import Targets, resolved_targets, target_scores

# Rounding of resizing and of 8-bit division stays well inside this.
PIXEL_SLACK = 1e-4
# Softmax in float32 over a thousand classes sums to 1 within this; logits do by chance only.
UNIT_SLACK = 1e-5


@dataclass(frozen=True, eq=False)
class Query:
    """`inputs` (B, *S), `targets` (B,) class numbers, `scores` (B,) of those classes, in `score_unit`.

    `probabilities` (B,) of the targets; None where the scores are margins.
    """

    inputs: Tensor
    targets: Tensor
    scores: Tensor
    score_unit: ScoreUnit
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    probabilities: Tensor | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    def target_names(self) -> tuple[str, ...]:
        """Name of each input's target."""
        return tuple(self.class_names[int(t)] if self.class_names else str(int(t)) for t in self.targets)


def asked(model: ClassifierAdapter, inputs: Tensor, targets: Targets = None) -> Query:
    """Check the inputs, ask the model for their scores, and settle the targets (None: the predicted classes).

    Raises: InputError, where the inputs are empty, not finite, of the wrong shape or not in [0, 1] for images, or a
    target is no class of the model.
    """
    _check_batch(model, inputs)
    scores = shared_scores(model, inputs)
    _check_unit(model, scores)
    chosen = resolved_targets(targets, scores)
    names = model.schema.names if model.schema is not None else ()
    probabilities = model.probabilities(scores)
    return Query(
        inputs.detach(),
        chosen,
        target_scores(scores, chosen),
        model.score_unit,
        model.class_names,
        names,
        None if probabilities is None else target_scores(probabilities, chosen),
    )


def _check_unit(model: ClassifierAdapter, scores: Tensor) -> None:
    """Probabilities taken for logits would be put through softmax once more, with no error.

    Two scores may well be an evidence and its complement; three that sum to 1 are no accident.
    """
    if scores.shape[1] < 3:
        return
    sums = scores.double().sum(1)
    if model.score_unit == "logit" and bool((scores >= 0).all()) and bool(((sums - 1).abs() < UNIT_SLACK).all()):
        raise InputError(
            "The model was said to give logits. Got scores that are not negative and sum to 1, as probabilities do. "
            "Give the classifier score_unit='probability'."
        )


def _check_batch(model: ClassifierAdapter, inputs: Tensor) -> None:
    model.check(inputs)
    if not bool(inputs.isfinite().all()):
        bad = int((~inputs.isfinite()).sum())
        raise InputError(f"`inputs` must be finite. Got {bad} values that are NaN or infinite. Remove or impute them first.")
    if model.domain == "image":
        low, high = (float(end) for end in inputs.detach().aminmax())
        if low < -PIXEL_SLACK or high > 1 + PIXEL_SLACK:
            remedy = "Divide by 255." if high > 2 and low >= 0 else "Undo it, and give `mean` and `std` to the classifier."
            raise InputError(
                f"Images must be in [0, 1], since normalization is part of the classifier. "
                f"Got values from {low:.4g} to {high:.4g}. {remedy}"
            )
