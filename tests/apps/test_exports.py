"""What a visitor takes home: the library's own files, and a figure that shows what the page shows."""

import base64
import io
import json

import numpy as np
import pytest
from compared import METHODS, compared
from PIL import Image

from desk.exports import exports, figure_export, file_stem
from xaivision.report.arrays import arrays_file
from xaivision.report.figure import comparison_figure, png
from xaivision.report.html import html_page
from xaivision.report.summary import comparison_summary
from xaivision.report.view import View

TITLE = "../../my <photo>.png"


def by_ending(made):
    return {one.name.rpartition(".")[2]: one for one in made}


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def test_the_files_are_the_librarys_own_with_every_number():
    files = by_ending(exports(TITLE, compared()))
    assert {kind: one.name for kind, one in files.items()} == {
        kind: f"xaivision-my-photo.{kind}" for kind in ("html", "json", "npz")
    }
    assert files["html"].content == html_page([(TITLE, compared())]).encode()
    assert json.loads(files["json"].content) == json.loads(json.dumps(comparison_summary(compared(), [TITLE])))
    assert files["npz"].content == arrays_file(compared())
    arrays = np.load(io.BytesIO(files["npz"].content), allow_pickle=False)
    for name in METHODS:
        assert np.array_equal(arrays[f"map/{name}"], compared().explanations[name].values.numpy())


def test_the_report_runs_no_script_and_asks_nobody():
    page = by_ending(exports(TITLE, compared()))["html"].content.decode()
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "my &lt;photo&gt;" in page


def test_the_figure_is_drawn_on_this_scale_with_this_clip_and_ink():
    wanted = comparison_figure(compared(), scaling="shared_raw", percentile=90, ink=0.0)
    assert figure_export(TITLE, compared(), View("shared_raw", 90, 0.0)).content == png(wanted)


def test_the_figure_on_the_export_tab_holds_the_pixels_of_the_cards(visit):
    looked = {"photos_scale": "Each its own", "photos_clip": "90.0", "photos_ink": "85"}
    page = visit("photos", photos_methods=["saliency"], photos_judge="false", **looked).settled()
    (card,) = page.data("gallery")["cards"]
    on_screen = pixels(base64.b64decode(card["picture"]["uri"].partition(",")[2]))
    page.tab("Export")
    asked, made = page.job.kept["figure"]
    assert asked[1] == View("each", 90.0, 0.85)
    figure = comparison_figure(page.job.result, scaling="each", percentile=90.0, ink=0.85)
    assert made.content == png(figure)
    (drawn,) = next(axes for axes in figure.axes if axes.get_label() == "saliency").images
    assert np.array_equal(drawn.get_array(), on_screen)
    usual = comparison_figure(page.job.result)
    (other,) = next(axes for axes in usual.axes if axes.get_label() == "saliency").images
    assert not np.array_equal(other.get_array(), on_screen)


def test_another_look_makes_another_figure_and_keeps_one_and_no_other_file_anew(visit):
    page = visit("photos", photos_methods=["saliency"], photos_judge="false", photos_tab="Export").settled()
    before, kept = page.job.kept["figure"], page.job.kept["exports"]
    assert [one.label for one in page.at.get("download_button")] == ["HTML", "PNG", "JSON", "NPZ"]
    page.tab("Maps")
    page.at.slider(key="photos_ink").set_value(80)
    page.run()
    page.tab("Export")
    assert page.job.kept["figure"][0][1] == View("shares", 99.0, 0.8)
    assert page.job.kept["figure"][1].content != before[1].content
    assert page.job.kept["exports"] is kept


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("cat", "xaivision-cat"),
        ("C:\\fakepath\\a b.tar.png", "xaivision-c-fakepath-a-b"),
        ("../../etc/passwd", "xaivision-passwd"),
        ("..", "xaivision-comparison"),
        ("x" * 300, f"xaivision-{'x' * 40}"),
    ],
)
def test_a_file_name_holds_nothing_that_a_file_system_takes_for_more(title, stem):
    assert file_stem(title) == stem
