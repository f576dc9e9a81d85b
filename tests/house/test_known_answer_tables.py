"""The tables of the page on known answers say what the committed numbers say, and the acceptance holds in them."""

import json
import sys

import pytest
from source_rules import ROOT

sys.path.insert(0, str(ROOT / "docs"))

import known_answer_tables

from xaivision.evaluation.known_answers.known_question import LEARNED

RESULT = ROOT / "docs" / "results" / "known_answers.json"


@pytest.fixture(scope="module")
def told():
    return json.loads(RESULT.read_text(encoding="utf-8"))


def test_every_suite_with_answers_has_a_table_with_every_method_and_control(told):
    text = known_answer_tables.suites(RESULT)
    for suite in told["suites"]:
        part = text.split(f"### {suite['name'].capitalize()}\n")[1].split("\n### ")[0]
        methods = {row["method"] for row in told["rows"] if told["questions"][row["question"]]["suite"] == suite["name"]}
        assert {"random", "constant"} <= methods
        assert all(f"`{method}`" in part for method in methods)
        assert suite["definition"] in part


def test_every_finding_is_told_with_its_standing_and_the_time_it_took(told):
    text = known_answer_tables.findings(RESULT)
    for one in told["findings"]:
        assert f"**{one['standing']}**" in text
        assert one["numbers"] in text
    assert f"{told['cpu_seconds'] / 60:.1f} minutes of one core" in text


def test_every_model_that_was_not_asked_is_told_with_how_far_it_came(told, tmp_path):
    assert all(one["accuracy"] < LEARNED for one in told["unlearned"])
    more = {"suite": "tables", "set_name": "a set", "model_name": "mlp", "accuracy": 0.531}
    (tmp_path / "result.json").write_text(json.dumps({**told, "unlearned": [*told["unlearned"], more]}), encoding="utf-8")
    assert "| a set | mlp | 0.53 |" in known_answer_tables.suites(tmp_path / "result.json").split("### Not asked")[1]
    (tmp_path / "result.json").write_text(json.dumps({**told, "unlearned": []}), encoding="utf-8")
    assert "### Not asked" not in known_answer_tables.suites(tmp_path / "result.json")


def test_the_acceptance_holds_in_the_committed_numbers(told):
    """B1, B2 and G1 of the plan, which the slow tests measure anew."""
    standing = {one["claim"]: one["standing"] for one in told["findings"]}
    needed = ("DiffROAR of robust", "Gradients of standard networks leak", "On the one-hot problem", "Weights of a linear model")
    for claim in needed:
        assert [found for said, found in standing.items() if said.startswith(claim)] == ["holds"], claim


def test_no_control_has_more_than_chance_would_give_where_truth_has_no_edges(told):
    rows = [row for row in told["rows"] if row["method"] == "random" and row["score"] == "auc"]
    assert len(rows) == len(told["questions"])
    assert all(0.4 < row["mean"] < 0.6 for row in rows)
    constants = [row["mean"] for row in told["rows"] if row["method"] == "constant" and row["score"] == "auc"]
    assert set(constants) == {0.5}


def test_a_map_that_is_right_is_wrong_about_the_truth_turned_around(told):
    rows = [row for row in told["rows"] if row["score"] == "auc" and row["mean"] is not None and not row["undefined"]]
    assert all(row["reversed_truth"] == pytest.approx(1 - row["mean"], abs=2e-3) for row in rows if row["method"] != "random")
