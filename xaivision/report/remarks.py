"""What a method says of its answer that is no doubt: notes that are told beside the verdict and have no part in it."""

from xaivision.core.explanation import Explanation
from xaivision.core.verdict import Verdict, joined
from xaivision.report.signed_map import refused
from xaivision.report.wording import plain

# Repairs come by the hundreds, one note each.
MOST_REMARKS = 3


def remarks(explanation: Explanation, index: int) -> tuple[str, ...]:
    """The notes about this input that are no doubts, each once: at most three lines, the last of which counts the rest.

    A refused explanation has none: nothing of it is to be believed.
    """
    return _at_most(_all(explanation, index))


def remarks_on_all(explanation: Explanation) -> tuple[str, ...]:
    """The notes about all inputs together; those that do not concern all of them begin with the inputs that they do."""
    own = [Verdict("ok", _all(explanation, index)) for index in range(len(explanation.query))]
    return _at_most(joined(own).reasons)


def _all(explanation: Explanation, index: int) -> tuple[str, ...]:
    if refused(explanation, index):
        return ()
    notes = (note for note in explanation.diagnostics.notes if note.status == "ok" and note.concerns(index))
    return tuple(dict.fromkeys(plain(note.text) for note in notes))


def _at_most(found: tuple[str, ...]) -> tuple[str, ...]:
    if len(found) <= MOST_REMARKS:
        return found
    return (*found[: MOST_REMARKS - 1], f"{len(found) - MOST_REMARKS + 1} more notes")
