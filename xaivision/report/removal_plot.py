"""Removal curves of one input, method by method, with the band that the controls span: numbers only, nothing drawn."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from xaivision.core.scores import Scores
from xaivision.evaluation.comparison import Comparison
from xaivision.report.palette import Floats, line_style
from xaivision.report.signed_map import refused
from xaivision.report.wording import plain


@dataclass(frozen=True, eq=False)
class Curve:
    """One method's curve, with the color and the dash pattern that it keeps in every plot of its comparison."""

    label: str
    heights: Floats
    color: str
    dashes: str


@dataclass(frozen=True, eq=False)
class CurvePlot:
    """Curves over the share of features done, from 0 to 1; `low` and `high` bound the controls (None without controls)."""

    metric: str
    unit: str
    curves: tuple[Curve, ...]
    low: Floats | None = None
    high: Floats | None = None

    @property
    def progress(self) -> str:
        """What runs along the horizontal axis."""
        return {"deletion": "of the features taken away", "insertion": "of the features put in"}.get(self.metric, "of the steps")

    @property
    def limits(self) -> tuple[float, float]:
        """What the vertical axis runs over: 0 to 1 where everything is inside, else what is needed."""
        heights = [curve.heights for curve in self.curves] + [band for band in (self.low, self.high) if band is not None]
        together = np.concatenate(heights)
        found = together[np.isfinite(together)]
        low, high = (float(found.min()), float(found.max())) if len(found) else (0.0, 1.0)
        return (0.0, 1.0) if low >= 0 and high <= 1 else (low, high if high > low else low + 1)


def curve_plots(comparison: Comparison, index: int) -> tuple[CurvePlot, ...]:
    """A plot for each metric that keeps curves; refused explanations have none."""
    plots = (_plot(comparison, metric, index) for metric in comparison.scores)
    return tuple(plot for plot in plots if plot.curves)


def _plot(comparison: Comparison, metric: str, index: int) -> CurvePlot:
    rows = comparison.scores[metric]
    shown = {label: _curve(rows[label], index) for label in rows if not refused(comparison.explanations[label], index)}
    methods = [label for label in comparison.explanations if label not in comparison.controls]
    curves = tuple(
        Curve(plain(label), heights, *line_style(methods.index(label)))
        for label in methods
        if (heights := shown.get(label)) is not None
    )
    band = [heights for label in comparison.controls if (heights := shown.get(label)) is not None]
    units = {rows[label].unit for label in rows}
    return CurvePlot(plain(metric), plain(next(iter(units), "")), curves, *_bounds(band))


def _curve(scores: Scores, index: int) -> Floats | None:
    return None if scores.curves is None else _numbers(scores.curves[index])


def _numbers(curve: Tensor) -> Floats:
    return curve.detach().double().cpu().numpy()


def _bounds(band: list[Floats]) -> tuple[Floats | None, Floats | None]:
    """Lowest and highest control at each step; nothing where controls were measured with different steps."""
    if not band or len({len(heights) for heights in band}) > 1:
        return None, None
    return np.min(band, axis=0), np.max(band, axis=0)
