"""The baseline that a method's setting means for a question."""

from torch import Tensor

from xaivision.core.diagnostics import Note
from xaivision.core.question import Question
from xaivision.engines.baselines import Baseline, guessed, reference_inputs


def baseline_of(q: Question, setting: Baseline) -> Tensor:
    """(B, *S) in input space; a baseline that had to be guessed is doubted.

    Raises: InputError, where the setting has no meaning for these inputs, or does not fit them.
    """
    if doubt := guessed(setting, q.query.inputs, q.model.typical):
        q.note(Note("warn", doubt))
    return reference_inputs(setting, q.query.inputs, q.generator("baseline"), q.model.typical)
