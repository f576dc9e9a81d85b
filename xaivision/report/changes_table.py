"""Counterfactuals of a table row as a table of only what changes: for the terminal, for pages, and as a figure."""

from dataclasses import dataclass
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.table import Table
from rich.text import Text

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.errors import InputError
from xaivision.report.features import change_words
from xaivision.report.lettering import shortened, wrapped, write
from xaivision.report.table import empty_table
from xaivision.report.way import called, cost_at, told_of
from xaivision.report.wording import feature_names, headline, number, plain

# A value that stays as it is.
SAME = "\N{MIDDLE DOT}"
MOST_SHOWN = 6
INK, FAINT, CHANGED, RULE = "#1a1a1a", "#8a8a8a", "#0b5cad", "#c8c8c8"
# In inches, and in points.
ROW_HEIGHT, NAME_WIDTH, CELL_WIDTH, MARGIN, GAP = 0.28, 2.4, 1.45, 0.2, 0.12
TITLE_SIZE, SIZE = 10.0, 9.0


@dataclass(frozen=True)
class Changes:
    """`rows`: name, value before, and the value in each counterfactual, a dot where it stays; `scores` of the class to reach;
    `costs`: what each counterfactual costs, nothing where that is known of none; `found`: which of them reach the class; `goal`:
    that class; `called`: the counterfactuals, by number or by what they are. `held`: how many there are, with those that are not
    told.
    """

    rows: tuple[tuple[str, ...], ...]
    scores: tuple[str, ...]
    costs: tuple[str, ...]
    found: tuple[bool, ...]
    goal: str
    called: tuple[str, ...]
    held: int

    @property
    def headings(self) -> tuple[str, ...]:
        """Of the columns."""
        return ("changes", "now", *self.called)

    @property
    def aim(self) -> str:
        """What they lead to, and that there are more than are told."""
        more = f" (the first {len(self.called)} of {self.held})" if self.held > len(self.called) else ""
        return f"to {self.goal}{more}"


def changes_of_row(result: Counterfactuals, index: int = 0) -> Changes:
    """The columns that change in any counterfactual of one input.

    Raises: InputError, where the inputs are no rows of a table, or there is no such input.
    """
    query = result.query
    if query.inputs.ndim != 2:
        raise InputError("A table of changes needs counterfactuals of table rows. Got pictures. `show` draws those.")
    if not 0 <= index < len(query):
        raise InputError(f"`index` must be a number from 0 to {len(query) - 1}. Got {index}.")
    places = told_of(result, index) or [0]  # rows that say again what was said are none
    told = torch.tensor(places[:MOST_SHOWN])
    before, after = query.inputs[index], result.counterfactuals[index, told]
    names, moved = feature_names(query, len(before)), after != before
    rows = []
    for column in moved.any(0).nonzero().flatten().tolist():
        now = float(before[column])
        pairs = [change_words(query, column, now, float(row[column])) for row in after]
        cells = [pair[1] if bool(changed[column]) else SAME for pair, changed in zip(pairs, moved, strict=True)]
        # With the most digits that any of them needs to be told from it.
        said = max((pair[0] for pair, changed in zip(pairs, moved, strict=True) if bool(changed[column])), key=len)
        rows.append((names[column], said, *cells))
    goal = int(result.goals[index])
    name = plain(query.class_names[goal] if query.class_names else goal)
    scores = tuple(number(float(score)) for score in result.scores[index, told])
    headings = tuple(called(result, place, rank) for rank, place in enumerate(told.tolist()))
    costs = tuple(cost_at(result, index, place) for place in told.tolist())
    costs = costs if any(costs) else ()
    return Changes(tuple(rows), scores, costs, tuple(result.found[index, told].tolist()), name, headings, len(places))


def changes_table(result: Counterfactuals, index: int = 0) -> Table:
    """For the terminal: a row for each column that changes, and one with the score of the class to reach."""
    changes = changes_of_row(result, index)
    table = empty_table(f"{plain(result.method)}: {headline(result.query, index)} {SAME} {changes.aim}")
    for place, heading in enumerate(changes.headings):
        table.add_column(heading, justify="left" if not place else "right")
    for row in changes.rows:
        table.add_row(*(Text(cell, style="dim" if cell == SAME else "") for cell in row))
    table.add_section()
    for row in _last(result, changes):
        table.add_row(*map(Text, row))
    return table


def changes_rows(result: Counterfactuals, index: int = 0) -> list[tuple[str, ...]]:
    """For pages: the same rows in words."""
    changes = changes_of_row(result, index)
    return [*changes.rows, *_last(result, changes)]


def changes_figure(result: Counterfactuals, index: int = 0) -> Figure:
    """The same as a figure: what is new stands out, what stays is a dot."""
    changes = changes_of_row(result, index)
    inner = NAME_WIDTH + CELL_WIDTH * (len(changes.headings) - 1)
    said = f"{plain(result.method)}: {headline(result.query, index)}, {changes.aim}"
    title = wrapped(said, inner, TITLE_SIZE, bold=True)
    scores, *costs = _last(result, changes)
    notes = wrapped(f"cost: {plain(result.cost_unit)}", inner, SIZE) if costs else []
    head, body = len(title), len(title) + 1 + len(changes.rows)
    width, height = inner + 2 * MARGIN, ROW_HEIGHT * (body + 1 + len(costs) + len(notes)) + 2 * MARGIN
    figure = Figure(figsize=(width, height), dpi=150)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    for place, line in enumerate(title):
        _write(axes, (MARGIN, place), line, size=TITLE_SIZE, bold=True)
    _line(axes, head, changes.headings, [FAINT] * len(changes.headings))
    for place, row in enumerate(changes.rows, head + 1):
        _line(axes, place, row, [INK, FAINT, *(RULE if cell == SAME else CHANGED for cell in row[2:])])
    shown = [FAINT, FAINT, *(INK if one else FAINT for one in changes.found)]
    for place, row in enumerate([scores, *(("cost", *row[1:]) for row in costs)], body):
        _line(axes, place, row, shown)
    for place, line in enumerate(notes, body + 1 + len(costs)):
        _write(axes, (MARGIN, place), line, color=FAINT)
    for place in (head, body - 1):
        axes.plot([MARGIN, width - MARGIN], [MARGIN + ROW_HEIGHT * (place + 1)] * 2, color=RULE, linewidth=0.8)
    return figure


def _line(axes: Axes, place: int, cells: tuple[str, ...], colors: list[str]) -> None:
    """One line of cells, the first to the left and the others to the right of their columns."""
    for column, (cell, color) in enumerate(zip(cells, colors, strict=True)):
        room = CELL_WIDTH - GAP if column else NAME_WIDTH
        at = (MARGIN + NAME_WIDTH + CELL_WIDTH * column if column else MARGIN, place)
        _write(axes, at, shortened(cell, room, SIZE), color=color, ha="right" if column else "left")


def _write(axes: Axes, at: tuple[float, int], text: str, *, size: float = SIZE, **style: Any) -> None:
    """Text at so many inches from the left, in the line of this number."""
    height = MARGIN + ROW_HEIGHT * (at[1] + 0.5)
    write(axes, (at[0], height), text, size, va="center", transform=axes.transData, **style)


def _last(result: Counterfactuals, changes: Changes) -> list[tuple[str, ...]]:
    """The line of the scores, and that of the costs where they are known."""
    scores = (f"{result.query.score_unit} of {changes.goal}", "", *_marked(changes))
    return [scores, *([(f"cost in {plain(result.cost_unit)}", "", *changes.costs)] if changes.costs else [])]


def _marked(changes: Changes) -> tuple[str, ...]:
    """The scores; in brackets where the class is not reached."""
    return tuple(score if found else f"({score})" for score, found in zip(changes.scores, changes.found, strict=True))
