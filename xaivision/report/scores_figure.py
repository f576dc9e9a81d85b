"""Figures of scores: each input's value as a dot, the mean with its interval, and the controls below."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xaivision.core.scores import Scores
from xaivision.evaluation.standing import standing
from xaivision.report.canvas import CAPTION_SIZE, Canvas, Caption, Layout
from xaivision.report.lettering import shortened, write
from xaivision.report.palette import FAINT_INK, HAIRLINE, INK, LINE_COLORS
from xaivision.report.standing import value_text
from xaivision.report.wording import UNDEFINED, counted, duration, number, plain

WIDTH, NAMES, NUMBERS, PITCH = 6.4, 1.7, 1.6, 0.28


def scores_figure(scores: Scores) -> Figure:
    """The method's row first, then a row for each control, on one axis."""
    rows = {plain(scores.method): scores, **{f"{plain(name)} (control)": control for name, control in scores.controls.items()}}
    better = "higher is better" if scores.higher_is_better else "lower is better"
    undefined = [f"{scores.undefined} of {counted(len(scores.values), 'input')} undefined"] if scores.undefined else []
    interval = ["Line: 95 % bootstrap interval of the mean."] if len(scores.values) > 1 else []
    canvas = Canvas(
        Layout(1, WIDTH, (len(rows) + 1) * PITCH),
        [f"{plain(scores.metric)} of {plain(scores.method)}", f"{plain(scores.unit)}; {better}"],
        [Caption(f"{counted(len(scores.values), 'input')}", None, ())],
        [
            *undefined,
            *interval,
            *map(plain, scores.notes),
            f"{counted(scores.model_calls, 'model call')}, {duration(scores.seconds)}",
        ],
    )
    _draw(canvas.axes(0), rows)
    return canvas.figure


def _draw(axes: Axes, rows: dict[str, Scores]) -> None:
    defined = [
        float(value) for one in rows.values() for value in one.values if value == value and abs(float(value)) != float("inf")
    ]
    low, high = (min(defined), max(defined)) if defined else (0.0, 1.0)
    spread = (high - low) or max(abs(high), 1.0)
    low, high = low - 0.05 * spread, high + 0.05 * spread
    plot = axes.inset_axes((NAMES / WIDTH, 0, 1 - (NAMES + NUMBERS) / WIDTH, 1))
    plot.set_axis_off()
    plot.set_label("values")
    plot.set_xlim(low, high)
    plot.set_ylim(len(rows) + 0.5, -0.5)
    for row, (name, one) in enumerate(rows.items()):
        _row(plot, row, one)
        middle = 1 - (row + 0.5 + 0.14) / (len(rows) + 1)
        write(axes, (NAMES / WIDTH - 0.02, middle), shortened(name, NAMES - 0.2, CAPTION_SIZE), CAPTION_SIZE, ha="right")
        write(axes, (1 - NUMBERS / WIDTH + 0.02, middle), value_text(standing(one)), CAPTION_SIZE, color=FAINT_INK)
    for end, align in ((low, "left"), (high, "right")):
        place = NAMES / WIDTH if align == "left" else 1 - NUMBERS / WIDTH
        write(axes, (place, 0.02), number(end, 2), CAPTION_SIZE, ha=align, color=FAINT_INK)


def _row(plot: Axes, row: int, scores: Scores) -> None:
    color = LINE_COLORS[0] if row == 0 else FAINT_INK
    values = [float(value) for value in scores.values if value == value]
    plot.axhline(row, color=HAIRLINE, lw=0.8, zorder=1)
    plot.plot(values, [row] * len(values), ls="", marker="o", ms=4, color=color, alpha=0.55, mew=0, zorder=2)
    low, high = scores.interval()
    if UNDEFINED not in (number(low), number(high)):
        plot.plot((low, high), (row, row), color=color, lw=2.4, zorder=3, solid_capstyle="butt")
    if values:
        plot.plot((scores.mean,), (row,), ls="", marker="|", ms=11, mew=2, color=INK, zorder=4)
