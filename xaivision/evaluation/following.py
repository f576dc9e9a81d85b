"""The number of an input that a metric follows while features go: the target's probability where there is one."""

from typing import Literal

from xaivision.core.errors import InputError
from xaivision.core.targets import TargetScore
from xaivision.evaluation.measurement import Measurement

Output = Literal["auto", "probability", "score"]


def check_output(output: object) -> None:
    """Raises: InputError, where the setting names no number to follow."""
    if output not in ("auto", "probability", "score"):
        raise InputError(f"`output` must be 'auto', 'probability' or 'score'. Got {output!r}.")


def followed(m: Measurement, output: Output) -> tuple[TargetScore, str]:
    """The number that is followed, and its unit. "auto": the probability where the model has one, and the margin elsewhere.

    Raises: InputError, where probabilities are asked of a model that gives none.
    """
    asked = m.explanation.query.target
    if output == "score":
        return asked, asked.unit
    if m.model.gives_probabilities:
        return TargetScore(asked.classes, output="probability", score_unit=m.model.score_unit), "probability"
    if output == "probability":
        raise InputError(f"`output` 'probability' needs a model that gives probabilities. Got {m.model!r}. Use 'score'.")
    return TargetScore(asked.classes), "margin"
