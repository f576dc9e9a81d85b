import json
import math
from dataclasses import replace

import pytest
from audit_reports import failing_report, finding_changed, picture_report, table_plan, table_report
from jsonschema import Draft202012Validator

from xaivision.evaluation.audit.condition import condition
from xaivision.evaluation.audit.gate import gate
from xaivision.report.audit_summary import SCHEMA, audit_json, audit_schema, audit_summary

CHECK = Draft202012Validator(audit_schema())
REPORTS = {"table": table_report, "pictures": picture_report, "failures": failing_report, "one row": lambda: table_report(1)}


def objects(schema):
    """Every part of the schema that describes an object with fields."""
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            yield schema
        for part in schema.values():
            yield from objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part)


def test_the_schema_is_one():
    Draft202012Validator.check_schema(audit_schema())
    assert audit_schema()["$id"] == SCHEMA


def test_the_schema_allows_no_field_that_it_does_not_describe_and_only_the_gate_may_be_missing():
    found = list(objects(audit_schema()))
    assert len(found) > 15
    for one in found:
        assert one["additionalProperties"] is False
        assert sorted(one["required"]) == sorted(set(one["properties"]) - {"gate"})


@pytest.mark.parametrize("make", REPORTS.values(), ids=REPORTS)
def test_every_report_fits_the_schema(make):
    CHECK.validate(json.loads(audit_json(make())))


def gated():
    plan = table_plan()
    report = table_report()
    wanted = [condition("deletion:shapley>control"), condition("deletion:wrong<=0.0001")]
    return {**audit_summary(report), "gate": gate(wanted, plan, report.findings).as_plain()}


def test_the_gate_that_the_command_adds_fits_the_schema():
    told = json.loads(json.dumps(gated(), allow_nan=False))
    CHECK.validate(told)
    assert told["gate"]["passed"] is False
    assert [one["met"] for one in told["gate"]["conditions"]] == [True, False]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda told: told["conclusions"][0].update(standing="excellent"),
        lambda told: told.update(extra=1),
        lambda told: told.pop("cannot_say"),
        lambda told: told["cannot_say"].clear(),
        lambda told: told["findings"][0].update(mean="0.1"),
        lambda told: told["findings"][0]["comparisons"][0].pop("p"),
        lambda told: told["gate"].pop("passed"),
        lambda told: told["gate"]["conditions"][0].update(met="yes"),
        lambda told: told["gate"].update(more=1),
        lambda told: told.update(schema="xaivision.audit/2"),
    ],
)
def test_what_is_spoiled_does_not_fit(spoil):
    told = json.loads(json.dumps(gated()))
    spoil(told)
    assert not CHECK.is_valid(told)


def test_the_numbers_are_those_of_the_report():
    report = table_report()
    told = json.loads(audit_json(report))
    assert [one["standing"] for one in told["conclusions"]] == [one.standing for one in report.conclusions]
    assert told["cannot_say"] == list(report.cannot_say)
    assert told["spent"]["model_calls"] == report.spent.model_calls
    assert len(told["findings"]) == len(report.metrics) * 4
    for one in told["findings"]:
        found = report.findings.of(one["metric"], one["method"])
        assert one["mean"] == found.mean
        assert one["interval"] == list(found.interval)
        assert [lead["p"] for lead in one["comparisons"]] == [lead.p for lead in found.comparisons]
    assert {one["metric"]: one["methods"] for one in told["rankings"]}["deletion"] == ["shapley", "wrong"]


def test_what_is_no_number_is_null():
    report = finding_changed(table_report(), "sparseness", "shapley", mean=math.nan, interval=(-math.inf, math.nan))
    one = next(
        one for one in json.loads(audit_json(report))["findings"] if (one["metric"], one["method"]) == ("sparseness", "shapley")
    )
    assert one["mean"] is None
    assert one["interval"] == [None, None]
    CHECK.validate(json.loads(audit_json(report)))


def test_failures_are_named_one_by_one():
    told = json.loads(audit_json(failing_report(60)))
    assert len(told["failures"]) == 60
    assert told["failures"][0]["item"] == "row 8"
    assert "a sensor is broken" in told["failures"][0]["error"]


def test_the_same_report_gives_the_same_bytes_and_rows_are_left_to_the_parts():
    report = table_report()
    assert audit_json(report) == audit_json(replace(report))
    assert "rows" not in audit_summary(report)
