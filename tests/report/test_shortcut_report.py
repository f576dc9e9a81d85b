import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import torch

from xaivision.evaluation.shortcuts.finding import ClassRange, ClassRecall, Finding
from xaivision.evaluation.shortcuts.mass import MassShare
from xaivision.evaluation.shortcuts.report import ExampleRegion, ShortcutReport
from xaivision.evaluation.shortcuts.use import Misled, ModelUse, Removed
from xaivision.report.shortcut_files import shortcut_html, shortcut_summary, write_shortcuts
from xaivision.report.shortcut_table import shortcut_table
from xaivision.report.table import as_text

NAN = float("nan")
FOUND = Finding(
    "border",
    "the outermost pixels",
    "A caution.",
    "decides",
    accuracy=0.91,
    interval=(0.85, 0.95),
    chance=0.5,
    p=0.004,
    recalls=(ClassRecall("ship <b>", 0.9, 40, 0.77, 0.96), ClassRecall("mud", 0.92, 40, 0.8, 0.97)),
    apart=(("ship <b>", "mud", 0.97),),
    telling="mean gray, top",
    ranges=(ClassRange("ship <b>", 0.1, 0.2, 0.3), ClassRange("mud", 0.5, 0.6, 0.7)),
)
NOTHING = Finding("brightness", "the mean gray", "Another.", "nothing", 0.52, (0.4, 0.6), 0.5, 0.7)
UNTESTED = Finding("frame", "the shape", "", "untested", why="the pictures came as a data set of one size, not as files")
TOGETHER = Finding("together", "all of these together", "", "decides", 0.93, (0.9, 0.97), 0.5, 0.004)
MASSES = (
    MassShare("grad_cam", False, 30, 0.15, 0.4, (0.35, 0.45), 0.5, (0.4, 0.6)),
    MassShare("random", True, 30, 0.15, 0.15, (0.14, 0.16), 0.15, (0.14, 0.16)),
)
USE = ModelUse(
    "border", Misled(20, 0.4, (0.2, 0.6), 60, 0.99, 0.55), Removed(80, 0.15, 0.95, 0.6, 0.93, (0.2, 0.5), (0.15, 0.5)), MASSES
)


def report(**changed):
    made = ShortcutReport(
        data="sonar & <script>alert(1)</script>",
        pictures=80,
        counts={"ship <b>": 40, "mud": 40},
        groups=78,
        masked=0,
        seed=0,
        findings=(FOUND, NOTHING, UNTESTED, TOGETHER),
        model="Net",
        asked=80,
        model_accuracy=0.95,
        uses=(USE,),
        examples={"border": (ExampleRegion("a.png", "mud", torch.rand(1, 20, 30), torch.ones(20, 30, dtype=torch.bool)),)},
    )
    return replace(made, **changed)


def text(made):
    return " ".join(made.sentences)


def test_the_sentences_say_what_was_found_how_sure_and_what_was_not_testable():
    said = text(report())
    assert "the class follows from the border" in said
    assert "balanced accuracy 0.91 [0.85, 0.95], where chance has 0.50 (p 0.004)" in said
    assert "ship <b> and mud (0.97)" in said
    assert "All properties together give a balanced accuracy of 0.93" in said
    assert "right on 60% instead of 95%, a fall of 0.35 [0.20, 0.50]; with as much changed elsewhere it is right on 93%" in said
    assert "the model goes by it" in said
    assert "Clearly more there than any control: grad_cam." in said
    assert "Not testable: the frame" in said
    assert "Tested, and nothing found: brightness." in said
    assert "no proof that a model goes by it" in said


def test_a_fall_that_any_change_costs_is_not_called_use():
    removed = replace(USE.removed, elsewhere=0.61, drop_beyond=(-0.1, 0.1))
    assert "not clearly more than any such change costs" in text(report(uses=(replace(USE, removed=removed),)))
    none = replace(removed, after=0.95, drop=(-0.05, 0.05))
    assert "that shows no use of it" in text(report(uses=(replace(USE, removed=none),)))


def test_where_nothing_is_found_the_first_sentence_says_so():
    silent = report(findings=(NOTHING, UNTESTED, replace(NOTHING, probe="together")), uses=(), model="")
    assert silent.sentences[0].startswith("Nothing was found: on 80 pictures of 2 classes, none of 1 properties")
    assert repr(silent).endswith("found nothing)")


def test_few_pictures_are_not_worth_a_sentence_on_the_model():
    few = replace(USE, misled=replace(USE.misled, pictures=9), removed=replace(USE.removed, pictures=9))
    assert "name another class" not in text(report(uses=(few,)))
    assert "instead of" not in text(report(uses=(few,)))


def test_the_table_has_a_row_for_each_property_and_the_sentences():
    lines = as_text(shortcut_table(report())).splitlines()
    rows = {line.split()[0]: line.split() for line in lines if line.split()}
    assert rows["border"][1:3] == ["decides", "0.910"]
    assert rows["frame"][1] == "untested"
    assert rows["border"][-4:] == ["0.40", "0.99", "0.60", "0.93"]
    assert any("the class follows from the border" in line for line in lines)
    plain = as_text(shortcut_table(report(model="", uses=()))).splitlines()
    assert not any("misled" in line for line in plain)


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.anchors, self.links = [], set(), set()

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        self.tags.append(tag)
        self.anchors |= {told["id"]} if "id" in told else set()
        self.links |= {told["href"][1:]} if told.get("href", "").startswith("#") else set()


def test_the_page_is_one_file_without_scripts_and_its_links_lead_somewhere():
    html = shortcut_html(report())
    page = _Page()
    page.feed(html)
    assert "script" not in page.tags
    assert "<script>alert" not in html
    assert "ship <b>" not in html
    assert page.links <= page.anchors
    assert not re.findall(r'(?:src|href)="(?!#|data:)', html)
    assert page.tags.count("img") == 1
    assert "nan" not in re.findall(r'(?:x1|x2|cx)="([^"]*)"', html)


def test_the_page_tells_what_the_sentences_tell():
    html = shortcut_html(report())
    for word in ("Conclusions", "border", "decides", "mean gray, top", "What the model does", "untested"):
        assert word in html


def test_the_numbers_are_json_without_nan(tmp_path):
    page, numbers = write_shortcuts(report(), tmp_path)
    told = json.loads(numbers.read_text())
    assert told == shortcut_summary(report())
    assert told["findings"][0]["accuracy"] == 0.91
    assert told["findings"][2]["accuracy"] is None
    assert told["uses"][0]["removed"]["after"] == 0.6
    assert page.read_text().startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("masses", [(), MASSES])
def test_what_lies_on_the_target_has_a_section_where_it_is_known(masses):
    assert ('id="target"' in shortcut_html(report(on_target=masses))) == bool(masses)
