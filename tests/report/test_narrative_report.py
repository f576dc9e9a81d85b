"""What is drawn and written of narratives: figure, page, file and summary."""

import json
from dataclasses import replace

import pytest
import torch

import xaivision as xv
from xaivision.engines.superpixels import Grid
from xaivision.report.narrative_checks import check_rows
from xaivision.report.narrative_figure import narrative_figure
from xaivision.report.narrative_page import narrative_html, narrative_part
from xaivision.report.narrative_summary import narrative_summary

NAME = "<b>red</b> block"


@pytest.fixture(scope="module")
def told():
    """Two pictures that are not square: a bright block, and nothing that speaks for the class."""

    def scores(inputs):
        return 6 * inputs[:, 0, 4:8, 28:36].mean((1, 2))[:, None] * [[1.0, 0.0]] - [[3.0, 0.0]]

    model = xv.FunctionClassifier(
        scores, 2, domain="image", score_unit="logit", class_names=(NAME, "none"), image_format=xv.ImageFormat(3, 24, 40)
    )
    pictures = torch.full((2, 3, 24, 40), 0.4)
    pictures[0, 0, 4:8, 28:36] = 0.95
    pictures[1] = 0.0
    return xv.narrate(model, pictures, segments=Grid(6, 10), budget=300, segmenter="threshold", wording="photo", targets=[0, 0])


def test_the_figure_shows_photo_map_region_and_the_words(told):
    figure = narrative_figure(told, 0)
    labels = [axes.get_label() for axes in figure.axes]
    assert {"input", "kernel_shap", "region", "color bar"} <= set(labels)
    words = " ".join(text.get_text() for text in figure.texts).replace("\N{NO-BREAK SPACE}", " ")
    assert "The outlined region lies in the upper right" in words
    region = next(axes for axes in figure.axes if axes.get_label() == "region")
    point = told.evidence[0]["points"]["points"][0]
    (x,), (y,) = region.lines[0].get_data()
    assert (x, y) == (point["column"], point["row"])  # x across, y down


def test_lines_of_words_end_before_the_figure_does(told):
    figure = narrative_figure(told, 0)
    figure.canvas.draw()
    right = max(text.get_window_extent().x1 for text in figure.texts)
    assert right <= figure.bbox.width


def test_a_picture_without_a_region_is_drawn_too(told):
    figure = told.show(1)
    assert any("no region" in text.get_text() for text in figure.texts)


def test_the_page_holds_words_checks_stages_and_the_prompt_and_escapes_names(told, tmp_path):
    page = narrative_html(told, ("block.png", "empty.png"))
    assert NAME not in page
    assert "&lt;b&gt;red&lt;/b&gt; block" in page
    for part in ("block.png", "CC-SHAP", "points inside the region", "The way from the map to the words", "takes no prompt"):
        assert part in page
    assert "<script" not in page
    assert "http" not in page.replace("Content-Security-Policy", "").replace("http-equiv", "")
    written = told.save(tmp_path / "told.html")
    assert written.read_text().startswith("\n<!DOCTYPE html>") or "<!DOCTYPE html>" in written.read_text()


def test_checks_stand_beside_what_they_are_held_against(told):
    rows = {row[0]: row[1:] for row in check_rows(told.evidence[0])}
    assert rows["points inside the region"][0] == "100 %"
    assert rows["evidence in the region"][1].endswith("its share of the picture")
    assert "by chance for" in rows["CC-SHAP, words by similarity"][1]
    assert check_rows({"points": [1, 2]}) == ()


def test_a_stage_that_failed_says_so_on_the_page(told):
    part = narrative_part(told, 1)
    assert any("failed: " in row[1] for row in part.stages)
    assert part.badge in ("warn", "refuse")


def test_a_saved_narrative_is_read_as_it_was(told, tmp_path):
    read = xv.load(told.save(tmp_path / "told"))
    assert (read.text, read.evidence) == (told.text, told.evidence)
    assert torch.equal(read.regions, told.regions)


def test_the_summary_is_json_with_the_record_of_every_stage(told):
    summary = json.loads(json.dumps(narrative_summary(told), allow_nan=False))
    assert summary["answers"][0] == told.text[0]
    assert summary["evidence"][0]["caption"]["label_in_prompt"] is False


def test_sonar_is_called_so(told):
    record = {**told.evidence[0], "wording": "sonar"}
    figure = narrative_figure(replace(told, evidence=(record, record)), 0)
    assert any(text.get_text() == "sonar picture" for text in figure.texts)
