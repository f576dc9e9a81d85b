"""What methods of any family must confess to the verdict: gradients that are cut, changes they missed, and chance."""

from torch import Tensor

from xaivision.core.completeness import completeness_tolerance, score_change, score_scale
from xaivision.core.diagnostics import Note
from xaivision.core.question import Question

# A map whose squares are by more than this share those of its standard error is rather chance than map: another seed's map
# would go along with it by less than half.
MOSTLY_CHANCE = 0.5
CUT_GRADIENT = Note("refuse", "the gradient is cut: the model's scores do not depend differentiably on the input")


def gradient_doubts(question: Question, cut: bool) -> None:
    """Refuse where no gradient of the score reaches what was asked about."""
    if cut:
        question.note(CUT_GRADIENT)


def missed_changes(question: Question, values: Tensor, reference_scores: Tensor) -> None:
    """Refuse where the score changes from the reference (B,) and the values together hold next to none of it: the path's
    nodes missed the step.
    """
    scores = question.query.scores
    change = score_change(scores, reference_scores)
    tolerance = completeness_tolerance(change, score_scale(scores, reference_scores))
    held = values.double().abs().flatten(1).sum(1)
    missed = (held <= tolerance) & (change.abs() > tolerance) & (held > 0)  # the verdict knows maps of zeros by itself
    for index in missed.nonzero().flatten().tolist():
        text = f"the map is next to zero ({float(held[index]):.2g} in all) while the score changes by {float(change[index]):.3g}"
        question.note(Note("refuse", text, (index,)))


def chance_doubts(question: Question, values: Tensor, standard_error: Tensor | None, setting: str) -> None:
    """Warn where more than half of the sum of a map's squares is that of its standard error, or the error is unknown."""
    if standard_error is None:
        question.note(Note("warn", f"one draw says nothing of its own error; take more `{setting}`"))
        return
    chance, whole = (part.double().square().flatten(1).sum(1) for part in (standard_error, values))
    for index in (chance > MOSTLY_CHANCE * whole).nonzero().flatten().tolist():
        share = float(chance[index] / whole[index]) if bool(whole[index] > 0) else 1.0
        text = f"the map is mostly chance: its standard error makes up {min(share, 1):.0%} of its squares; take more `{setting}`"
        question.note(Note("warn", text, (index,)))
