"""A figure of an audit: on each metric that decides, by how much methods are better than the control hardest to beat."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xaivision.evaluation.audit.comparisons import Comparison
from xaivision.evaluation.audit.report import AuditReport
from xaivision.report.canvas import CAPTION_SIZE, Canvas, Caption, Layout
from xaivision.report.lettering import shortened, write
from xaivision.report.palette import FAINT_INK, HAIRLINE, INK, LINE_COLORS
from xaivision.report.wording import counted, number, plain

WIDTH, NAMES, OPPONENTS, PITCH = 6.4, 1.7, 1.2, 0.28
CLEAR, UNCLEAR = LINE_COLORS[2], FAINT_INK


def audit_figure(report: AuditReport) -> Figure:
    """A panel for each metric of faithfulness and for each check that decides; right of zero is better than the control."""
    metrics = [name for name, card in report.cards.items() if card.faithfulness or name in report.deciding_checks]
    panels = {name: _hardest(report, name) for name in metrics}
    panels = {name: rows for name, rows in panels.items() if rows}
    canvas = Canvas(
        Layout(max(1, len(panels)), WIDTH, (len(report.methods) + 1) * PITCH, widest=2),
        [f"Audit of {plain(report.checklist.subject.name)}", _told(report)],
        [Caption(plain(name), None, ()) for name in panels] or [Caption("nothing was compared with a control")],
        [
            "Dots: mean gain over the control that is hardest to beat, named on the right (reversed: its own ranking turned "
            "round). Lines: 95 % intervals. Green: clearly better than every control.",
            *map(plain, report.cannot_say[-1:]),
        ],
    )
    for cell, (metric, rows) in enumerate(panels.items()):
        _draw(canvas.axes(cell), rows, {label for label in rows if _better(report, metric, label)})
    return canvas.figure


def _told(report: AuditReport) -> str:
    believable, unvalidated = (
        sum(one.standing == standing for one in report.conclusions) for standing in ("believable", "unvalidated")
    )
    more = f", {unvalidated} unvalidated," if unvalidated else ""
    items = counted(report.checklist.data.items, "item")
    return f"{believable} of {counted(len(report.conclusions), 'method')} believable{more} on {items}"


def _hardest(report: AuditReport, metric: str) -> dict[str, Comparison]:
    """For each method the comparison whose gain is smallest, where it has one."""
    found = {label: report.findings.of(metric, label) for label in report.methods}
    return {
        label: min(known, key=lambda one: one.mean)
        for label, one in found.items()
        if one is not None and (known := [c for c in one.comparisons if c.items])
    }


def _better(report: AuditReport, metric: str, label: str) -> bool:
    found = report.findings.of(metric, label)
    return found is not None and found.better_than_all


def _draw(axes: Axes, rows: dict[str, Comparison], better: set[str]) -> None:
    ends = [end for one in rows.values() for end in (one.mean, *one.interval, 0.0) if end == end]
    low, high = min(ends), max(ends)
    spread = (high - low) or 1.0
    low, high = low - 0.05 * spread, high + 0.05 * spread
    plot = axes.inset_axes((NAMES / WIDTH, 0, 1 - (NAMES + OPPONENTS) / WIDTH, 1))
    plot.set_axis_off()
    plot.set_label("gains")
    plot.set_xlim(low, high)
    plot.set_ylim(len(rows) + 0.5, -0.5)
    plot.plot((0, 0), (-0.5, len(rows) - 0.4), color=HAIRLINE, lw=1.0)  # it ends above the numbers
    for row, (label, one) in enumerate(rows.items()):
        color = CLEAR if label in better else UNCLEAR
        plot.plot(one.interval, (row, row), color=color, lw=1.6, solid_capstyle="butt")
        plot.plot([one.mean], [row], "o", color=color, ms=4.5, mec=INK, mew=0.4)
        middle = 1 - (row + 0.64) / (len(rows) + 1)
        write(axes, (NAMES / WIDTH - 0.02, middle), shortened(plain(label), NAMES - 0.2, CAPTION_SIZE), CAPTION_SIZE, ha="right")
        write(axes, (1 - OPPONENTS / WIDTH + 0.02, middle), plain(one.opponent), CAPTION_SIZE, color=FAINT_INK)
    for end, align in ((low, "left"), (high, "right")):
        place = NAMES / WIDTH if align == "left" else 1 - OPPONENTS / WIDTH
        write(axes, (place, 0.02), number(end, 2), CAPTION_SIZE, ha=align, color=FAINT_INK)
