"""Counterfactuals of a table row as a table of only what changes: for the terminal, for pages, and as a figure."""

from dataclasses import dataclass

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.table import Table
from rich.text import Text

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.errors import InputError
from xaivision.report.features import change_words
from xaivision.report.table import empty_table
from xaivision.report.way import called, told_of
from xaivision.report.wording import feature_names, headline, number, plain

# A value that stays as it is.
SAME = "\N{MIDDLE DOT}"
MOST_SHOWN = 6
INK, FAINT, CHANGED, RULE = "#1a1a1a", "#8a8a8a", "#0b5cad", "#c8c8c8"
ROW_HEIGHT, NAME_WIDTH, CELL_WIDTH = 0.28, 2.4, 1.45


@dataclass(frozen=True)
class Changes:
    """`rows`: name, value before, and the value in each counterfactual, a dot where it stays; `scores` of the class to reach;
    `found`: which of them reach it; `goal`: that class; `called`: the counterfactuals, by number or by what they are. `held`:
    how many there are, with those that are not told.
    """

    rows: tuple[tuple[str, ...], ...]
    scores: tuple[str, ...]
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
    return Changes(tuple(rows), scores, tuple(result.found[index, told].tolist()), name, headings, len(places))


def changes_table(result: Counterfactuals, index: int = 0) -> Table:
    """For the terminal: a row for each column that changes, and one with the score of the class to reach."""
    changes = changes_of_row(result, index)
    table = empty_table(f"{plain(result.method)}: {headline(result.query, index)} {SAME} {changes.aim}")
    for place, heading in enumerate(changes.headings):
        table.add_column(heading, justify="left" if not place else "right")
    for row in changes.rows:
        table.add_row(*(Text(cell, style="dim" if cell == SAME else "") for cell in row))
    table.add_section()
    table.add_row(*map(Text, _last(result, changes)))
    return table


def changes_rows(result: Counterfactuals, index: int = 0) -> list[tuple[str, ...]]:
    """For pages: the same rows in words."""
    changes = changes_of_row(result, index)
    return [*changes.rows, _last(result, changes)]


def changes_figure(result: Counterfactuals, index: int = 0) -> Figure:
    """The same as a figure: what is new stands out, what stays is a dot."""
    changes = changes_of_row(result, index)
    lines = len(changes.rows) + 3
    width, height = NAME_WIDTH + CELL_WIDTH * (len(changes.headings) - 1) + 0.4, ROW_HEIGHT * lines + 0.3
    figure = Figure(figsize=(width, height), dpi=150)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    title = f"{plain(result.method)}: {headline(result.query, index)}, {changes.aim}"
    axes.text(0.2, 0.3, title, color=INK, fontsize=10, fontweight="bold", va="center")
    _line(axes, 1, changes.headings, [FAINT] * len(changes.headings))
    for place, row in enumerate(changes.rows, 2):
        colors = [INK, FAINT, *(RULE if cell == SAME else CHANGED for cell in row[2:])]
        _line(axes, place, row, colors)
    _line(axes, lines - 1, _last(result, changes), [FAINT, FAINT, *(INK if one else FAINT for one in changes.found)])
    for place in (1, lines - 2):
        axes.plot([0.2, width - 0.2], [0.3 + ROW_HEIGHT * (place + 0.5)] * 2, color=RULE, linewidth=0.8)
    return figure


def _line(axes: Axes, place: int, cells: tuple[str, ...], colors: list[str]) -> None:
    """One line of cells, the first to the left and the others to the right of their columns."""
    height = 0.3 + ROW_HEIGHT * place
    for column, (cell, color) in enumerate(zip(cells, colors, strict=True)):
        across = 0.2 if not column else NAME_WIDTH + CELL_WIDTH * column
        axes.text(across, height, cell, color=color, fontsize=9, va="center", ha="left" if not column else "right")


def _last(result: Counterfactuals, changes: Changes) -> tuple[str, ...]:
    """The line of the scores."""
    return (f"{result.query.score_unit} of {changes.goal}", "", *_marked(changes))


def _marked(changes: Changes) -> tuple[str, ...]:
    """The scores; in brackets where the class is not reached."""
    return tuple(score if found else f"({score})" for score, found in zip(changes.scores, changes.found, strict=True))
