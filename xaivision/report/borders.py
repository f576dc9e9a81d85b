"""Outlines of segments over a map, thin at any size: lines in a figure, pixels in a picture."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from xaivision.report.palette import INK, Floats
from xaivision.report.photo import Pixels
from xaivision.report.shared_values import Labels

WIDTH, OPACITY = 0.5, 0.55
# Pixels of a picture's width from which a line of two pixels is thin.
FINE = 448
LINE = np.array([27, 31, 36])


def border_lines(labels: Labels) -> Floats:
    """(n, 2, 2) ends (x, y) of the lines between pixels of different segments, in the pixels of a map of these labels (H, W).

    Pixels are centered on whole numbers, as `imshow` draws them.
    """
    return np.concatenate([_below(labels), _below(labels.T)[:, :, ::-1]])


def draw_borders(axes: Axes, labels: Labels) -> None:
    """Draw the outlines into axes that show a map of these labels (H, W)."""
    lines = LineCollection(list(border_lines(labels)), colors=INK, linewidths=WIDTH, alpha=OPACITY, capstyle="projecting")
    lines.set_label("segments")
    axes.add_collection(lines, autolim=False)


def outlined(pixels: Pixels, labels: Labels) -> Pixels:
    """The picture (H, W, 3), enlarged so that a line of two pixels is thin, with the outlines of its segments."""
    times = max(1, round(FINE / labels.shape[1]))
    large, places = (np.repeat(np.repeat(one, times, 0), times, 1) for one in (pixels, labels))
    edge = np.zeros(places.shape, dtype=bool)
    for across in (np.s_[1:], np.s_[:, 1:]), (np.s_[:-1], np.s_[:, :-1]):  # both sides: a line that a page shrinks is not lost
        edge[across[0]] |= places[1:] != places[:-1]
        edge[across[1]] |= places[:, 1:] != places[:, :-1]
    drawn = large.astype(np.float64)
    drawn[edge] = (1 - OPACITY) * drawn[edge] + OPACITY * LINE
    return np.rint(drawn).astype(np.uint8)


def _below(labels: Labels) -> Floats:
    """Lines under the pixels whose lower neighbor is of another segment; neighbors in a row are one line."""
    differs = np.pad(labels[1:] != labels[:-1], ((0, 0), (1, 1))).astype(np.int8)
    changes = np.diff(differs, axis=1)
    (rows, starts), (_, ends) = np.nonzero(changes == 1), np.nonzero(changes == -1)
    heights = rows + 0.5
    found: Floats = np.stack([np.stack([starts - 0.5, heights], 1), np.stack([ends - 0.5, heights], 1)], 1).astype(np.float64)
    return found
