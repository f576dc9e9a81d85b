import math

import pytest
import torch
from planned_rows import NAN, chance_rows, judge, normal, plan, rows

from xaivision.core.scores import Scores
from xaivision.evaluation.audit.condition import condition
from xaivision.evaluation.audit.findings import Extreme, findings
from xaivision.evaluation.audit.gate import gate
from xaivision.evaluation.audit.rows import Row


def test_a_finding_is_the_mean_with_its_interval_and_the_items_that_are_behind_it():
    made = [*rows("a", [0.4, NAN, 0.9, 0.1, NAN], errors=[4]), Row("5", -1, "", "", "", NAN, "not read.", "")]
    found = findings(made, plan(["a"])).of("m", "a")
    assert (found.items, found.undefined, found.failed) == (6, 1, 2)
    assert found.mean == pytest.approx(1.4 / 3)
    assert found.interval == Scores("m", "a", torch.tensor([0.4, 0.9, 0.1], dtype=torch.float64), True).interval()
    assert (found.best, found.worst) == (Extreme("2", 0.9), Extreme("3", 0.1))


def test_best_is_lowest_where_lower_is_better():
    found = findings(rows("a", [0.4, 0.9, 0.1]), plan(["a"], judges={"m": judge(higher=False)})).of("m", "a")
    assert (found.best, found.worst) == (Extreme("2", 0.1), Extreme("1", 0.9))


def test_a_method_without_values_is_a_finding_too():
    found = findings(rows("a", [NAN, NAN]), plan(["a", "b"]))
    for label in "ab":
        one = found.of("m", label)
        assert math.isnan(one.mean)
        assert (one.undefined, one.best, one.worst, one.better_than_all) == (2, None, None, False)
    assert found.of("other", "a") is None
    assert math.isnan(found.mean("other", "a"))


def test_controls_have_findings_of_their_own_and_are_compared_with_nobody():
    made = rows("a", [0.9] * 8) + rows("c", [0.1] * 8)
    found = findings(made, plan(["a"], ["c"]))
    assert [(one.method, one.control, len(one.comparisons)) for one in found.found] == [("a", False, 1), ("c", True, 0)]
    assert found.of("m", "c").mean == pytest.approx(0.1)
    assert found.ranking("m").methods == ("a",)
    assert found.ranking("other") is None


def test_better_than_all_is_better_than_every_control_and_than_the_own_reversal():
    beaten = rows("a", [0.9] * 9) + rows("c", [0.1] * 9) + rows("d", [0.2] * 9)
    assert findings(beaten, plan(["a"], ["c", "d"])).of("m", "a").better_than_all
    as_good = beaten + rows("a", [0.9] * 9, variant="reversed")
    assert not findings(as_good, plan(["a"], ["c", "d"])).of("m", "a").better_than_all
    assert not findings(beaten, plan(["a"])).of("m", "a").better_than_all


def test_a_lead_is_over_a_control_the_reversal_or_another_method_and_none_where_nothing_is_shared():
    made = rows("a", [0.9] * 9) + rows("b", [0.5] * 9) + rows("c", [0.1] * 9) + rows("a", [0.0] * 9, variant="reversed")
    found = findings(made + rows("d", [NAN] * 9), plan(["a", "b"], ["c", "d"]))
    assert found.lead("m", "a", "c").mean == pytest.approx(0.8)
    assert found.lead("m", "a", "reversed").mean == pytest.approx(0.9)
    assert found.lead("m", "a", "d") is None
    ahead, behind = found.lead("m", "a", "b"), found.lead("m", "b", "a")
    assert (ahead.mean, ahead.better) == (pytest.approx(0.4), True)
    assert (behind.mean, behind.better) == (pytest.approx(-0.4), False)
    assert found.lead("m", "a", "nobody") is None
    assert found.lead("other", "a", "c") is None


def test_the_gate_reads_findings():
    of = plan(["a", "b"], ["c"])
    made = rows("a", [0.9] * 9) + rows("b", [0.1] * 9) + rows("c", [0.1] * 9) + rows("a", [0.0] * 9, variant="reversed")
    found = findings(made, of)
    wanted = [condition(text) for text in ("m:a>control", "m:b>control", "m:a>b", "m:a>=0.8")]
    assert [one.met for one in gate(wanted, of, found).outcomes] == [True, False, True, True]


def test_findings_do_not_depend_on_the_order_of_the_rows():
    made = rows("a", normal(30).tolist()) + chance_rows("c", normal(30, 10, seed=5)) + rows("b", normal(30, seed=6).tolist())
    of = plan(["a", "b"], chance=["c"])
    assert findings(made, of) == findings(sorted(made), of)
