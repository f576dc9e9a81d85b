"""Gradients of standard networks leak into the block that never changes."""

from xaivision.evaluation.known_answers.decimals import spanned
from xaivision.evaluation.known_answers.published.claim import Claim, Rows, Studies, Told
from xaivision.evaluation.known_answers.study_table import StudyTable
from xaivision.evaluation.known_answers.suites.robust_networks import SOURCE


def _leaks(_rows: Rows, studies: Studies) -> Told:
    """Of the convolutional networks: gradient outside the digit where it moves, where it stays, and of the robust ones."""
    table = studies.get("leakage")
    if table is None:
        return None
    moving, staying = ("cnn, digit anywhere, standard", "cnn, digit on top, standard")
    robust = [label for label, _ in table.rows if label.startswith("cnn") and "robust" in label]
    told = " and ".join(f"{_outside(table, label)} of the {label.rsplit(', ', 1)[1]} one" for label in robust)
    numbers = (
        f"Of the convolutional networks, with chance at 0.5: {_outside(table, moving)} of the standard one's gradient lies "
        f"outside the digit's block where it moves, {_outside(table, staying)} where it stays on top, and {told}. Intervals are "
        f"over pictures, of one network each."
    )
    values = {label: table.value(label, "gradient outside the digit") for label in (moving, staying, *robust)}
    return values[moving] > 2.5 * values[staying] and max(values[label] for label in robust) < values[moving], numbers


def _outside(table: StudyTable, label: str) -> str:
    heads = ("gradient outside the digit", "gradient outside, from", "to")
    mean, low, high = (table.value(label, head) for head in heads)
    return spanned(mean, (low, high))


LEAKS = Claim(
    "Gradients of standard networks leak into the null block when the signal moves, and those of robust ones less.",
    SOURCE,
    _leaks,
    "the block pictures",
)
