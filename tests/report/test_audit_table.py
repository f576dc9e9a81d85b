import math
from dataclasses import replace

from audit_reports import failing_report, finding_changed, picture_report, table_report

from xaivision.evaluation.audit.part import Doubt
from xaivision.evaluation.audit.rows import Row
from xaivision.report.audit_html import audit_html
from xaivision.report.audit_metrics import OWN_REVERSAL
from xaivision.report.audit_summary import audit_summary
from xaivision.report.audit_table import audit_table
from xaivision.report.audit_words import failure_words
from xaivision.report.table import as_text
from xaivision.report.wording import number


def lines_of(report):
    return as_text(audit_table(report)).splitlines()


def text_of(report):
    """Everything on one line: what stands below is folded to the width of the table."""
    return " ".join(" ".join(lines_of(report)).split())


def row(report, label):
    found = [line for line in lines_of(report) if line.split()[:1] == [label]]
    assert len(found) == 1, label
    return found[0].split()


def test_every_method_and_control_has_a_row_with_its_conclusion_and_means():
    report = table_report()
    for label, said in (("shapley", "unvalidated"), ("wrong", "doubtful"), ("random", "control"), ("constant", "control")):
        cells = row(report, label)
        assert cells[1] == said
        for metric in report.metrics:
            assert number(report.findings.mean(metric, label)) in [cell.rstrip("*") for cell in cells[2:]], (label, metric)


def test_every_metric_has_a_column_with_the_direction_that_is_better():
    heads = next(line for line in lines_of(table_report()) if "conclusion" in line)
    for head in ("deletion \N{DOWNWARDS ARROW}", "sparseness \N{UPWARDS ARROW}", "max_sensitivity \N{DOWNWARDS ARROW}"):
        assert head in heads


def test_a_star_is_given_where_a_deciding_metric_finds_a_method_clearly_better_and_nowhere_else():
    report = table_report()
    assert row(report, "shapley")[2].endswith("*")
    assert not row(report, "wrong")[2].endswith("*")
    assert report.findings.of("sparseness", "shapley").better_than_all  # and yet it decides nothing
    assert not any(cell.endswith("*") for cell in row(report, "shapley")[3:])


def test_intervals_stand_below_the_means_and_one_item_has_none():
    low, high = table_report().findings.of("deletion", "shapley").interval
    assert f"[{number(low)}, {number(high)}]" in text_of(table_report())
    body = [line for line in lines_of(table_report(1)) if line.strip() and line.split()[0] in ("shapley", "wrong", "random")]
    assert len(body) == 3
    assert not any("[" in line for line in body)


def test_why_a_method_is_not_believable_stands_below():
    text = text_of(table_report())
    assert "wrong: on no metric of faithfulness is it clearly better" in text
    assert OWN_REVERSAL in text
    assert "`reversed`" not in text
    assert "shapley: no sanity check compared its maps with those of a model with other weights or labels" in text


def test_too_few_items_for_any_finding_are_told():
    assert "nothing can be found clearly better" in text_of(picture_report())


def test_failures_are_counted_with_their_items_and_none_are_not_mentioned():
    many, one = text_of(failing_report(60)), text_of(failing_report())
    assert "60 failures on 60 of 68 items: the model raised ValueError: a sensor is broken. The report names each." in many
    assert "1 failure on 1 of 9 items: the model raised ValueError: a sensor is broken. The report names each." in one
    assert "Something failed on 60 of 68 items: the numbers concerned are over the other 8." in many
    assert "failure" not in text_of(table_report())


def test_the_star_is_explained_where_one_stands_and_nowhere_else():
    assert "* clearly better" in text_of(table_report())
    assert "*" not in text_of(table_report(2))


def test_the_most_frequent_failure_is_told_where_there_are_several():
    report = failing_report(3)
    rows = (*report.rows, Row("row 0", 0, "wrong", "", "deletion", math.nan, "the metric raised KeyError: 3", ""))
    told = failure_words(replace(report, rows=rows))
    assert told == "4 failures on 3 of 11 items, 3 of them: the model raised ValueError: a sensor is broken."


def test_a_failure_that_is_told_in_a_sentence_ends_with_one_period():
    report = failing_report()
    rows = tuple(row._replace(error=f"{row.error}.") if row.error else row for row in report.rows)
    assert failure_words(replace(report, rows=rows)) == failure_words(report)


def test_doubts_of_explanations_are_named_with_their_number_and_what_helps_once_for_those_that_share_them():
    sums = "it does not add up: the score changes by \N{HORIZONTAL ELLIPSIS}"
    report = replace(
        table_report(), doubts=(Doubt("wrong", sums, 16), Doubt("shapley", sums, 16), Doubt("wrong", "it is cut", 3))
    )
    text = text_of(report)
    assert f"wrong and shapley: 16 of 16 explanations: {sums}. Remedy: spend more `steps` or `budget`" in text
    assert "wrong: 3 of 16 explanations: it is cut" in text
    told = {one["method"]: one["doubts"] for one in audit_summary(report)["conclusions"]}
    assert told["wrong"][1] == {"reason": "it is cut", "items": 3, "remedy": ""}
    assert told["shapley"][0]["remedy"].startswith("spend more")
    assert "16 of 16 explanations: it does not add up" in audit_html(report)


def test_calls_that_were_kept_from_before_are_told_from_those_of_this_run():
    report = table_report()
    assert "in this run" not in text_of(report)
    assert "2,992 model calls, 0 gradient calls" in text_of(report)
    assert "s in all; no model call in this run" in text_of(replace(report, calls_now=0))
    assert "s in all; 4 model calls in this run" in text_of(replace(report, calls_now=4))


def test_the_cost_and_how_much_cannot_be_said_stand_at_the_end():
    report = table_report()
    text = text_of(report)
    assert f"{report.spent.model_calls:,} model calls, 0 gradient calls" in text
    assert f"{len(report.cannot_say)} sentences on what this audit cannot say: see the report" in text


def test_what_has_no_value_is_called_undefined():
    nan = float("nan")
    assert "undefined" in row(finding_changed(table_report(), "sparseness", "shapley", mean=nan, interval=(nan, nan)), "shapley")


def test_markup_and_escapes_in_names_stay_text():
    report = table_report()
    subject = replace(report.checklist.subject, name="[bold]x[/bold]\x1b[31m")
    text = as_text(audit_table(replace(report, checklist=replace(report.checklist, subject=subject))))
    assert "[bold]x[/bold]\N{REPLACEMENT CHARACTER}[31m" in text
