"""Pictures and lines in the form a web page embeds: data URIs and points of inline SVG. No page refers to another file."""

from base64 import b64encode
from io import BytesIO

import numpy as np
from PIL import Image

from xaivision.report.curves import Curve, CurvePlot
from xaivision.report.palette import Floats, diverging, hexadecimal
from xaivision.report.photo import Pixels

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


def curve_points(plot: CurvePlot, curve: Curve) -> str:
    """SVG points of a curve, the axis' low end at the bottom; steps without a value are left out."""
    return _in_plot(plot, curve.shares, curve.heights)


def band_points(plot: CurvePlot) -> str:
    """SVG points around the band of the controls; empty where there is none."""
    if plot.band is None:
        return ""
    back = " ".join(reversed(_in_plot(plot, plot.band.shares, plot.band.low).split()))
    return f"{_in_plot(plot, plot.band.shares, plot.band.high)} {back}"


def profile_points(heights: Floats) -> str:
    """SVG points of a table row whose columns are heights in [0, 1]."""
    return _points(np.linspace(0, LINE_WIDTH, len(heights)), LINE_HEIGHT * (1 - heights))


def cell_colors(value: float) -> tuple[str, str]:
    """Background and text color of a cell that holds a correlation; black or white, whichever is read more easily."""
    background = diverging(np.asarray(value, dtype=np.float64))
    linear = [((part + 0.055) / 1.055) ** 2.4 if part > 0.04045 else part / 12.92 for part in background.tolist()]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return hexadecimal(background), "#000000" if light > 0.179 else "#ffffff"


def _in_plot(plot: CurvePlot, shares: Floats, heights: Floats) -> str:
    low, high = plot.limits
    return _points(PLOT_WIDTH * shares, PLOT_HEIGHT * (1 - (heights - low) / (high - low)))


def _points(lefts: Floats, tops: Floats) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(lefts.tolist(), tops.tolist(), strict=True) if y == y)
