"""What a web page shows of comparisons, as plain values: the template only arranges them, and escapes every text."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from xaivision.core.explanation import Explanation
from xaivision.core.verdict import Verdict
from xaivision.evaluation.comparison import Comparison
from xaivision.evaluation.standing import standing
from xaivision.report.badge import Badge, badge_of
from xaivision.report.cards import Card, Picture, cards_of, color_bar, input_picture
from xaivision.report.curves import CurvePlot, curve_plots
from xaivision.report.image_figure import image_statements, outlined
from xaivision.report.markup import band_points, cell_colors, curve_points
from xaivision.report.panel import Panel, directions, panels_of
from xaivision.report.scale import LARGEST, PERCENTILE, scales_for
from xaivision.report.standing import margin_text, value_text
from xaivision.report.summary import plain_value
from xaivision.report.table_figure import table_statements
from xaivision.report.wording import MINUS, cost, counted, duration, headline, number, place, plain, whose_cost


@dataclass(frozen=True)
class Row:
    """One method in a table; `cells` hold each metric's value and, below it, how it compares with the controls."""

    label: str
    control: bool
    verdict: Verdict
    cells: tuple[tuple[str, str], ...]
    costs: tuple[str, str, str]

    @property
    def badge(self) -> Badge:
        """The verdict in one word."""
        return badge_of(self.verdict, self.control)


@dataclass(frozen=True)
class Line:
    """One curve of a plot."""

    label: str
    color: str
    dashes: str
    points: str


@dataclass(frozen=True)
class Plot:
    """A plot of curves as SVG points; `ends` are the numbers at the bottom and the top of its axis."""

    metric: str
    unit: str
    progress: str
    ends: tuple[str, str]
    band: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Section:
    """One input: its picture, its cards on one scale, its numbers and its curves."""

    anchor: str
    heading: str
    place: str
    picture: Picture | None
    cards: tuple[Card, ...]
    bar: Picture | None
    bar_ends: tuple[str, str]
    unit: str
    statements: tuple[str, ...]
    rows: tuple[Row, ...]
    plots: tuple[Plot, ...]


@dataclass(frozen=True)
class AgreementRow:
    """One label's correlations: text, background and text color of each cell."""

    label: str
    cells: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Chapter:
    """One comparison."""

    anchor: str
    title: str
    sections: tuple[Section, ...]
    metrics: tuple[str, ...]
    overall: tuple[Row, ...]
    inputs: int
    agreement: tuple[AgreementRow, ...]
    controls: tuple[str, ...]
    failures: tuple[tuple[str, str], ...]
    origins: tuple[tuple[str, str, str, str], ...]
    versions: str
    cost: str


def chapter(comparison: Comparison, title: str, anchor: str) -> Chapter:
    """Everything a page shows of one comparison."""
    inputs = len(comparison.query)
    return Chapter(
        anchor,
        plain(title),
        tuple(section(comparison, index, f"{anchor}-{index}") for index in range(inputs)),
        tuple(_metric_heading(comparison, metric) for metric in comparison.scores),
        tuple(_overall_row(comparison, label) for label in comparison.explanations) if inputs > 1 else (),
        inputs,
        agreement_rows(comparison),
        tuple(map(plain, comparison.controls)),
        tuple((plain(label), plain(why)) for label, why in comparison.failures.items()),
        tuple(_origin(label, explanation) for label, explanation in comparison.explanations.items()),
        _versions(comparison),
        cost(comparison.cost),
    )


def section(comparison: Comparison, index: int, anchor: str) -> Section:
    """Everything a page shows of one input."""
    query, panels = comparison.query, panels_of(comparison, index)
    images = query.inputs.ndim == 4
    maps = [panel.map for panel in panels if panel.map is not None]
    scales = scales_for(maps, "shares", PERCENTILE if images else LARGEST)
    drawn = scales.shared is not None and scales.shared.limit > 0
    said = image_statements(scales, drawn, outlined(panels)) if images else table_statements(scales, drawn)
    limit = scales.shared.limit if scales.shared else 0.0
    return Section(
        anchor,
        headline(query, index),
        " ".join(place(query, index)),
        input_picture(query, index),
        tuple(cards_of(query, panels, index, scales)),
        color_bar(scales) if drawn and images else None,
        (scales.shared.tick(-limit), scales.shared.tick(limit)) if scales.shared else ("", ""),
        scales.shared.unit if scales.shared else "",
        (*said, *directions(panels), *whose_cost(query)),
        table_rows(comparison, panels),
        tuple(map(_plot, curve_plots(comparison, index))),
    )


def table_rows(comparison: Comparison, panels: Sequence[Panel]) -> tuple[Row, ...]:
    """A row of numbers for each of these panels of one input."""
    return tuple(_row(comparison, panel) for panel in panels)


def _row(comparison: Comparison, panel: Panel) -> Row:
    found = {score.metric: score for score in panel.scores}
    cells = [(number(found[metric].value), found[metric].beats) if metric in found else ("", "") for metric in comparison.scores]
    return Row(panel.label, panel.control, panel.verdict, tuple(cells), _costs(panel.explanation))


def _overall_row(comparison: Comparison, label: str) -> Row:
    """Means over inputs; an explanation that is refused for every input has no numbers."""
    explanation = comparison.explanations[label]
    refused = all(verdict.status == "refuse" for verdict in explanation.verdicts)
    cells = [
        ("", "") if refused or label not in rows else _standing(comparison, metric, label)
        for metric, rows in comparison.scores.items()
    ]
    joined = comparison.verdicts.get(label, explanation.verdict)
    verdict = Verdict(joined.status, tuple(map(plain, joined.reasons)))
    return Row(plain(label), label in comparison.controls, verdict, tuple(cells), _costs(explanation))


def _standing(comparison: Comparison, metric: str, label: str) -> tuple[str, str]:
    found = standing(comparison.scores[metric][label])
    missing = f"{found.undefined} of {found.inputs} undefined" if found.undefined else ""
    beaten = f"beats {found.beaten} of {counted(len(found.margins), 'control')}" if margin_text(found) else ""
    return value_text(found), "; ".join(filter(None, (beaten, margin_text(found), missing)))


def _costs(explanation: Explanation | None) -> tuple[str, str, str]:
    if explanation is None:
        return "", "", ""
    d = explanation.diagnostics
    return f"{d.model_calls:,}", f"{d.gradient_calls:,}", duration(d.seconds)


def _metric_heading(comparison: Comparison, metric: str) -> str:
    rows = list(comparison.scores[metric].values())
    better = "" if not rows else " (higher is better)" if rows[0].higher_is_better else " (lower is better)"
    return plain(metric) + better


def _plot(plot: CurvePlot) -> Plot:
    low, high = plot.limits
    lines = tuple(Line(curve.label, curve.color, curve.dashes, curve_points(plot, curve)) for curve in plot.curves)
    return Plot(plot.metric, plot.unit, plot.progress, (number(low, 2), number(high, 2)), band_points(plot), lines)


def agreement_rows(comparison: Comparison, measure: str | None = None) -> tuple[AgreementRow, ...]:
    """Mean rank correlation over the inputs where it is defined, or another `measure` that `agreement_by` has.

    Raises: as `Comparison.agreement_by`.
    """
    if len(comparison.agreement_labels) < 2:
        return ()
    found = comparison.agreement if measure is None else comparison.agreement_by(measure)
    mean = found.double().nanmean(0).tolist()
    return tuple(
        AgreementRow(plain(label), tuple(_correlation(value) for value in row))
        for label, row in zip(comparison.agreement_labels, mean, strict=True)
    )


def _correlation(value: float) -> tuple[str, str, str]:
    return ("\N{EN DASH}", "", "") if value != value else (f"{round(value, 2) + 0:.2f}".replace("-", MINUS), *cell_colors(value))


def _origin(label: str, explanation: Explanation) -> tuple[str, str, str, str]:
    settings = json.dumps(plain_value(explanation.origin.settings), ensure_ascii=False, allow_nan=False)
    return plain(label), plain(explanation.method), plain(settings), str(explanation.origin.seed)


def _versions(comparison: Comparison) -> str:
    """The model, the metrics with their settings, and the versions of the libraries, each set of them once."""
    metrics = {
        f"{plain(metric)} {json.dumps(plain_value(score.settings), ensure_ascii=False, allow_nan=False)}"
        for metric, rows in comparison.scores.items()
        for score in rows.values()
    }
    models = dict.fromkeys(plain(one.origin.model) for one in comparison.explanations.values())
    sets = [
        ", ".join(f"{plain(k)} {plain(v)}" for k, v in one.origin.library_versions.items())
        for one in comparison.explanations.values()
    ]
    return "; ".join(filter(None, (*models, *sorted(metrics), *dict.fromkeys(sets))))
