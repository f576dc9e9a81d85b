"""What is drawn and written of narratives: figure, page, file and summary."""

import json
from dataclasses import replace

import pytest
import torch

import xaivision as xv
from xaivision.engines.superpixels import Grid
from xaivision.report.narrative_checks import check_rows
from xaivision.report.narrative_figure import narrative_figure, narrative_pictures
from xaivision.report.narrative_page import narrative_html, narrative_part
from xaivision.report.narrative_summary import narrative_summary
from xaivision.report.wording import number

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
    record = told.evidence[0]
    assert rows["evidence for the class in the region"][0].endswith("% of what is positive in the map")
    assert rows["evidence for the class in the region"][1].endswith("its share of the picture")
    limit = number(record["consistency"]["chance_limit"])
    assert (
        f"up to {limit} by chance for {record['consistency']['players']} superpixels" in rows["CC-SHAP, words by similarity"][1]
    )
    without = rows["probability without the region"]
    assert without == (
        number(record["effects"]["without"]),
        f"{number(record['effects']['shifted_without'])}: without its shape elsewhere",
    )
    assert rows["probability of the region alone"][0] == number(record["effects"]["alone"])
    for whose in ("prediction", "words"):
        assert rows[f"{whose} in the region"][1].endswith(f"superpixels contribute to the {whose}, for and against")
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


def changed(told, stage, **values):
    """The same with other values in a stage of the first record."""
    record = {**told.evidence[0], stage: {**told.evidence[0].get(stage, {}), **values}}
    return replace(told, evidence=(record, told.evidence[1]))


def texts(figure):
    return [text.get_text() for text in figure.texts] + [
        text.get_text() for axes in figure.axes for text in axes.texts if axes.get_label() == "region"
    ]


def test_where_the_shape_has_no_room_elsewhere_no_number_of_an_elsewhere_is_printed(told):
    rows = {row[0]: row[1:] for row in check_rows(changed(told, "effects", overlap=0.8).evidence[0])}
    for what in ("without the region", "of the region alone"):
        assert rows[f"probability {what}"][1] == "nothing: there is no room for its shape elsewhere"


def test_a_cut_down_region_is_told_on_figure_and_page(told):
    cut = changed(told, "region", refined=0.5, outline={"area": 0.4, "mass": 0.9}, pieces=3)
    said = " ".join(texts(narrative_figure(cut, 0)))
    assert "cut down from 40.0 % of the picture" in said
    assert "in 3 pieces" in said
    rows = {row[0]: row[1:] for row in check_rows(cut.evidence[0])}
    assert rows["outline before it was cut down"] == (
        "40 % of the picture, 90 % of the evidence",
        "50 % of its evidence was to be kept",
    )
    assert any(row[1].endswith("; in 3 pieces") for row in narrative_part(cut, 0).stages)
    assert "cut down" not in " ".join(texts(narrative_figure(told, 0)))


def test_circles_are_called_what_they_are_and_several_are_numbered_from_one(told):
    first = {"row": 5, "column": 30, "evidence": 1.0, "positive": True}
    others = ({**first, "row": 9}, {**first, "row": 20, "evidence": -1.0, "positive": False})

    def drawn(*points):
        return texts(narrative_figure(changed(told, "points", points=list(points)), 0))

    one, two, both = drawn(first), drawn(first, others[0]), drawn(first, *others)
    assert not any("blue" in text for text in (*one, *two))
    assert any("blue ones of counter-evidence" in text for text in both)
    assert "1" not in one
    assert [text for text in both if text in ("1", "2", "3")] == ["1", "2", "3"]
    row = next(row for row in narrative_part(changed(told, "points", points=[first, others[1]]), 0).stages if row[0] == "points")
    assert row[1].startswith("1: row 6, column 31, counted from 1 (for, 1.00); 2: row 21,")


def test_the_page_tells_how_steady_the_point_is_and_the_seconds_of_this_picture(told):
    steady = changed(told, "stability", seeds=3, mean_distance=2.0, largest_distance=4.0, steady=True, seconds=0.5)
    rows = {row[0]: row[1:] for row in narrative_part(steady, 0).stages}
    assert rows["steadiness of the point"] == (
        "over 3 seeds the first point moves by 2.00 pixels on average and 4.00 at most",
        "500 ms",
    )
    timed = narrative_part(changed(told, "attribution", seconds=2.0, all_seconds=8.0), 0)
    assert timed.stages[0][2] == "2.00 s"


def test_on_narrow_screens_the_pictures_stand_below_each_other(told):
    wide, narrow = narrative_pictures(told, 0), narrative_pictures(told, 0, 1)
    assert narrow.bbox.width < wide.bbox.width / 2
    places = [axes.get_position() for axes in narrow.axes if axes.get_label() in ("input", "kernel_shap", "region")]
    assert len({round(place.x0, 6) for place in places}) == 1
    assert len({round(place.y0, 6) for place in places}) == 3
    page = narrative_html(told)
    assert page.count('<source media="screen and (max-width: 44rem)" srcset="data:image/png;base64,') == 2
