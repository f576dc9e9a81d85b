import re
from dataclasses import replace

import numpy as np
import pytest
from audit_reports import (
    COLUMNS,
    checklist_changed,
    failing_report,
    finding_changed,
    linear_model,
    picture_report,
    report_of,
    rows_of,
    table_plan,
    table_report,
)
from test_html import EVIL, Page

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.evaluation.audit.ranking import Ranking
from xaivision.evaluation.audit.reliability import Consistency
from xaivision.explainers.registry import explainer
from xaivision.report.audit_html import audit_fragment, audit_html
from xaivision.report.audit_metrics import OWN_REVERSAL, agreement_words, comparison_words, metric_sections
from xaivision.report.audit_page import MOST_FAILURES, audit_page
from xaivision.report.wording import number

REPORTS = {"table": table_report, "pictures": picture_report, "failures": failing_report, "one row": lambda: table_report(1)}


@pytest.fixture(params=REPORTS)
def report(request):
    return REPORTS[request.param]()


def section_of(text, anchor):
    return text[text.index(f'<section id="{anchor}">') :].split("</section>")[0]


def test_tags_are_closed_in_order(report):
    assert Page(audit_html(report)).broken == []
    assert Page(audit_fragment(report)).broken == []


def test_a_page_asks_no_network_and_runs_no_script(report):
    page = audit_html(report)
    parsed = Page(page)
    for word in ("http:", "https:", "url(", "@import", "//"):
        assert word not in re.sub(r"data:image/png;base64,[\w+/=]+", "", page), word
    assert parsed.all("script", "link", "iframe", "object", "embed", "form", "base") == []
    for tag, attributes in parsed.tags:
        assert not any(name.startswith("on") for name in attributes), tag
        for name in ("src", "href", "srcset", "data", "action", "poster", "xlink:href"):
            assert attributes.get(name, "#").startswith(("data:image/png;base64,", "#")), (tag, name)
    policy = next(a["content"] for a in parsed.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def test_every_heading_of_a_table_has_a_scope_and_every_link_leads_somewhere(report):
    parsed = Page(audit_html(report))
    assert all(heading.get("scope") in ("row", "col") for heading in parsed.all("th"))
    anchors = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    assert len(anchors) == len(set(anchors))
    assert {link["href"][1:] for link in parsed.all("a")} <= set(anchors)


def test_every_method_control_and_metric_stands_in_every_table_that_is_about_it(report):
    page = audit_html(report)
    assert len(metric_sections(report)) == len(report.metrics)
    for place, name in enumerate(report.metrics):
        own = Page(section_of(page, f"metric-{place}")).text
        assert own.strip().startswith(f"{name} "), name
        for label in (*report.methods, *report.controls):
            assert label in re.sub(r"_ ", "_", own), (name, label)
    concluded = Page(section_of(page, "conclusions")).text
    assert all(label in re.sub(r"_ ", "_", concluded) for label in report.methods)


def test_every_sentence_on_what_it_cannot_say_stands_on_the_page(report):
    text = Page(section_of(audit_html(report), "cannot-say")).text.replace(" ", "")
    assert len(report.cannot_say) >= 5
    for sentence in report.cannot_say:
        assert sentence.replace("`", "").replace(" ", "") in text


def test_the_facts_say_what_was_stated_and_what_was_withheld():
    facts = dict(audit_page(table_report()).facts)
    assert facts["purpose"] == "a test"
    assert facts["source of the items"] == "drawn"
    assert facts["how they were chosen"] == "all of them"
    assert facts["items"] == "16 items, all asked about"
    assert facts["auditor"] == "not stated"
    assert facts["access"].startswith("granted: labels, scores, logits; withheld or not stated: activations")
    assert "training data" in facts["access"]
    assert dict(audit_page(failing_report()).facts)["items"] == "9 items, 1 of which could not be asked about"


def test_methods_stand_best_first_and_controls_last():
    sections = {one.name: [row.label for row in one.rows] for one in metric_sections(table_report())}
    assert table_report().methods == ("wrong", "shapley")
    assert sections["deletion"] == ["shapley", "wrong", "random", "constant"]
    assert sections["max_sensitivity"] == ["wrong", "shapley", "random", "constant"]


def test_letters_are_those_of_the_ranking_and_controls_have_none():
    report = table_report()
    rows = {row.label: row for row in metric_sections(report)[0].rows}
    assert (rows["shapley"].letters, rows["wrong"].letters, rows["random"].letters) == ("a", "b", "")


def test_letters_stay_distinct_beyond_the_alphabet():
    report = table_report()
    groups = (*((f"other {number}",) for number in range(26)), ("shapley",), ("wrong",))
    many = Ranking("deletion", ("shapley", "wrong"), (0.1, 0.2), (), groups)
    rankings = (many, *report.findings.rankings[1:])
    rows = {
        row.label: row.letters
        for row in metric_sections(replace(report, findings=replace(report.findings, rankings=rankings)))[0].rows
    }
    assert rows["shapley"] == "a2"
    assert rows["wrong"] == "b2"


def test_a_gain_has_its_interval_and_the_p_value_of_being_better_or_of_being_worse():
    one = table_report().findings.of("deletion", "shapley").comparisons[0]
    better = replace(one, mean=0.25, interval=(0.125, 0.5), p=0.00075, p_worse=1.0, at_floor=False)
    assert comparison_words(better) == type(comparison_words(better))("+0.25 [+0.12, +0.50]", "p 0.00075, better")
    assert comparison_words(replace(better, p=0.5)).clear == "p 0.50, not clear"
    assert comparison_words(replace(better, mean=0.0, interval=(-0.1, 0.1), p=0.01)).clear == "p 0.010, not clear"
    worse = replace(better, mean=-0.25, interval=(-0.5, -0.125), p=1.0)
    assert comparison_words(replace(worse, p_worse=0.004)).clear == "p 0.0040, worse"
    assert comparison_words(replace(worse, p_worse=0.4)).clear == "p 1.0, not clear"
    assert comparison_words(replace(better, at_floor=True)).clear == "p \N{LESS-THAN OR EQUAL TO} 0.00075, better"
    assert comparison_words(replace(better, items=0)).gain == ""
    assert comparison_words(replace(better, items=0)).clear == ""


def test_a_metric_that_decides_nothing_is_held_against_nobody():
    report = table_report()
    by_name = {one.name: one for one in metric_sections(report)}
    assert by_name["deletion"].opponents == ("random", "constant", OWN_REVERSAL)
    assert report.findings.of("max_sensitivity", "shapley").comparisons
    for name in ("sparseness", "max_sensitivity"):
        assert by_name[name].opponents == ()
        assert by_name[name].standing.startswith("Decides nothing")
        assert all(row.against == () for row in by_name[name].rows)
    assert "p " not in Page(section_of(audit_html(report), "metric-2")).text.split("groups")[1].split("Items agree")[0]


def test_a_check_with_other_weights_decides_and_has_no_reversal():
    one = next(one for one in metric_sections(picture_report()) if one.name == "parameter_randomization")
    assert one.standing.startswith("Decides: a believable method depends")
    assert one.opponents == ("random", "sobel")


def test_the_number_of_tests_and_what_too_few_items_forbid_stand_with_the_conclusions():
    text = Page(section_of(audit_html(picture_report()), "conclusions")).text
    assert "nothing can be found clearly better" in text
    assert "nothing can be found clearly better" not in Page(section_of(audit_html(table_report()), "conclusions")).text


def test_a_note_on_a_comparison_is_said_once_and_names_whom_it_is_about_where_not_all():
    report = table_report()
    first = report.findings.of("deletion", "shapley").comparisons
    one_sided = finding_changed(
        report, "deletion", "shapley", comparisons=tuple(replace(one, note="one draw of `x`") for one in first)
    )
    assert metric_sections(one_sided)[0].notes == ("One draw of `x` (shapley).",)
    assert metric_sections(report)[0].notes == ()
    both = table_report(1)
    assert metric_sections(both)[0].notes == ("1 item cannot give a p-value below 0.5.",)


def test_names_between_backticks_become_code_and_no_backtick_is_left():
    page = audit_html(table_report())
    assert "`" not in Page(page).text
    assert "<code>random</code>" in page
    assert "on no metric of faithfulness" in page
    assert OWN_REVERSAL in Page(section_of(page, "conclusions")).text
    assert "reversed</code>" not in page


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("a `b` c", "a <code>b</code> c"),
        ("`<i>`", "<code>&lt;i&gt;</code>"),
        ("it's 5` long", "it&#39;s 5` long"),
        ("`a` and `b`, `c", "<code>a</code> and <code>b</code>, `c"),
    ],
)
def test_marks_of_names_never_carry_markup(said, shown):
    page = audit_html(checklist_changed(table_report(), cannot_say=(said,)))
    assert f"<li>{shown}</li>" in page


def evil_scores(rows):
    if (rows[:, 0] == 77).any():
        raise ValueError(EVIL)
    return np.stack([rows[:, 0], -rows[:, 0]], 1)


def test_names_of_files_classes_methods_and_errors_stay_text():
    def make():
        return FunctionClassifier(evil_scores, 2, score_unit="logit", domain="tabular", class_names=[EVIL, f"not {EVIL}"])

    rows = rows_of(6)
    rows[5, 0] = 77
    names = ["<script>.png", *(f"{EVIL}{number}" for number in range(5))]
    plan = table_plan(**{EVIL: explainer("occlusion", baseline="zeros"), "plain": explainer("input_magnitude")})
    report = replace(report_of(make, rows, plan, names), feature_names=tuple(f"{EVIL}{name}" for name in COLUMNS))
    report = checklist_changed(report, subject=replace(report.checklist.subject, name=EVIL, purpose=EVIL))
    assert [row.item for row in report.failures] == [f"{EVIL}4"]
    for text in (audit_html(report), audit_fragment(report)):
        parsed = Page(text)
        assert parsed.all("script") == []
        assert parsed.all("img") == []
        assert all("onerror" not in attributes for _, attributes in parsed.tags)
        assert EVIL.split("{")[0] in " ".join(parsed.words)
        assert "{{ 7*7 }}" in " ".join(parsed.words)
        assert parsed.broken == []
    assert "<script>.png" in Page(audit_html(report)).text


def test_control_characters_of_names_do_not_reach_the_page():
    report = report_of(linear_model, rows_of(2), table_plan(), ["a\x1b[31m\u202etxt.exe", "b"])
    assert "\x1b" not in audit_html(report)
    assert "\u202e" not in audit_html(report)


def test_without_failures_there_is_no_section_of_them_and_no_link():
    page = audit_html(table_report())
    assert 'id="failures"' not in page
    assert 'href="#failures"' not in page


def test_a_failed_item_is_named_with_why():
    page = audit_html(failing_report())
    own = Page(section_of(page, "failures")).text
    assert "row 8" in own
    assert "the item itself" in own
    assert "a sensor is broken" in own
    assert "1 failed" in Page(section_of(page, "metric-0")).text


def test_of_many_failures_the_first_are_named_and_the_others_counted():
    page = audit_page(failing_report(60))
    assert len(page.failures) == MOST_FAILURES == 50
    assert page.more_failures == 10
    text = Page(section_of(audit_html(failing_report(60)), "failures")).text
    assert "row 57" in text
    assert "row 58" not in text
    assert "10 more are in the rows." in text


def test_fifty_failures_leave_none_to_count():
    page = audit_page(failing_report(50))
    assert (len(page.failures), page.more_failures) == (50, 0)


def test_what_has_no_value_is_said_to_be_undefined():
    nan = float("nan")
    report = finding_changed(table_report(), "sparseness", "shapley", mean=nan, interval=(nan, nan), undefined=16)
    row = next(row for row in metric_sections(report)[1].rows if row.label == "shapley")
    assert (row.mean, row.interval, row.missing) == ("undefined", "", "16 undefined")
    assert "nan" not in re.sub(r"[a-z]*nan[a-z]+|[a-z]+nan", "", Page(audit_html(report)).text.lower())


def test_one_item_has_no_interval_anywhere_and_no_consistency():
    report = table_report(1)
    for one in metric_sections(report):
        assert all(row.interval == "" for row in one.rows)
        assert one.consistency == ""
    assert "nan" not in re.sub(r"[a-z]*nan[a-z]+|[a-z]+nan", "", Page(audit_html(report)).text.lower())


def test_curves_of_methods_have_names_and_one_control_is_a_line_of_its_own():
    page = audit_page(picture_report())
    assert [plot.metric for plot in page.plots] == ["deletion", "insertion"]
    assert all(plot.band for plot in page.plots)
    assert [line.label for line in page.plots[0].lines] == ["saliency", "input_x_gradient"]
    report = picture_report()
    alone = replace(report, curves=tuple(one for one in report.curves if one.label != "sobel"))
    plot = audit_page(alone).plots[0]
    assert plot.band == ""
    assert [line.label for line in plot.lines] == ["saliency", "input_x_gradient", "random (control)"]


def test_metrics_that_contradict_each_other_are_told_once_a_pair_those_that_decide_first():
    page = audit_page(table_report(40))
    assert page.contradictions == ()
    assert "deletion finds shapley clearly better than wrong; max_sensitivity finds the opposite." in page.other_contradictions
    assert len(page.other_contradictions) == len(set(page.other_contradictions))


def test_metrics_that_do_not_clearly_contradict_each_other_are_not_said_to():
    report = table_report()
    pairs = tuple(replace(one, flips=tuple(replace(flip, clear=False) for flip in one.flips)) for one in report.reliability.pairs)
    unclear = replace(report, reliability=replace(report.reliability, pairs=pairs))
    assert any(one.flips for one in pairs)
    assert audit_page(unclear).other_contradictions == ()


def test_the_removal_and_how_far_it_leads_off_the_data_are_told():
    report = table_report()
    assert metric_sections(report)[0].removal == "Features are replaced by `zeros`."
    unseen = replace(report, shifts={})
    assert metric_sections(unseen)[0].removal == "Features are replaced by the baseline `zeros`."
    assert metric_sections(report)[1].removal == ""
    name, users, chance, _, measured = audit_page(report).shifts[0]
    assert (name, users) == ("zeros", "deletion")
    assert chance.startswith(f"{report.shifts['zeros'].auc:.2f}")
    assert measured == "16 items"


def test_the_checklist_keeps_labels_as_they_are_and_holds_every_field():
    page = audit_page(picture_report())
    tree = dict(page.checklist)
    assert set(tree) == {
        "subject",
        "access",
        "auditor",
        "methods",
        "data",
        "tools",
        "validity",
        "reproduction",
        "attacks",
        "robustness",
        "data audit",
    }
    assert tree["validity"][0]["checks"].keys() == {"parameter_randomization"}
    text = Page(section_of(audit_html(picture_report()), "checklist")).text
    assert report_hash(picture_report()) in text


def report_hash(report):
    return report.checklist.reproduction.hashes["rows"]


def test_costs_are_told_for_every_method_and_control():
    report = picture_report()
    costs = {row[0]: row[1:] for row in audit_page(report).costs}
    assert set(costs) == {*report.methods, *report.controls}
    assert costs["saliency"][1] == "6"
    judged = sum(one.model_calls for one in report.costs if one.label == "random" and one.metric)
    assert costs["random"][2] == f"{judged:,}"


def test_a_fragment_says_the_conclusions_and_what_cannot_be_said_without_a_page_around_it():
    report = table_report()
    text = audit_fragment(report)
    assert "<html" not in text
    for one in report.conclusions:
        assert one.method in text
        assert one.standing in text
    assert len(Page(text).all("li")) == len(report.cannot_say) > 0


@pytest.mark.parametrize(
    ("interval", "begins"),
    [((0.1, 0.5), "Items agree"), ((-0.3, 0.7), "Whether items agree"), ((-0.7, -0.1), "Items disagree")],
)
def test_items_are_said_to_agree_only_where_chance_is_outside_the_interval(interval, begins):
    said = agreement_words(Consistency("deletion", 3, sum(interval) / 2, interval, 0.5, 0.3, 9, 0))
    assert said.startswith(begins)
    assert number(interval[0]) in said
