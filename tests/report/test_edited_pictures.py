"""What was done to a picture is told beside it, in the sentence, and after it was saved and loaded."""

from dataclasses import replace

from report_results import counterfactuals, image_query

import xaivision as xv
from xaivision.report.answer import answer_text
from xaivision.report.conditions_figure import edits_of
from xaivision.report.figure import figure_of


def edited():
    found = counterfactuals(image_query(2), k=1)
    words = [("segment 3: brightness 0 -> 0.25; segment 5: removal 0 -> 1",)] + [("",)] * (len(found.query) - 1)
    return replace(found, edits=tuple(words))


def texts(figure):
    return " ".join(text.get_text() for axis in figure.axes for text in axis.texts) + " ".join(
        [text.get_text() for text in figure.texts] + [axis.get_title() for axis in figure.axes]
    )


def test_the_strip_names_every_edit():
    shown = texts(figure_of(edited(), 0)).replace("\n", " ")
    assert "segment 3: brightness" in shown
    assert "segment 5: removal" in shown


def test_many_edits_are_cut_and_counted():
    many = replace(edited(), edits=(("; ".join(f"segment {n}: removal 0 -> 1" for n in range(20)),),) * len(edited().query))
    assert edits_of(many, 0, 0)[-1].startswith("and 6 more edits, of segment 14, segment 15, ")
    assert len(edits_of(many, 0, 0)) == 15


def test_a_result_without_words_has_none():
    assert edits_of(counterfactuals(image_query(), k=1), 0, 0) == []
    assert edits_of(edited(), 1, 0) == []


def test_the_sentence_tells_the_edits():
    assert answer_text(edited(), 0).endswith("segment 3: brightness 0 -> 0.25; segment 5: removal 0 -> 1")


def test_edits_are_saved_and_loaded(tmp_path):
    path = edited().save(tmp_path / "found.safetensors")
    assert xv.load(path).edits == edited().edits
