"""What gradient methods must confess to the verdict."""

from xaivision.core.diagnostics import Note
from xaivision.core.question import Question


def gradient_doubts(question: Question, cut: bool) -> None:
    """Refuse where no gradient of the score reaches what was asked about."""
    if cut:
        question.note(Note("refuse", "the gradient is cut: the model's scores do not depend differentiably on the input"))
