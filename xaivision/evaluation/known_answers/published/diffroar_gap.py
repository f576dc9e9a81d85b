"""DiffROAR of robust networks is far above that of standard ones, which is negative where little is kept."""

from collections.abc import Sequence
from math import nan

from xaivision.evaluation.known_answers.decimals import spanned
from xaivision.evaluation.known_answers.diffroar import FROM, SPREAD, TO
from xaivision.evaluation.known_answers.published.claim import Claim, Rows, Studies, Told
from xaivision.evaluation.known_answers.study_table import StudyTable
from xaivision.evaluation.known_answers.suites.robust_networks import SOURCE

# How far robust networks have to be ahead, and how near to nothing random maps, where little is kept: at so many shares.
GAP, NOTHING, LITTLE = 0.3, 0.05, 2
BRACKETS = "Brackets are 95 % intervals over runs."


def _diffroar(_rows: Rows, studies: Studies) -> Told:
    """At the two smallest shares kept robust at least 0.3 ahead of standard, and random near nothing; told at the others too."""
    table = studies.get("diffroar")
    if table is None:
        return None
    every = table.heads[1:]
    heads = every[:LITTLE]
    robust = [label for label in table.labels if _names_robust(label)]
    gaps = [table.value(label, head) - table.value("standard", head) for label in robust for head in heads]
    told = "; ".join(_at(table, label, heads) for label in ("standard", *robust, "random"))
    numbers = f"With {' and '.join(heads)}: {told}. {_beside_edges(table, heads)}{_beyond(table, every[LITTLE:])}{BRACKETS}"
    return min(gaps) > GAP and _largest(table, heads) < NOTHING, numbers


def _beyond(table: StudyTable, heads: Sequence[str]) -> str:
    """Where more is kept: what random maps have, and whether it is as near to nothing as where little is."""
    if not heads:
        return ""
    near = "also" if _largest(table, heads) < NOTHING else "not"
    return f"With {' and '.join(heads)}: {_at(table, 'random', heads)}, {near} within {NOTHING:g} of nothing. "


def _largest(table: StudyTable, heads: Sequence[str]) -> float:
    return max(abs(table.value("random", head)) for head in heads)


def _beside_edges(table: StudyTable, heads: Sequence[str]) -> str:
    """What an edge filter has, and where it is ahead of a robust network."""
    if "sobel" not in table.labels:
        return ""
    robust = [label for label in table.labels if _names_robust(label)]
    behind = [
        f"{label} with {head}" for head in heads for label in robust if table.value(label, head) <= table.value("sobel", head)
    ]
    ahead = f", and is ahead of {' and '.join(behind)}" if behind else ""
    return f"An edge filter has {_at(table, 'sobel', heads).removeprefix('sobel ')}{ahead}. "


def _names_robust(label: str) -> bool:
    return label.startswith("robust") and not label.endswith((FROM, TO, SPREAD))


def _at(table: StudyTable, label: str, heads: Sequence[str]) -> str:
    """The means of a row, each with its interval over runs where there is one."""
    ends = [(_or_nothing(table, f"{label}{FROM}", head), _or_nothing(table, f"{label}{TO}", head)) for head in heads]
    return f"{label} {' and '.join(spanned(table.value(label, head), one) for head, one in zip(heads, ends, strict=True))}"


def _or_nothing(table: StudyTable, label: str, head: str) -> float:
    return table.value(label, head) if label in table.labels else nan


def _negative(_rows: Rows, studies: Studies) -> Told:
    """Whether standard gradients do worse than their own reversal; digits are known to be too easy for that."""
    table = studies.get("diffroar")
    if table is None:
        return None
    heads = table.heads[1 : 1 + LITTLE]
    numbers = f"With {' and '.join(heads)}: {_at(table, 'standard', heads)}. {BRACKETS}"
    return max(table.value("standard", head) for head in heads) < 0, numbers


FAR_ABOVE = Claim(
    "DiffROAR of robust networks is far above that of standard ones where little is kept, and that of random maps near nothing.",
    SOURCE,
    _diffroar,
    "DiffROAR on digits",
)
NEGATIVE = Claim(
    "DiffROAR of standard networks is negative where little is kept.",
    SOURCE,
    _negative,
    "DiffROAR on digits",
)
