"""How sure a classifier by distributions is of one input: its distances to every class, and what is unsure about the answer."""

from math import log
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xaivision.engines.prototypes.uncertainty import Curves
from xaivision.explainers.prototypes.prototype_uncertainty import PrototypeUncertainty
from xaivision.report.canvas import CAPTION_SIZE, Canvas, Caption, Layout
from xaivision.report.palette import FAINT_INK, HAIRLINE, INK, LINE_COLORS
from xaivision.report.uncertainty_words import distance_words, headline_of, meaning_of
from xaivision.report.wording import plain

# Width and height of a cell, and the room for its labels, in inches.
WIDE, HIGH, FOOT = 3.6, 2.4, 0.42
# The room above the plot for its legend, in inches.
HEAD = 0.2
# What the axis of distances leaves out at its far end, as a share of all draws: other classes may be very far.
SHOWN = 0.9


def uncertainty_figure(found: PrototypeUncertainty, index: int = 0) -> Figure:
    """Densities of one input's distances to the draws of every class, beside the parts of its uncertainty.

    Raises: InputError, where there is no such input.
    """
    curves = found.curves(index)  # which tells where there is no such input
    names = [plain(name) for name in found.class_names]
    canvas = Canvas(
        Layout(2, WIDE, HIGH),
        [headline_of(found, index), meaning_of(found, index)],
        [
            Caption("Distance to the draws of each class", None, distance_words(found, index)),
            Caption("What is unsure, in nats", None, (f"At most {log(len(names)):.2f}, where all classes are as probable.",)),
        ],
    )
    _draw_curves(canvas.axes(0), found, index, curves)
    _draw_parts(canvas.axes(1), found, index)
    return canvas.figure


def _draw_curves(axes: Axes, found: PrototypeUncertainty, index: int, curves: Curves) -> None:
    plot, pair = _plot(axes), (int(found.classes[index]), int(found.rivals[index]))
    at, densities = curves.at.cpu().numpy(), curves.densities.cpu()
    near = found.distances[index, :, list(pair)].double()
    end = max(float(near.max()), float(found.distances[index].double().quantile(SHOWN)))
    for label in range(len(densities)):
        if label not in pair:
            plot.plot(at, densities[label].numpy(), color=FAINT_INK, linewidth=0.7, alpha=0.6)
    common = torch.minimum(densities[pair[0]], densities[pair[1]]).numpy()
    plot.fill_between(at, common, color=FAINT_INK, alpha=0.25, linewidth=0)
    for color, label in zip(LINE_COLORS, pair, strict=False):
        plot.plot(at, densities[label].numpy(), color=color, linewidth=1.6, label=plain(found.class_names[label]))
    if len(densities) > 2:
        plot.plot([], [], color=FAINT_INK, linewidth=0.7, alpha=0.6, label="other classes")
    plot.set_xlim(0, 1.05 * end)
    plot.set_ylim(0, 1.1 * float(densities.max()))
    plot.set_yticks([])
    plot.set_xlabel("squared distance", fontsize=CAPTION_SIZE, color=INK)
    style: dict[str, Any] = {"fontsize": CAPTION_SIZE, "frameon": False, "labelcolor": INK, "borderpad": 0.0}
    plot.legend(loc="lower left", bbox_to_anchor=(0, 0.99), ncols=3, columnspacing=1.2, **style)  # above, where no curve is


def _draw_parts(axes: Axes, found: PrototypeUncertainty, index: int) -> None:
    plot = _plot(axes, left=0.8)
    parts = {"total": found.total, "aleatoric": found.aleatoric, "epistemic": found.epistemic}
    starts = {"total": 0.0, "aleatoric": 0.0, "epistemic": float(found.aleatoric[index])}
    most = log(len(found.class_names))
    for place, ((name, values), color) in enumerate(zip(parts.items(), (FAINT_INK, *LINE_COLORS[2:4]), strict=True)):
        value = float(values[index])
        plot.barh(place, value, left=starts[name], height=0.5, color=color)
        plot.text(starts[name] + value + 0.02 * most, place, f"{value:.3f}", va="center", fontsize=CAPTION_SIZE, color=INK)
    plot.set_xlim(0, 1.18 * most)
    plot.set_ylim(2.6, -0.6)
    plot.set_yticks(range(3), list(parts))
    plot.set_xticks([0, most / 2, most], ["0", f"{most / 2:.2f}", f"{most:.2f}"])
    plot.set_xlabel("nats", fontsize=CAPTION_SIZE, color=INK)


def _plot(axes: Axes, left: float = 0.08) -> Axes:
    plot = axes.inset_axes((left / WIDE, FOOT / HIGH, 1 - left / WIDE - 0.02, 1 - (FOOT + HEAD) / HIGH))
    plot.tick_params(labelsize=CAPTION_SIZE, colors=FAINT_INK, length=2, labelcolor=INK)
    for edge in ("top", "right"):
        plot.spines[edge].set_visible(False)
    for edge in ("left", "bottom"):
        plot.spines[edge].set_color(HAIRLINE)
    return plot
