"""Mean curves of an audit: how the score moves as features go or come, over all items, beside the band of the controls."""

import numpy as np

from xaivision.evaluation.audit.part import Curve as SummedCurve
from xaivision.evaluation.audit.report import AuditReport
from xaivision.report.curves import Band, Curve, CurvePlot
from xaivision.report.palette import FAINT_INK, Floats, line_style
from xaivision.report.wording import plain


def audit_curve_plots(report: AuditReport) -> tuple[CurvePlot, ...]:
    """A plot for each metric that keeps curves; methods keep their colors from plot to plot."""
    plots = (_plot(report, metric) for metric in report.metrics)
    return tuple(plot for plot in plots if plot.curves)


def _plot(report: AuditReport, metric: str) -> CurvePlot:
    known = {one.label: one for one in report.curves if one.metric == metric and one.items}
    curves = tuple(
        Curve(plain(label), np.asarray(known[label].shares), _means(known[label]), *line_style(place))
        for place, label in enumerate(report.methods)
        if label in known
    )
    controls = [known[label] for label in report.controls if label in known]
    if curves and len(controls) == 1:  # a band around one line could not be seen
        only = controls[0]
        curves = (*curves, Curve(f"{plain(only.label)} (control)", np.asarray(only.shares), _means(only), FAINT_INK, "2 2"))
    return CurvePlot(plain(metric), "", curves, _band(controls))


def _means(curve: SummedCurve) -> Floats:
    means: Floats = np.asarray(curve.sums) / curve.items
    return means


def _band(controls: list[SummedCurve]) -> Band | None:
    """Lowest and highest control at each step; nothing of a single one, nor where they have other steps."""
    if len(controls) < 2 or any(one.shares != controls[0].shares for one in controls):
        return None
    heights = [_means(one) for one in controls]
    return Band(np.asarray(controls[0].shares), np.min(heights, axis=0), np.max(heights, axis=0))
