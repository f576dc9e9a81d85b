"""Weights of a linear model name a suppressor."""

from xaivision.evaluation.known_answers.decimals import decimals, spanned
from xaivision.evaluation.known_answers.published.claim import Claim, Rows, Studies, Told
from xaivision.evaluation.known_answers.study_table import StudyTable

SHARE = "share of the suppressor"


def _suppressor_weights(_rows: Rows, studies: Studies) -> Told:
    """The suppressor has nearly as much of the weights as the signal, and less than a tenth of the pattern."""
    table = studies.get("suppressor pair")
    if table is None:
        return None
    weights, pattern = (table.value(label, SHARE) for label in ("sizes of the weights", "pattern"))
    numbers = (
        f"The suppressor's share: {_share(table, 'sizes of the weights')} of the weights' size, {_share(table, 'pattern')} of "
        "the pattern's, with 95 % intervals over sets that are drawn anew, and a standard error of "
        f"{decimals(table.value('pattern', 'standard error'), 3)} within a set; a map that knows nothing gives it 0.5 of two "
        "columns."
    )
    return weights > 0.45 and pattern < 0.1, numbers


def _share(table: StudyTable, label: str) -> str:
    mean, low, high = (table.value(label, head) for head in (SHARE, "suppressor, from", "to"))
    return spanned(mean, (low, high), 3)


WEIGHTS = Claim(
    "Weights of a linear model name a suppressor, the pattern that they read does not.",
    "Haufe et al., 2014, doi:10.1016/j.neuroimage.2013.10.067",
    _suppressor_weights,
    "the suppressor pair",
)
