"""May these numbers be shown as an explanation? A pure function of what was measured, never of the method's name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.completeness import completeness_tolerance, magnitude, score_scale
from xaivision.core.diagnostics import Diagnostics, Status, numbered

SEVERITY: tuple[Status, ...] = ("ok", "warn", "refuse")
POOR_LOCAL_FIT = 0.5


@dataclass(frozen=True)
class Verdict:
    """`ok`: nothing speaks against it. `warn`: a doubt, named. `refuse`: the numbers are not an explanation."""

    status: Status
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.status}: {'; '.join(self.reasons)}" if self.reasons else self.status


def worst(statuses: Iterable[Status]) -> Status:
    """The severest of these; `ok` where there are none."""
    return max(statuses, key=SEVERITY.index, default="ok")


def joined(verdicts: Sequence[Verdict]) -> Verdict:
    """One verdict for a batch: the severest, each reason once, with the inputs it concerns where not all."""
    inputs_of: dict[str, list[int]] = {}
    for index, verdict in enumerate(verdicts):
        for reason in verdict.reasons:
            inputs_of.setdefault(reason, []).append(index)
    reasons = tuple(
        reason if len(found) == len(verdicts) else f"{numbered(found)}: {reason}" for reason, found in inputs_of.items()
    )
    return Verdict(worst(verdict.status for verdict in verdicts), reasons)


def judged(
    values: Tensor | None, scores: Tensor, diagnostics: Diagnostics, reference_scores: Tensor | None = None
) -> tuple[Verdict, ...]:
    """One verdict for each input, from its attribution values (None: no attribution), scores and diagnostics."""
    return tuple(
        _judged_one(
            None if values is None else values[index],
            scores[index],
            diagnostics,
            None if reference_scores is None else reference_scores[index],
            index,
        )
        for index in range(len(scores))
    )


def _judged_one(values: Tensor | None, score: Tensor, diagnostics: Diagnostics, reference: Tensor | None, index: int) -> Verdict:
    found: list[tuple[Status, str]] = [(note.status, note.text) for note in diagnostics.notes if note.concerns(index)]
    if not bool(score.isfinite()):
        found.append(("refuse", "the model's score is not finite"))
    if values is not None:
        found += _of_values(values)
    if reference is not None:
        found += _of_completeness(values, score, reference, diagnostics.completeness_gap, index)
    if diagnostics.local_fit is not None and not float(diagnostics.local_fit[index]) >= POOR_LOCAL_FIT:  # NaN is poor too
        found.append(("warn", f"the local model fits poorly (R2 {float(diagnostics.local_fit[index]):.2f})"))
    return Verdict(worst(status for status, _ in found), tuple(dict.fromkeys(text for status, text in found if status != "ok")))


def _of_values(values: Tensor) -> list[tuple[Status, str]]:
    bad = int((~values.isfinite()).sum())
    return [("refuse", f"{bad} of {values.numel()} values are not finite")] if bad else []


def _of_completeness(
    values: Tensor | None, score: Tensor, reference: Tensor, gaps: Tensor | None, index: int
) -> list[tuple[Status, str]]:
    change = score.double() - reference.double()
    if not bool(change.isfinite()):
        return [("refuse", "the change of the score from the baseline is not finite")]
    tolerance = completeness_tolerance(change, score_scale(score, reference))
    if values is not None and not bool(values.any()):
        if bool(change.abs() > tolerance):
            return [("refuse", f"the map is zero everywhere while the score changes by {float(change):.3g}")]
        return [("warn", "the map is zero everywhere: the score is practically that of the baseline")]
    if gaps is None:
        return []
    if values is not None:
        tolerance = completeness_tolerance(change, score_scale(score, reference), magnitude(values[None])[0])
    gap = gaps[index].double()
    if bool(torch.isnan(gap)) or bool(gap.abs() > tolerance):
        total = float(change - gap)
        text = f"it does not add up: the score changes by {float(change):.3g}, the contributions sum to {total:.3g}"
        return [("warn", text)]
    return []
