"""What is explained of each input: the score of one class, alone or against another, as logit, probability or margin."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.presenting import few, in_short

ScoreUnit = Literal["logit", "probability"]
Output = Literal["score", "logit", "log_probability", "probability", "margin"]
Classes = int | Sequence[int] | Tensor | None
NamedClasses = Classes | str | Sequence[str]


@dataclass(frozen=True, eq=False)
class Target:
    """What a caller wants explained: `classes` (None: the predicted ones; names where `xv.explain` is asked), and what of them.

    `against`: "why A and not B", the difference of the two scores. `output` "score": as the model gives it; "logit",
    "log_probability", "probability"; "margin": the score minus the largest of the other classes.
    """

    classes: NamedClasses = None
    against: NamedClasses = None
    output: Output = "score"

    def __post_init__(self) -> None:
        if self.output not in get_args(Output):
            raise InputError(f"`output` must be one of {', '.join(map(repr, get_args(Output)))}. Got {self.output!r}.")
        if self.output == "margin" and self.against is not None:
            raise InputError("`output` 'margin' is against the best other class. Got `against` as well; give one of the two.")


@dataclass(frozen=True, eq=False, repr=False)
class TargetScore:
    """The one number of each input that is explained, as a function of its row of scores.

    `classes` (B,) and `against` (B,) are class numbers; `score_unit` is what the model gives.
    """

    classes: Tensor
    against: Tensor | None = None
    output: Output = "score"
    score_unit: ScoreUnit = "logit"

    def __repr__(self) -> str:
        """One line, where the class numbers of a large batch would fill a page."""
        against = "" if self.against is None else f"against {few(map(str, self.against.tolist()))}"
        return in_short(self, f"classes {few(map(str, self.classes.tolist()))}", against, self.unit)

    def of(self, scores: Tensor) -> Tensor:
        """(B,) the explained numbers, out of (B, K) scores of the model; differentiable."""
        outputs = self._outputs(scores)
        classes = self.classes.to(scores.device, copy=scores.requires_grad)  # autograd keeps it: not the caller's own
        chosen = outputs.gather(1, classes[:, None]).squeeze(1)
        if self.output == "margin":
            rivals = outputs.scatter(1, classes[:, None], -torch.inf)
            return chosen - rivals.amax(1)
        if self.against is None:
            return chosen
        return chosen - outputs.gather(1, self.against.to(scores.device, copy=scores.requires_grad)[:, None]).squeeze(1)

    def take(self, rows: Tensor | slice) -> "TargetScore":
        """The same question about these inputs, in this order, repeats allowed."""
        against = None if self.against is None else self.against[rows]
        return replace(self, classes=self.classes[rows], against=against)

    def settled(self, _scores: Tensor) -> "TargetScore":
        """Itself: its classes wait for no scores, as those of `TargetNumbers` may."""
        return self

    @property
    def contrasts(self) -> bool:
        """Whether the class is explained against another: against one, or against the best of the others."""
        return self.against is not None or self.output == "margin"

    @property
    def unit(self) -> str:
        """What the explained number is, in words."""
        name = self.score_unit if self.output in ("score", "margin") else self.output.replace("_", "-")
        if self.output == "margin":
            return f"{name} margin"
        return name if self.against is None else f"{name} difference"

    def _outputs(self, scores: Tensor) -> Tensor:
        if self.output == "probability" and self.score_unit == "logit":
            return scores.softmax(1)
        if self.output == "log_probability":
            return scores.log_softmax(1) if self.score_unit == "logit" else scores.log()
        return scores


Targets = Classes | Target | TargetScore


@dataclass(frozen=True, eq=False)
class TargetNumbers:
    """A checked question in class numbers whose predicted classes, where they are meant, wait for the scores.

    `classes` (B,), None: the predicted ones; the other fields are those of `TargetScore`.
    """

    classes: Tensor | None
    against: Tensor | None
    output: Output
    score_unit: ScoreUnit

    def settled(self, scores: Tensor) -> TargetScore:
        """The question about inputs with these scores (B, K).

        Raises: InputError, where a class is to be held against itself.
        """
        classes = scores.detach().argmax(dim=1) if self.classes is None else self.classes
        against = None if self.against is None else self.against.to(classes.device)
        if against is not None and bool((classes == against).any()):
            same = int(classes[classes == against][0])
            raise InputError(f"`against` must be another class than the target. Got class {same} for both.")
        return TargetScore(classes, against, self.output, self.score_unit)

    def of(self, scores: Tensor) -> Tensor:
        """(B,) the explained numbers, out of (B, K) scores of the model; differentiable."""
        return self.settled(scores).of(scores)

    def take(self, rows: Tensor | slice) -> "TargetNumbers":
        """The same question about these inputs, in this order, repeats allowed."""
        classes = None if self.classes is None else self.classes[rows]
        return replace(self, classes=classes, against=None if self.against is None else self.against[rows])


def target_numbers(targets: Targets, batch: int, num_classes: int, score_unit: ScoreUnit, device: torch.device) -> TargetNumbers:
    """The question in class numbers on the device, about `batch` inputs of a model.

    Raises: InputError, where a target is no class of the model, their number is not one or B, or the model does not give
    the output that is asked for.
    """
    if isinstance(targets, TargetScore):
        targets = Target(targets.classes, targets.against, targets.output)
    asked = targets if isinstance(targets, Target) else Target(targets)
    if asked.output == "logit" and score_unit == "probability":
        raise InputError(
            "`output` 'logit' needs a model that gives logits. This one gives probabilities. Use 'log_probability': over "
            "classes it differs from the logit by a constant."
        )
    shape = (batch, num_classes)
    classes = None if asked.classes is None else class_numbers("targets", asked.classes, shape, device)
    against = None if asked.against is None else class_numbers("against", asked.against, shape, device)
    return TargetNumbers(classes, against, asked.output, score_unit)


def resolved_target(targets: Targets, scores: Tensor, score_unit: ScoreUnit) -> TargetScore:
    """The question in class numbers on the scores' device: the predicted class where none is given.

    Raises: InputError, where a target is no class of the model, their number is not one or B, or the model does not give
    the output that is asked for.
    """
    batch, num_classes = scores.shape
    return target_numbers(targets, batch, num_classes, score_unit, scores.device).settled(scores)


def class_numbers(name: str, given: object, shape: tuple[int, int], device: torch.device) -> Tensor:
    """(B,) of as many inputs and classes as `shape` says: one number for all, or one for each.

    Raises: InputError, where they are none, of the named argument.
    """
    batch, classes = shape
    try:
        chosen = torch.as_tensor(given, device=device)
    except (TypeError, ValueError, RuntimeError):
        raise InputError(f"`{name}` must be class numbers. Got {given!r}.") from None
    if chosen.is_floating_point() or chosen.is_complex() or chosen.dtype == torch.bool:
        raise InputError(f"`{name}` must be class numbers. Got {str(chosen.dtype).removeprefix('torch.')}.")
    chosen = chosen.long()
    if chosen.ndim == 0:
        chosen = chosen.expand(batch)
    if chosen.shape != (batch,):
        raise InputError(
            f"`{name}` must be one class number, or one for each of {batch} inputs. Got shape {tuple(chosen.shape)}."
        )
    outside = chosen[(chosen < 0) | (chosen >= classes)]
    if len(outside):
        raise InputError(f"`{name}` must be class numbers from 0 to {classes - 1}. Got {int(outside[0])}.")
    return chosen.clone()
