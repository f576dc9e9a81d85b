import warnings

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from xaivision.report.figure import png
from xaivision.report.lettering import MISSING, at_most, drawable, shortened, width_of, wrapped, write


@pytest.mark.parametrize(
    "text", ["tabby, tabby cat, tiger cat and many other words of all lengths", "x" * 300, "a " * 200, "", "   "]
)
@pytest.mark.parametrize("width", [0.7, 2.0])
def test_wrapped_lines_are_no_wider_than_asked_and_lose_nothing(text, width):
    lines = wrapped(text, width, 9.0)
    assert all(width_of(line, 9.0) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_shortened_text_fits_and_keeps_both_its_ends():
    short = shortened("worst concave points of the second kind", 1.2, 8.0)
    assert width_of(short, 8.0) <= 1.2
    assert short.startswith("worst")
    assert short.endswith("kind")
    assert "\N{HORIZONTAL ELLIPSIS}" in short


def test_a_text_that_fits_is_not_shortened():
    assert shortened("area", 2.0, 8.0) == "area"


def test_lines_that_are_left_out_are_announced():
    assert at_most(["a", "b", "c"], 3, 2.0, 8.0) == ["a", "b", "c"]
    assert at_most(["a", "b", "c"], 2, 2.0, 8.0) == ["a", "b\N{HORIZONTAL ELLIPSIS}"]


def test_characters_without_a_glyph_become_a_box_and_no_warning():
    assert drawable("cat 猫") == f"cat {MISSING}"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = Figure()
        write(figure, (0.1, 0.5), "cat 猫", 9.0)
        png(figure)


def test_dollars_in_names_are_dollars_and_not_mathematics():
    figure = Figure()
    write(figure, (0.1, 0.5), r"$\frac{1} unbalanced $x_{", 9.0)
    png(figure)
    assert figure.texts[0].get_text() == r"$\frac{1} unbalanced $x_{"


def test_an_endless_name_is_cut_before_it_is_measured():
    assert len(drawable("y" * 10**6)) < 2000


@pytest.mark.parametrize("dots", [60, 72, 100, 150])
@pytest.mark.parametrize(("size", "bold"), [(7.5, False), (9.0, False), (9.0, True), (12.0, True)])
def test_a_line_is_drawn_no_wider_than_it_was_measured_however_coarse(dots, size, bold):
    """Measured in whole letters, a line of the composite ran over the edge of its figure at 60 dots an inch."""
    figure = Figure(dpi=dots)
    text = "Effects on malignant: worst concave points +0.123, mean radius \N{MINUS SIGN}0.04, area error +0.02"
    write(figure, (0, 0), text, size, bold=bold)
    drawn = figure.texts[0].get_window_extent(FigureCanvasAgg(figure).get_renderer()).width / dots
    assert 0.8 * width_of(text, size, bold) < drawn <= width_of(text, size, bold) + 1 / dots
