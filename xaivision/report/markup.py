"""Pictures and lines in the form a web page embeds: data URIs and points of inline SVG. No page refers to another file."""

from base64 import b64encode
from io import BytesIO

import numpy as np
from PIL import Image

from xaivision.report.palette import Floats, diverging, hexadecimal
from xaivision.report.photo import Pixels
from xaivision.report.removal_plot import CurvePlot

# Drawing area of the curves and of the profiles in SVG units; the page scales it.
PLOT_WIDTH, PLOT_HEIGHT = 300, 180
LINE_WIDTH, LINE_HEIGHT = 240, 60


def data_uri(pixels: Pixels) -> str:
    """The picture as a PNG inside an address."""
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG")
    return png_uri(stream.getvalue())


def png_uri(content: bytes) -> str:
    """A PNG file inside an address."""
    return f"data:image/png;base64,{b64encode(content).decode('ascii')}"


def curve_points(plot: CurvePlot, heights: Floats) -> str:
    """SVG points of a curve, the axis' low end at the bottom; steps without a value are left out."""
    low, high = plot.limits
    return _points((heights - low) / (high - low), PLOT_WIDTH, PLOT_HEIGHT)


def band_points(plot: CurvePlot) -> str:
    """SVG points around the band of the controls; empty where there is none."""
    if plot.low is None or plot.high is None:
        return ""
    back = " ".join(reversed(curve_points(plot, plot.low).split()))
    return f"{curve_points(plot, plot.high)} {back}"


def profile_points(heights: Floats) -> str:
    """SVG points of a table row whose columns are heights in [0, 1]."""
    return _points(heights, LINE_WIDTH, LINE_HEIGHT)


def cell_colors(value: float) -> tuple[str, str]:
    """Background and text color of a cell that holds a correlation; black or white, whichever is read more easily."""
    background = diverging(np.asarray(value, dtype=np.float64))
    linear = [((part + 0.055) / 1.055) ** 2.4 if part > 0.04045 else part / 12.92 for part in background.tolist()]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return hexadecimal(background), "#000000" if light > 0.179 else "#ffffff"


def _points(heights: Floats, width: int, height: int) -> str:
    step = width / max(1, len(heights) - 1)
    pairs = [(place * step, height * (1 - float(share))) for place, share in enumerate(heights)]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in pairs if y == y)
