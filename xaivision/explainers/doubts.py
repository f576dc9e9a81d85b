"""What gradient methods must confess to the verdict."""

from torch import Tensor

from xaivision.core.completeness import completeness_tolerance
from xaivision.core.diagnostics import Note
from xaivision.core.question import Question


def gradient_doubts(question: Question, cut: bool) -> None:
    """Refuse where no gradient of the score reaches what was asked about."""
    if cut:
        question.note(Note("refuse", "the gradient is cut: the model's scores do not depend differentiably on the input"))


def missed_changes(question: Question, values: Tensor, change: Tensor) -> None:
    """Refuse where the score changes (B,) and the values together hold next to none of it: the path's nodes missed the step."""
    held, tolerance = values.double().abs().flatten(1).sum(1), completeness_tolerance(change)
    missed = (held <= tolerance) & (change.abs() > tolerance) & (held > 0)  # the verdict knows maps of zeros by itself
    for index in missed.nonzero().flatten().tolist():
        text = f"the map is next to zero ({float(held[index]):.2g} in all) while the score changes by {float(change[index]):.3g}"
        question.note(Note("refuse", text, (index,)))
