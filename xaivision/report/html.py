"""Web pages of results: one file that needs no network and runs no script, and fragments for notebooks.

Every name in a result is foreign text: the templates escape all of it, and the page's own policy forbids scripts.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.explanation import Explanation
from xaivision.core.origin import library_versions
from xaivision.core.scores import Scores
from xaivision.core.verdict import Verdict
from xaivision.core.whole_file import write_whole
from xaivision.evaluation.comparison import Comparison
from xaivision.evaluation.standing import standing
from xaivision.report.answer import answer_text
from xaivision.report.cards import Picture
from xaivision.report.changes_table import changes_of_row, changes_rows
from xaivision.report.figure import figure_of, png
from xaivision.report.markup import png_uri
from xaivision.report.page import chapter
from xaivision.report.remarks import remarks_on_all
from xaivision.report.rendering import rendered
from xaivision.report.scores_figure import scores_figure
from xaivision.report.standing import margin_text, value_text
from xaivision.report.wording import cost, headline, method_name, place, plain

# A notebook cell is no place for a hundred pictures.
MOST_IN_A_FRAGMENT = 4
NO_TABLE = {"caption": "", "headings": (), "rows": ()}


def write_html(path: str | Path, comparisons: Sequence[tuple[str, Comparison]], *, title: str = "Explanations") -> Path:
    """Write one self-contained page with a section for each titled comparison, whole or not at all; its path."""
    return write_whole(path, html_page(comparisons, title=title).encode("utf-8"))


def html_page(comparisons: Sequence[tuple[str, Comparison]], *, title: str = "Explanations") -> str:
    """The page as text."""
    return rendered(
        "report.html.j2",
        title=plain(title),
        chapters=[chapter(comparison, name, f"part-{number}") for number, (name, comparison) in enumerate(comparisons)],
        inputs=sum(len(comparison.query) for _, comparison in comparisons),
        version=library_versions().get("xaivision", ""),
    )


def html_fragment(result: Comparison | Explanation | Scores) -> str:
    """What a notebook shows of a result: its verdict, its figures as pictures, and what they say in words."""
    parts = _scores_parts(result) if isinstance(result, Scores) else _figure_parts(result)
    return rendered("fragment.html.j2", **parts)


def _figure_parts(result: Comparison | Explanation) -> dict[str, Any]:
    query = result.query
    shown = range(min(MOST_IN_A_FRAGMENT, len(query)))
    hidden = len(query) - len(shown)
    title, verdict = (
        (f"Comparison of {len(result.explanations)} explanations", None)
        if isinstance(result, Comparison)
        else (f"{plain(method_name(result.origin))}: {cost(result.diagnostics)}", result.verdict)
    )
    return {
        "title": title,
        "verdict": None if verdict is None else Verdict(verdict.status, tuple(map(plain, verdict.reasons))),
        "pictures": [Picture(png_uri(png(figure_of(result, index))), _alt(result, index)) for index in shown],
        "notes": remarks_on_all(result) if isinstance(result, Explanation) else (),
        "hidden": f"{hidden} more inputs are not shown here; `show` draws them." if hidden else "",
        **(_changes(result) if isinstance(result, Counterfactuals) and query.inputs.ndim == 2 else NO_TABLE),
    }


def _changes(result: Counterfactuals) -> dict[str, Any]:
    """Of the first row of a table only what changes, in words."""
    told = changes_of_row(result)
    which = f", input 0 of {len(result.query)}" if len(result.query) > 1 else ""
    return {"caption": f"What leads {told.aim}{which}", "headings": told.headings, "rows": changes_rows(result)}


def _scores_parts(scores: Scores) -> dict[str, Any]:
    found = standing(scores)
    rows = [(plain(scores.method), value_text(found), margin_text(found))]
    rows += [(f"{plain(name)} (control)", value_text(standing(control)), "") for name, control in scores.controls.items()]
    better = "higher is better" if scores.higher_is_better else "lower is better"
    return {
        "title": f"{plain(scores.metric)} of {plain(scores.method)}, {better}",
        "verdict": None,
        "pictures": [Picture(png_uri(png(scores_figure(scores))), "Values of each input; the numbers are in the table below.")],
        "notes": (),
        "hidden": "; ".join(map(plain, scores.notes)),
        "caption": "",
        "headings": ("method", f"{plain(scores.metric)} ({plain(scores.unit)})", "better by"),
        "rows": rows,
    }


def _alt(result: Comparison | Explanation, index: int) -> str:
    """The figure in words."""
    asked = ": ".join([*place(result.query, index), headline(result.query, index)])
    if isinstance(result, Explanation):
        return f"{asked}. {plain(method_name(result.origin))}: {answer_text(result, index)}"
    said = [f"{plain(label)}: {answer_text(one, index)}" for label, one in result.explanations.items()]
    return f"{asked}. {'. '.join(said)}"
