"""Inputs that stand for many as a table for a terminal."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from xaivision.explainers.representatives import SubmodularPick
from xaivision.report.table import badge_word, empty_table
from xaivision.report.wording import cost, headline, method_name, plain


def pick_table(found: SubmodularPick, titles: Sequence[str]) -> Table:
    """A row for each picked input, in the order of picking: what was explained, and what all picked so far show together."""
    query = found.explanations.query
    table = empty_table(f"{len(found.indices)} of {len(query)} inputs by {plain(method_name(found.explanations.origin))}")
    for heading in ("input", "explained", "verdict"):
        table.add_column(heading)
    table.add_column("shown so far", justify="right")
    for index, covered in zip(found.indices, found.coverage, strict=True):
        verdict = found.explanations.verdicts[index].status
        table.add_row(Text(plain(titles[index])), Text(headline(query, index)), badge_word(verdict), Text(f"{covered:.0%}"))
    refused = f"{len(found.left_out)} refused explanations are left out. " if found.left_out else ""
    table.caption = Text(
        f"Shown so far: of what the {found.features} largest values of every explanation say. {refused}"
        f"{cost(found.explanations.diagnostics)}"
    )
    return table
