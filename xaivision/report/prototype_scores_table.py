"""Whether prototypes each mean one part, as rows of text: for the terminal, the page and machines."""

import math
from typing import Any

from rich.table import Table
from rich.text import Text
from torch import Tensor

from xaivision.evaluation.prototypes.prototype_scores import PartScore, PrototypeScores
from xaivision.report.table import empty_table
from xaivision.report.wording import UNDEFINED, plain

ABOUT = (
    "Consistency: at one and the same part in at least 80 % of the pictures of its class. Stability: stays at the same parts "
    "under noise. Purity: of the pictures most like it, the share in which it is at one same part. Middle: what a prototype "
    "would get that is always in the middle of the picture; where both are as high, the score says nothing of the prototypes. "
    "Box overlap: by how much the boxes with and without noise overlap, a substitute of ours that needs no parts."
)


def scored(found: PrototypeScores) -> dict[str, PartScore]:
    """The scores that need parts, by name; nothing where no parts were given."""
    named = {"consistency": found.consistency, "stability": found.stability, "purity": found.purity}
    return {name: one for name, one in named.items() if one is not None}


def score_rows(found: PrototypeScores) -> list[tuple[str, ...]]:
    """Name, class, pictures of it, each score and the box overlap in percent: of every prototype, their mean, and the middle."""
    parts = [one.each for one in scored(found).values()]
    rows = [
        (
            f"prototype {place}",
            plain(found.class_names[int(owner)]),
            str(int(found.pictures[place])),
            *(_percent(float(each[place])) for each in (*parts, found.box_overlap)),
        )
        for place, owner in enumerate(found.owners)
    ]
    means = [_percent(_mean(each)) for each in (*parts, found.box_overlap)]
    middle = [_percent(one.percent_of_middle / 100) for one in scored(found).values()]
    ends = [("mean", "", "", *means), *([("middle of the picture", "", "", *middle, "")] if middle else [])]
    return [*rows, *ends]


def score_headings(found: PrototypeScores) -> tuple[str, ...]:
    """What stands above the columns of `score_rows`."""
    return ("", "class", "pictures", *scored(found), "box overlap")


def prototype_scores_table(found: PrototypeScores) -> Table:
    """A row for each prototype, their mean, and what the middle of the picture would get."""
    names = f" (parts: {', '.join(map(plain, found.part_names))})" if found.part_names else " (no parts known)"
    table = empty_table(f"Does each prototype mean one part?{names}")
    for heading in score_headings(found):
        table.add_column(heading, justify="left" if heading in ("", "class") else "right", no_wrap=True)
    rows, ends = score_rows(found), 2 if scored(found) else 1
    for row in rows[:-ends]:
        table.add_row(*map(Text, row))
    table.add_section()
    for row in rows[-ends:]:
        table.add_row(*map(Text, row))
    table.caption = Text(ABOUT)
    return table


def prototype_scores_summary(found: PrototypeScores) -> dict[str, Any]:
    """The scores as values that JSON can hold, from 0 to 1; null where there is no number."""
    told: dict[str, Any] = {
        name: {"each": _numbers(one.each), "mean": _finite(_mean(one.each)), "middle": _finite(_mean(one.of_middle))}
        for name, one in scored(found).items()
    }
    shares = None if found.part_shares is None else [_numbers(row) for row in found.part_shares]
    overlap = {"each": _numbers(found.box_overlap), "mean": _finite(_mean(found.box_overlap))}
    return {**told, "box_overlap": overlap, "part_names": list(found.part_names), "part_shares": shares}


def _mean(each: Tensor) -> float:
    return float(each.double().nanmean())


def _percent(share: float) -> str:
    return UNDEFINED if math.isnan(share) else f"{100 * share:.0f} %"


def _numbers(values: Tensor) -> list[float | None]:
    return [_finite(float(value)) for value in values]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
