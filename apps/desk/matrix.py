"""How far every two methods agree, as a table whose cells open the pair."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from desk.address import recalled, remember
from desk.component import component
from xaivision.report.page import AgreementRow

FIRST = (0, 1)

_matrix = component("matrix", '<div class="root"><div class="scroll"><table></table></div></div>')


def matrix(page: str, rows: tuple[AgreementRow, ...], told: str) -> tuple[int, int]:
    """Row and column of the pair that is open; it is in the address."""
    labels = [row.label for row in rows]
    pair = open_pair(page, labels)
    found = _matrix(
        key=f"{page}_matrix",
        data={"rows": [_row(row) for row in rows], "pair": list(pair), "told": told},
        default={"pair": None},
        on_pair_change=lambda: None,
    )
    pair = pair if found.pair is None else checked_pair(found.pair, len(labels))
    remember(f"{page}_open", labels[pair[0]], labels[pair[1]] if pair != FIRST else "")
    return pair


def open_pair(page: str, labels: Sequence[str]) -> tuple[int, int]:
    """The pair that was opened last, else that of the address, else the first two."""
    known: Any = (st.session_state.get(f"{page}_matrix") or {}).get("pair")
    if known is not None:
        return checked_pair(known, len(labels))
    said = {label: recalled(f"{page}_open", label) for label in labels}
    named = [(labels.index(row), labels.index(column)) for row, column in said.items() if column in labels]
    return named[0] if named else FIRST


def checked_pair(pair: Any, count: int) -> tuple[int, int]:
    """The first two where the browser said something else than a pair of these methods."""
    whole = isinstance(pair, list | tuple) and len(pair) == 2 and all(isinstance(one, int) for one in pair)
    return (int(pair[0]), int(pair[1])) if whole and all(0 <= one < count for one in pair) else FIRST


def _row(row: AgreementRow) -> dict[str, Any]:
    return {
        "label": row.label,
        "cells": [{"text": text, "background": background, "color": color} for text, background, color in row.cells],
    }
