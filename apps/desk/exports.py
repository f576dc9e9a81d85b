"""What a visitor takes home: the report as one file, the figure, the numbers, and the raw maps."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import streamlit as st

from desk.job import Job
from xaivision import Comparison
from xaivision.report.arrays import arrays_file
from xaivision.report.figure import comparison_figure, png
from xaivision.report.html import html_page
from xaivision.report.summary import comparison_summary
from xaivision.report.view import View

# Endings that a narrow button has room for.
SHORT = 4
BYTES = "application/octet-stream"
MIMES = {"html": "text/html", "png": "image/png", "json": "application/json"}


class Export(NamedTuple):
    """A file: its name, its type, what it is for, and its content."""

    name: str
    mime: str
    what: str
    content: bytes


def exports(title: str, comparison: Comparison) -> tuple[Export, ...]:
    """The files of one comparison that are the same however its maps are looked at."""
    stem = file_stem(title)
    summary: Any = comparison_summary(comparison, [title])
    numbers = json.dumps(summary, indent=1, ensure_ascii=False, allow_nan=False).encode()
    report = html_page([(title, comparison)]).encode()
    return (
        Export(f"{stem}.html", "text/html", "Report: one file, no network, no script; maps as shares on one scale", report),
        Export(f"{stem}.json", "application/json", "Numbers: verdicts, reasons, scores, costs", numbers),
        Export(f"{stem}.npz", BYTES, "Arrays: the input and every raw map", arrays_file(comparison)),
    )


def figure_export(title: str, comparison: Comparison, view: View) -> Export:
    """The figure, looked at as the page is."""
    figure = comparison_figure(comparison, **asdict(view))
    return Export(f"{file_stem(title)}.png", "image/png", "Figure: all maps, with the colors that this page shows", png(figure))


def export_buttons(page: str, title: str, job: Job, view: View) -> None:
    """A button for each file; they are made when this is shown, once."""
    if not isinstance(job.result, Comparison):
        st.info("The files are there once everything has been judged.")
        return
    result = job.result
    report, *rest = job.last_kept("exports", title, lambda: exports(title, result))
    figure = job.last_kept("figure", (title, view), lambda: figure_export(title, result, view))
    download_buttons(page, (report, figure, *rest))


def contents_as_exports(contents: Mapping[str, bytes], what: Mapping[str, str]) -> tuple[Export, ...]:
    """The files that the library would write, by their names. `what`: what each is for, by its name or its ending."""
    return tuple(
        Export(name, MIMES.get(_ending(name), BYTES), what.get(name, what.get(_ending(name), "")), content)
        for name, content in contents.items()
    )


def download_buttons(page: str, made: Sequence[Export]) -> None:
    """A button for each file, with what it is for and how large it is."""
    width = 110 if all(len(_ending(one.name)) <= SHORT for one in made) else 160
    for one in made:
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.download_button(
                _ending(one.name).upper(),
                one.content,
                one.name,
                one.mime,
                key=f"{page}_export_{one.name}",
                on_click="ignore",
                icon=":material/download:",
                width=width,
            )
            st.text(f"{one.what}. {_size(one.content)}", width="stretch")


def file_stem(title: str) -> str:
    """A name for files that says what they are of and nothing that a file system could take for more."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", title.rpartition("/")[2].partition(".")[0]).strip("-").lower()
    return f"xaivision-{words[:40] or 'comparison'}"


def _ending(name: str) -> str:
    return name.rpartition(".")[2]


def _size(content: bytes) -> str:
    return f"{len(content) / 1e6:.2f} MB" if len(content) >= 1e5 else f"{len(content) / 1e3:.1f} kB"
