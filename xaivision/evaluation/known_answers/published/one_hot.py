"""The largest gradient of a standard network is hardly ever the signal."""

from xaivision.evaluation.known_answers.decimals import decimals, spanned
from xaivision.evaluation.known_answers.published.claim import Claim, Rows, Studies, Told
from xaivision.evaluation.known_answers.study_table import StudyTable
from xaivision.evaluation.known_answers.suites.robust_networks import SOURCE


def _one_hot(_rows: Rows, studies: Studies) -> Told:
    """How often the largest is the signal: hardly ever is less than by chance, always is always."""
    table = studies.get("one hot")
    if table is None:
        return None
    first, chance = "largest is the signal", table.value("random map", "largest is the signal")
    (robust,) = (label for label in table.labels if label.startswith("robust"))
    numbers = (
        f"The largest gradient is the signal in {decimals(table.value('standard', first))} of the rows of the standard networks "
        f"and in {decimals(table.value(robust, first))} of the robust ones', {decimals(chance)} of random maps'. Quality of "
        f"attribution, from -1 to 1: {_quality(table, 'standard')} and {_quality(table, robust)}, with 95 % intervals over "
        "networks where there are several; published are -0.52 and 1.00."
    )
    return table.value("standard", first) < chance and table.value(robust, first) > 0.99, numbers


def _quality(table: StudyTable, label: str) -> str:
    mean, low, high = (table.value(label, head) for head in ("quality", "quality, from", "to"))
    return spanned(mean, (low, high))


HARDLY_EVER = Claim(
    "On the one-hot problem the largest gradient of a standard network is more rarely the signal than by chance, of a robust one "
    "always.",
    SOURCE,
    _one_hot,
    "the one-hot problem",
)
