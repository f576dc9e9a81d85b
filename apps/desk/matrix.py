"""How far every two methods agree, as a table whose cells open the pair."""

from typing import Any

import streamlit as st

from desk.component import component
from xaivision.report.page import AgreementRow

_matrix = component("matrix", '<div class="root"><div class="scroll"><table></table></div></div>')


def matrix(page: str, rows: tuple[AgreementRow, ...], told: str) -> tuple[int, int]:
    """Row and column of the pair that is open."""
    first = [0, 1]
    found = _matrix(
        key=f"{page}_matrix",
        data={"rows": [_row(row) for row in rows], "pair": open_pair(page, len(rows)), "told": told},
        default={"pair": first},
        on_pair_change=lambda: None,
    )
    return checked_pair(found.pair, len(rows))


def open_pair(page: str, count: int) -> list[int]:
    """The pair that was opened last."""
    known: Any = st.session_state.get(f"{page}_matrix") or {}
    return list(checked_pair(known.get("pair"), count))


def checked_pair(pair: Any, count: int) -> tuple[int, int]:
    """The first two where the browser said something else than a pair of these methods."""
    whole = isinstance(pair, list | tuple) and len(pair) == 2 and all(isinstance(one, int) for one in pair)
    return (int(pair[0]), int(pair[1])) if whole and all(0 <= one < count for one in pair) else (0, 1)


def _row(row: AgreementRow) -> dict[str, Any]:
    return {
        "label": row.label,
        "cells": [{"text": text, "background": background, "color": color} for text, background, color in row.cells],
    }
