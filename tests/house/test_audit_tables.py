"""What the docs say of the real audits is what the kept numbers say."""

import json
import sys

import pytest
from source_rules import ROOT

sys.path.insert(0, str(ROOT / "docs"))

import audit_tables


def comparison(p=0.001, low=0.1):
    return {"p": p, "interval": [low, 0.5]}


def finding(method, metric="deletion", mean=0.25, **more):
    usual = {"control": False, "higher_is_better": False, "faithfulness": metric == "deletion", "comparisons": [comparison()]}
    return {"method": method, "metric": metric, "mean": mean, "interval": [0.125, 0.375], **usual, **more}


def concluded(method, standing="believable", against=()):
    return {"method": method, "standing": standing, "speaks_for": [], "speaks_against": list(against)}


@pytest.fixture
def shown(tmp_path):
    def shown(findings, conclusions, **more):
        told = {
            "items": 12,
            "failures": 0,
            "family": "6 comparisons.",
            "cannot_say": ["Nothing.", "Not much."],
            "removal_shifts": {},
            "spent": {"model_calls": 1234, "gradient_calls": 5, "planned_calls": 1230},
        }
        (tmp_path / "audit.json").write_text(json.dumps({**told, "findings": findings, "conclusions": conclusions, **more}))
        return audit_tables.audit(tmp_path / "audit.json")

    return shown


def row(text, name):
    return next(line for line in text.splitlines() if line.startswith(f"| {name}")).split(" | ")


def test_every_method_and_control_has_a_row_with_its_means(shown):
    findings = [finding("a"), finding("random", control=True, comparisons=[], mean=0.5)]
    text = shown(findings, [concluded("a")])
    assert row(text, "Method")[2] == "`deletion`, lower is better |"
    assert row(text, "`a`")[1:] == ["believable", "0.250* [0.125, 0.375] |"]
    assert row(text, "control `random`")[2] == "0.500 [0.125, 0.375] |"
    assert "12 items; 1,234 model calls and 5 gradient calls, where 1,230 model calls were planned; 2 sentences" in text
    assert "6 comparisons." in text


@pytest.mark.parametrize("comparisons", [[comparison(p=0.06)], [comparison(low=-0.1)], [comparison(), comparison(p=None)], []])
def test_only_what_is_clearly_better_than_every_opponent_has_a_star(shown, comparisons):
    assert "*" not in row(shown([finding("a", comparisons=comparisons)], [concluded("a")]), "`a`")[2]


@pytest.mark.parametrize(("metric", "starred"), [("sparseness", False), ("parameter_randomization", True)])
def test_a_metric_that_decides_nothing_has_no_star(shown, metric, starred):
    assert ("*" in row(shown([finding("a", metric)], [concluded("a")]), "`a`")[2]) == starred


def test_what_has_no_value_is_undefined(shown):
    text = shown([finding("a", mean=None, interval=[None, None], comparisons=[])], [concluded("a", "not judged")])
    assert row(text, "`a`")[1:] == ["not judged", "undefined |"]


def test_doubts_failures_and_shifts_are_told_where_there_are_any(shown):
    shift = {"auc": 0.75, "interval": [0.5, 0.875]}
    text = shown([finding("a")], [concluded("a", "doubtful", ["worse", "wrong"])], failures=3, removal_shifts={"black": shift})
    assert "| `a` | worse; wrong |" in text
    assert "12 items, 3 failures;" in text
    assert "`black` 0.75 [0.50, 0.88]." in text
    silent = shown([finding("a")], [concluded("a")])
    assert "against" not in silent
    assert "failures" not in silent
    assert "removal" not in silent
