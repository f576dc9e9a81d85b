"""The table of scores: the report's own numbers, the way in which each is better, and why a verdict is what it is."""

from dataclasses import replace

import pytest
from compared import METHODS, compared, done, doubted

from xaivision.report.page import section


@pytest.fixture
def table(monkeypatch):
    """`table(comparison)`: its columns, and the captions below it."""
    import streamlit as st

    from desk.scores import score_table

    def drawn(comparison):
        shown, said = [], []
        monkeypatch.setattr(st, "dataframe", lambda columns, **_: shown.append(columns))
        monkeypatch.setattr(st, "caption", said.append)
        score_table("photos", done(comparison), comparison)
        return shown[0], said

    return drawn


def test_every_cell_is_the_reports(table):
    columns, _ = table(compared())
    rows = section(compared(), 0, "").rows
    assert columns["method"] == [*METHODS, "random", "sobel"] == [row.label for row in rows]
    assert columns["verdict"] == [
        "✓ ok" if row.badge == "ok" else f"{'!' if row.badge == 'warn' else '○'} {row.badge}" for row in rows
    ]
    for place, heading in enumerate(("deletion ↓", "insertion ↑")):
        assert columns[heading] == [": ".join(filter(None, row.cells[place])) for row in rows]
        assert columns[heading][0].split(":")[0]
    assert [columns[name] for name in ("model calls", "gradient calls", "time")] == [
        list(part) for part in zip(*(row.costs for row in rows), strict=True)
    ]
    assert columns["model calls"][0] == f"{compared().explanations['saliency'].diagnostics.model_calls:,}"


def test_the_arrow_says_which_way_is_better(table):
    turned = {
        metric: {label: replace(one, higher_is_better=not one.higher_is_better) for label, one in rows.items()}
        for metric, rows in compared().scores.items()
    }
    columns, _ = table(replace(compared(), scores=turned))
    assert [name for name in columns if name[-1] in "↑↓"] == ["deletion ↑", "insertion ↓"]


def test_the_reasons_of_a_verdict_stand_below_the_table_as_text(table):
    _, said = table(doubted("occlusion", "warn", "see http://evil.example", "*bold*"))
    told = [one for one in said if "occlusion" in one]
    assert len(told) == 1
    assert r"see `http://evil.example`; \*bold\*" in told[0]
    assert not any("random" in one for one in said), "a control's verdict is nobody's doubt"
