"""What is written around a panel in a figure, and what stands in it where there is nothing to look at."""

from collections.abc import Sequence

from xaivision.report.canvas import CAPTION_SIZE, Canvas, Caption, empty
from xaivision.report.lettering import at_most, wrapped
from xaivision.report.panel import Panel
from xaivision.report.scale import Scales, limits_of_each
from xaivision.report.wording import plain

MOST_LINES = 3


def panel_caption(panel: Panel, scales: Scales, width: float) -> Caption:
    """Title, verdict and lines of one panel; the doubts about a shown map come first."""
    reasons = "; ".join(panel.verdict.reasons) if panel.verdict.status == "warn" else ""
    doubts = _few_lines(reasons, width)
    alone = panel.map is not None and not panel.map.blank and not scales.shares_one(panel.map)
    own = [limits_of_each(scales.of(panel.map))] if alone and panel.map else []
    return Caption(panel.label, panel.badge, (*doubts, *own, *(line for text in panel.lines for line in _few_lines(text, width))))


def _few_lines(text: str, width: float) -> list[str]:
    return at_most(wrapped(text, width, CAPTION_SIZE), MOST_LINES, width, CAPTION_SIZE)


def directions(panels: Sequence[Panel]) -> list[str]:
    """Which way each metric under these panels is better, as one sentence."""
    better = {plain(score.metric): "higher" if score.higher_is_better else "lower" for panel in panels for score in panel.scores}
    return ["; ".join(f"{metric}: {way} is better" for metric, way in better.items()) + "."] if better else []


def draw_absence(canvas: Canvas, number: int, panel: Panel) -> None:
    """The reason in place of the picture: hatched where the numbers were refused, plain where the map is zero."""
    axes = canvas.axes(number)
    axes.set_label(panel.label)
    empty(axes, panel.absence, canvas.layout.width, hatched=panel.verdict.status == "refuse")
