"""A surrogate as a table for a terminal, with its sentences below."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from xaivision.report.surrogate_rows import row_text
from xaivision.report.surrogate_words import LINES, fidelity_lines, summary_sentences
from xaivision.report.table import empty_table
from xaivision.report.wording import plain
from xaivision.surrogates.decided_rows import DecidedRow
from xaivision.surrogates.study import SurrogateStudy


def surrogate_table(study: SurrogateStudy, rows: Sequence[DecidedRow] = ()) -> Table:
    """A row for each measure: of the surrogate, of as many random features, and what it gains over them; below it sentences, and
    what is told of single `rows`.
    """
    kind = study.plan.kind.replace("_", " ")
    near = "" if study.near is None else " near one row"
    table = empty_table(f"a {kind} of {study.k} features for {plain(type(study.black_box.model).__name__)}{near}")
    table.add_column("measure", no_wrap=True)
    for heading in LINES[1:]:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in fidelity_lines(study):
        cells = (*row, *[""] * (len(LINES) - len(row)))
        table.add_row(*map(Text, cells))
    table.caption = Text("\n".join((*summary_sentences(study), *(row_text(study, row) for row in rows))))
    return table
