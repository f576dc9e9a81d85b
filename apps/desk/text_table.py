"""A table of texts as the report has them: long ones are broken, numbers stand at the right, and a narrow window scrolls it."""

from collections.abc import Iterable, Sequence

from desk.component import component

_table = component("text_table", '<div class="root"><div class="scroll" tabindex="0"><table></table></div></div>')


def text_table(key: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1, caption: str = "") -> None:
    """`words`: how many columns hold words; those behind them hold numbers. A row may be shorter than the heads."""
    filled = [[*row, *[""] * (len(heads) - len(row))] for row in rows]
    _table(key=key, data={"heads": list(heads), "rows": filled, "words": words, "caption": caption})
