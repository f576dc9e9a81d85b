"""The pages of a study with people: what they ask, what they tell and whom, and that they need nothing else."""

import re

import pytest
import torch
from people_studies import ABLATION, key_of, linear, studies, table

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.evaluation.simulatability.design import EXPLAINED, Design
from xaivision.evaluation.simulatability.parts import parts_of
from xaivision.evaluation.simulatability.study import export_study
from xaivision.report.study_page import Seat, Section, Step, StudyPage, choice_of, study_html
from xaivision.report.study_rows import told_of


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return studies(tmp_path_factory.mktemp("studies"))


def test_pages_ask_before_and_after_and_explain_between(exported):
    folder, key = exported["forward"], key_of(exported["forward"])
    for user in key["users"]:
        before, learn, after = ((folder / user / f"{name}.html").read_text() for name in ("1_before", "2_learn", "3_after"))
        for page in (before, after):
            assert page.count("<h2>Case ") == page.count("<fieldset") == 8
            assert "<b>yes</b>" not in page
            assert "class='told'" not in page
        assert learn.count("<h2>Example ") == learn.count("class='told'") == learn.count('name="rating') // 7 == 4
        assert learn.count("In truth it is") == 4
        for page, following in ((before, "2_learn.html"), (learn, "3_after.html")):
            assert f"<a href='{following}'>" in page


def test_pages_mark_what_changed_and_explain_only_afterwards(exported):
    folder, key = exported["counterfactual"], key_of(exported["counterfactual"])
    for user in key["users"]:
        before, after = ((folder / user / f"{name}.html").read_text() for name in ("1_before", "2_after"))
        assert before.count("<h2>Case ") == 8
        for section in before.split("<section>")[1:9]:
            assert 1 <= section.count("<div class='changed'>") <= 3
            assert section.count("Of the case <b>as it was</b>, the model says") == section.count("In truth it is") == 1
        assert "class='told'" not in before
        assert after.count("class='told'") == 8


def rows_on(page, heading="Case"):
    """The values of each case on a page, as it was and as it is now."""
    cells = [
        re.findall(r"<dd>(?:<del>(.*?)</del>.*?<ins>)?(.*?)(?:</ins>)?</dd>", one) for one in page.split(f"<h2>{heading} ")[1:]
    ]
    return [torch.tensor([[float(was or now), float(now)] for was, now in case]).T for case in cells]


@pytest.mark.parametrize("task", ["forward", "counterfactual"])
def test_what_is_right_is_what_the_model_says_of_the_row_that_is_on_the_page(task, exported):
    key, model = key_of(exported[task]), linear()
    for user, reader in key["users"].items():
        for page in (*(exported[task] / user).glob("*_before.html"), *(exported[task] / user).glob("*_after.html")):
            for case, number in zip(rows_on(page.read_text()), reader["order"], strict=True):
                item = key["items"][number]
                assert torch.equal(case[0], table()[0][item["row"]])
                assert ("no", "yes")[int(model(case[1:]).argmax(1))] == item["right"]


def test_pages_say_of_each_explained_row_what_the_model_says_and_what_its_label_is(exported):
    rows, predicted, labels = table()
    for task, name, heading in (("forward", "2_learn", "Example"), ("counterfactual", "1_before", "Case")):
        text = (exported[task] / "user1" / f"{name}.html").read_text()
        told = re.findall(r"the model says <b>(.*?)</b>\. In truth it is (.*?)\.", text)
        for (was, _), said in zip(rows_on(text, heading), told, strict=True):
            places = (rows == was).all(1).nonzero().flatten().tolist()
            assert said in [(("no", "yes")[predicted[one]], ("no", "yes")[labels[one]]) for one in places]


def test_effects_are_signed_and_the_largest_is_first(exported):
    lessons = (exported["forward"] / "user1" / "2_learn.html").read_text().split("<table class='effects'>")[1:]
    assert len(lessons) == 4
    for lesson in lessons:
        numbers = [one.replace("\N{MINUS SIGN}", "-") for one in re.findall(r"<td class='number'>(.*?)</td>", lesson)]
        sizes = [abs(float(one)) for one in numbers]
        assert sizes == sorted(sizes, reverse=True)
        assert re.findall(r"<i class='(\w+)'", lesson) == ["for" if one.startswith("+") else "against" for one in numbers]


@pytest.mark.parametrize(("task", "name"), [("forward", "2_learn"), ("counterfactual", "2_after")])
def test_who_is_explained_to_sees_what_is_true_of_each_row_and_the_control_does_not(task, name, exported):
    key, model = key_of(exported[task]), linear()
    true = parts_of(ABLATION.explain(model, table()[0][key["explained"]]), model)
    for user, reader in key["users"].items():
        sections = (exported[task] / user / f"{name}.html").read_text().split("<section>")[1:-1]
        shown = range(len(key["explained"])) if task == "forward" else reader["order"]
        for section, number in zip(sections, shown, strict=True):
            assert (why_of(section) == told_alone(true, number)) == (reader["arm"] == EXPLAINED)


def why_of(page):
    """What a page says of the first case that it explains."""
    (why,) = re.findall(r"<div class='told'>.*?</div>(?=<fieldset)", page)
    return why


def told_alone(parts, index):
    """The same of one input, on a page of nothing else."""
    section = Section("Case", (), choice_of("after", 1, "", ()), told=told_of(parts, index))
    return why_of(study_html(StudyPage(Seat("", "", ""), Step("after", 1, 1, None), "", "", (section,))))


def test_no_question_may_be_left_out(exported):
    for page in exported["forward"].rglob("*.html"):
        assert page.read_text().count('type="radio" required') == page.read_text().count("<input") > 0


def test_pages_need_no_network_and_escape_names(tmp_path):
    rows = table()[0]
    model = FunctionClassifier(
        linear(), 2, score_unit="logit", domain="tabular", array="torch", class_names=("<b>&", "x'\"><script>alert(1)</script>")
    )
    few = Design(items=4, learned=4, users=2)
    folder = export_study(tmp_path, "forward", ABLATION, model, rows, labels=table()[2], design=few)
    for page in folder.glob("*/*.html"):
        text = page.read_text()
        assert "alert(1)</script>" not in text
        assert "http" not in text
        assert "src=" not in text
