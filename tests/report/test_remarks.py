import json
from dataclasses import replace

import pytest
from report_results import attribution, comparison, image_query, refused, table_query

from xaivision.core.diagnostics import Note
from xaivision.report.html import html_fragment, html_page
from xaivision.report.remarks import remarks, remarks_on_all
from xaivision.report.summary import comparison_summary, explanation_summary
from xaivision.report.table import as_text, comparison_table, explanation_table

WHOLE, FIRST, DOUBT = Note("ok", "biases keep 3.1"), Note("ok", "a line of the first", (0,)), Note("warn", "it did not converge")


def noted(made, *notes):
    return replace(made, diagnostics=replace(made.diagnostics, notes=notes))


def test_remarks_are_the_notes_about_an_input_that_are_no_doubts():
    made = noted(attribution(table_query(2)), WHOLE, DOUBT, FIRST, WHOLE)
    assert remarks(made, 0) == ("biases keep 3.1", "a line of the first")
    assert remarks(made, 1) == ("biases keep 3.1",)
    assert remarks_on_all(made) == ("biases keep 3.1", "input 0: a line of the first")


def test_many_remarks_are_counted():
    many = [Note("ok", f"repaired on a copy: {number}") for number in range(40)]
    made = noted(attribution(table_query(2)), *many)
    for found in (remarks(made, 1), remarks_on_all(made)):
        assert found == ("repaired on a copy: 0", "repaired on a copy: 1", "38 more notes")
    assert remarks(noted(made, *many[:3]), 0) == tuple(note.text for note in many[:3])


def test_a_refused_answer_has_no_remarks():
    broken = refused(table_query(2))
    made = noted(broken, *broken.diagnostics.notes, WHOLE)
    assert remarks(made, 0) == ()
    assert remarks_on_all(made) == ()


def test_remarks_are_one_line_of_plain_text():
    assert remarks(noted(attribution(table_query()), Note("ok", "a\nb\x1b[31m")), 0) == ("a b\N{REPLACEMENT CHARACTER}[31m",)


@pytest.mark.parametrize("query", [image_query(2), table_query(2)], ids=["photos", "rows"])
def test_every_door_shows_remarks_and_the_verdict_stays_ok(query):
    made = noted(attribution(query), WHOLE, FIRST)
    assert made.verdict.status == "ok"
    lines = as_text(explanation_table(made)).splitlines()
    assert sum("Note: biases keep 3.1" in line for line in lines) == 2
    assert sum("Note: a line of the first" in line for line in lines) == 1
    compared = comparison(query, {"saliency": made})
    text = as_text(comparison_table(compared))
    assert "saliency: note: biases keep 3.1" in text
    assert "saliency: note: input 0: a line of the first" in text
    page = html_page([("case", compared)])
    assert page.count("<li>Note: biases keep 3.1</li>") == 2
    assert page.count("<li>Note: a line of the first</li>") == 1
    assert "<li>Note: input 0: a line of the first</li>" in html_fragment(made)
    told = [["biases keep 3.1", "a line of the first"], ["biases keep 3.1"]]
    assert explanation_summary(made)["notes"] == told
    assert json.loads(json.dumps(comparison_summary(compared)))["methods"]["saliency"]["notes"] == told


def test_a_doubt_and_a_remark_stand_side_by_side():
    made = noted(attribution(table_query()), WHOLE, DOUBT)
    assert made.verdict.status == "warn"
    assert "Doubt: it did not converge. Note: biases keep 3.1" in as_text(explanation_table(made))


def test_a_remark_of_a_page_is_escaped():
    made = noted(attribution(table_query()), Note("ok", "<b>bold</b>"))
    assert "<b>bold" not in html_page([("case", comparison(table_query(), {"saliency": made}))])
    assert "<b>bold" not in html_fragment(made)
