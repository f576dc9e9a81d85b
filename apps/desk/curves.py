"""Insertion and deletion curves with the band that the controls span, drawn by plotly."""

from collections.abc import Sequence
from html import escape
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from desk.telling import as_text
from xaivision.report.curves import Curve, CurvePlot
from xaivision.report.wording import number

# The dash patterns of the report in plotly's words.
DASHES = {"": "solid", "6 2.5": "dash", "1.5 2": "dot"}
QUARTERS = [0, 0.25, 0.5, 0.75, 1]
# Letters along the vertical axis.
WIDEST_TITLE = 36
BAND = "rgba(128, 136, 146, 0.28)"


def curves(page: str, plots: Sequence[CurvePlot]) -> None:
    """Each metric's plot."""
    if not plots:
        st.info("No curve: nothing was judged, or no method has an answer that could be.")
        return
    cells = st.grid(columns="auto", min_column_width=340)
    for plot in plots:
        with cells.cell():
            st.markdown(f"**{as_text(plot.metric)}**")
            st.plotly_chart(
                figure(plot),
                key=f"{page}_curves_{plot.metric}",
                config={"displayModeBar": False, "responsive": True},
                alt=alt(plot),
            )


def figure(plot: CurvePlot) -> go.Figure:
    """One metric: the methods as lines, the controls as a band."""
    drawn = go.Figure()
    if plot.band is not None:
        shares = plot.band.shares
        edge: dict[str, Any] = {"x": shares, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
        drawn.add_scatter(y=plot.band.low, showlegend=False, **edge)
        drawn.add_scatter(y=plot.band.high, fill="tonexty", fillcolor=BAND, name="controls", **edge)
    for curve in plot.curves:
        drawn.add_scatter(x=curve.shares, y=curve.heights, name=curve.label, mode="lines", line=_line(curve))
    low, high = plot.limits
    drawn.update_layout(
        height=360,
        margin={"l": 8, "r": 28, "t": 8, "b": 8},
        xaxis={"title": f"share {plot.progress}", "range": [0, 1], "tickvals": QUARTERS, "tickformat": ".0%", "automargin": True},
        yaxis={
            "title": axis_title(plot.height),
            "range": [low - 0.02 * (high - low), high + 0.02 * (high - low)],
            "automargin": True,
        },
        legend={"orientation": "h", "yanchor": "top", "y": -0.22, "x": 0, "traceorder": "normal"},
        hovermode="x unified",
    )
    return drawn


def axis_title(height: str) -> str:
    """In lines that the axis has room for; plotly reads marks of a markup, and a class may be called by such."""
    return "<br>".join(map(escape, wrap(height, WIDEST_TITLE)))


def alt(plot: CurvePlot) -> str:
    """The plot in words: where each curve begins and ends."""
    told = (f"{one.label} from {number(float(one.heights[0]))} to {number(float(one.heights[-1]))}" for one in plot.curves)
    of = f", {plot.height}" if plot.height else ""
    return f"{plot.metric} curves{of}: {'; '.join(told)}."


def _line(curve: Curve) -> dict[str, Any]:
    return {"color": curve.color, "dash": DASHES[curve.dashes], "width": 2}
