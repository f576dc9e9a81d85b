"""The sets of pictures that can be fetched, as a table."""

from collections.abc import Iterable
from pathlib import Path

from rich.table import Table
from rich.text import Text

from xaivision.data.named_sets.named_set import NamedSet
from xaivision.report.table import empty_table
from xaivision.report.wording import plain


def sets_table(found: Iterable[tuple[NamedSet, Path | None]]) -> Table:
    """A row for each set: what it holds, how much, on what terms, and where it is, if it is here."""
    table = empty_table("Sets of pictures")
    for heading in ("name", "what", "files", "license", "here"):
        table.add_column(heading, justify="right" if heading == "files" else "left")
    for one, folder in found:
        here = "no" if folder is None else str(folder)
        table.add_row(*map(Text, (plain(one.name), plain(one.what), f"{one.pictures:,}", plain(one.license), plain(here))))
    table.caption = Text("`xaivision datasets get NAME` fetches one and compares every picture with the set's list.")
    return table
