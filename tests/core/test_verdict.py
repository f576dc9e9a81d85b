import math

import pytest
import torch

from xaivision.core.diagnostics import Diagnostics, Note
from xaivision.core.verdict import Verdict, joined, judged, worst

NAN, INF = math.nan, math.inf
ONES, ZEROS = torch.ones(1, 4), torch.zeros(1, 4)


def one(values=ONES, score=1.0, reference=None, **measured):
    measured = {name: torch.tensor([value]) if isinstance(value, float) else value for name, value in measured.items()}
    (verdict,) = judged(
        values, torch.tensor([score]), Diagnostics(**measured), None if reference is None else torch.tensor([reference])
    )
    return verdict


def holding(value):
    values = torch.ones(1, 4)
    values[0, 2] = value
    return values


NOT_FINITE = "the model's score is not finite"
NO_CHANGE = "the change of the score from the baseline is not finite"
STILL_ZERO = "the map is zero everywhere: the score is practically that of the baseline"

TABLE = {
    "nothing measured": (one(), "ok", ()),
    "no attribution": (one(values=None), "ok", ()),
    "one NaN": (one(holding(NAN)), "refuse", ("1 of 4 values are not finite",)),
    "one infinity": (one(holding(-INF)), "refuse", ("1 of 4 values are not finite",)),
    "score NaN": (one(score=NAN), "refuse", (NOT_FINITE,)),
    "score infinite": (one(score=INF), "refuse", (NOT_FINITE,)),
    "score NaN, no attribution": (one(values=None, score=NAN), "refuse", (NOT_FINITE,)),
    "zero without a reference": (one(ZEROS), "ok", ()),
    "zero, score moves": (one(ZEROS, 1.0, 0.0), "refuse", ("the map is zero everywhere while the score changes by 1",)),
    "zero, score moves down": (one(ZEROS, 0.0, 2.5), "refuse", ("the map is zero everywhere while the score changes by -2.5",)),
    "zero, score moves, gap known": (
        one(ZEROS, 1.0, 0.0, completeness_gap=1.0),
        "refuse",
        ("the map is zero everywhere while the score changes by 1",),
    ),
    "zero, score still": (one(ZEROS, 1.0, 1.0), "warn", (STILL_ZERO,)),
    "zero, score nearly still": (one(ZEROS, 1.00005, 1.0, completeness_gap=5e-5), "warn", (STILL_ZERO,)),
    "reference, no gap": (one(score=1.0, reference=0.0), "ok", ()),
    "gap within 5 %": (one(10 * ONES, score=1.0, reference=0.0, completeness_gap=0.0499), "ok", ()),
    "gap within 1 % of the map": (one(ONES, score=1.0, reference=0.0, completeness_gap=0.0399), "ok", ()),
    "gap over 1 % of the map": (
        one(ONES, score=1.0, reference=0.0, completeness_gap=0.0401),
        "warn",
        ("it does not add up: the score changes by 1, the contributions sum to 0.96",),
    ),
    "gap over 5 %": (
        one(10 * ONES, score=1.0, reference=0.0, completeness_gap=0.0501),
        "warn",
        ("it does not add up: the score changes by 1, the contributions sum to 0.95",),
    ),
    "gap under minus 5 %": (
        one(score=0.0, reference=2.0, completeness_gap=-0.2),
        "warn",
        ("it does not add up: the score changes by -2, the contributions sum to -1.8",),
    ),
    "gap within the absolute bound": (one(score=1.0, reference=1.0, completeness_gap=9e-5), "ok", ()),
    "gap over the absolute bound": (
        one(score=1.0, reference=1.0, completeness_gap=1.1e-4),
        "warn",
        ("it does not add up: the score changes by 0, the contributions sum to -0.00011",),
    ),
    "gap NaN": (
        one(score=1.0, reference=0.0, completeness_gap=NAN),
        "warn",
        ("it does not add up: the score changes by 1, the contributions sum to nan",),
    ),
    "gap infinite": (
        one(score=1.0, reference=0.0, completeness_gap=INF),
        "warn",
        ("it does not add up: the score changes by 1, the contributions sum to -inf",),
    ),
    "gap without a reference": (one(completeness_gap=1.0), "ok", ()),
    "reference infinite": (one(reference=-INF, completeness_gap=INF), "refuse", (NO_CHANGE,)),
    "reference NaN": (one(reference=NAN), "refuse", (NO_CHANGE,)),
    "good fit": (one(local_fit=0.5), "ok", ()),
    "poor fit": (one(local_fit=0.49), "warn", ("the local model fits poorly (R2 0.49)",)),
    "fit below zero": (one(local_fit=-3.0), "warn", ("the local model fits poorly (R2 -3.00)",)),
    "fit undefined": (one(local_fit=NAN), "warn", ("the local model fits poorly (R2 nan)",)),
    "poor fit, no attribution": (one(values=None, local_fit=0.1), "warn", ("the local model fits poorly (R2 0.10)",)),
    "note ok": (one(notes=(Note("ok", "converged"),)), "ok", ()),
    "note warn": (one(notes=(Note("warn", "doubt"),)), "warn", ("doubt",)),
    "note refuse": (one(notes=(Note("refuse", "no"),)), "refuse", ("no",)),
    "note on another input": (one(notes=(Note("refuse", "no", (1,)),)), "ok", ()),
    "same note twice": (one(notes=(Note("warn", "doubt"), Note("warn", "doubt", (0,)))), "warn", ("doubt",)),
    "everything": (
        one(holding(NAN), score=1.0, reference=0.0, completeness_gap=NAN, local_fit=0.0, notes=(Note("warn", "doubt"),)),
        "refuse",
        (
            "doubt",
            "1 of 4 values are not finite",
            "it does not add up: the score changes by 1, the contributions sum to nan",
            "the local model fits poorly (R2 0.00)",
        ),
    ),
}


@pytest.mark.parametrize(("verdict", "status", "reasons"), TABLE.values(), ids=TABLE)
def test_the_verdict_follows_from_what_was_measured(verdict, status, reasons):
    assert verdict == Verdict(status, reasons)


def test_each_input_has_its_own_verdict():
    values = torch.stack([torch.ones(4), torch.zeros(4), torch.full((4,), NAN), torch.ones(4)])
    measured = Diagnostics(completeness_gap=torch.tensor([0.0, 1.0, NAN, 0.5]), local_fit=torch.tensor([1.0, 1.0, 1.0, 0.2]))
    found = judged(values, torch.ones(4), measured, torch.zeros(4))
    assert [verdict.status for verdict in found] == ["ok", "refuse", "refuse", "warn"]
    assert len(found[3].reasons) == 2


def test_judging_changes_nothing_and_gives_the_same_again():
    values, scores, gap = torch.tensor([[1.0, NAN]]), torch.ones(1), torch.tensor([0.3])
    measured = Diagnostics(completeness_gap=gap, notes=(Note("warn", "doubt"),))
    copies = values.clone(), scores.clone(), gap.clone()
    assert judged(values, scores, measured, torch.zeros(1)) == judged(values, scores, measured, torch.zeros(1))
    assert torch.equal(values.nan_to_num(7), copies[0].nan_to_num(7))
    assert torch.equal(scores, copies[1])
    assert torch.equal(gap, copies[2])


def test_a_batch_has_the_severest_status_and_each_reason_once_with_its_inputs():
    found = joined([Verdict("ok"), Verdict("warn", ("a",)), Verdict("refuse", ("b", "a"))])
    assert found == Verdict("refuse", ("inputs 1, 2: a", "input 2: b"))


def test_a_reason_that_concerns_every_input_names_none():
    assert joined([Verdict("warn", ("a",)), Verdict("warn", ("a",))]) == Verdict("warn", ("a",))


def test_a_long_list_of_inputs_is_cut_short():
    verdicts = [Verdict("ok"), *[Verdict("warn", ("a",))] * 6]
    assert joined(verdicts).reasons == ("inputs 1, 2, 3, 4, 5, ...: a",)
    assert joined(verdicts[:-1]).reasons == ("inputs 1, 2, 3, 4, 5: a",)


def test_no_input_gives_no_doubt():
    assert joined([]) == Verdict("ok")
    assert worst([]) == "ok"


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [(["ok"], "ok"), (["warn", "ok"], "warn"), (["refuse", "warn"], "refuse"), (["ok", "refuse", "ok"], "refuse")],
)
def test_the_severest_status_wins(statuses, expected):
    assert worst(statuses) == expected


def test_a_verdict_reads_as_its_status_and_its_reasons():
    assert str(Verdict("ok")) == "ok"
    assert str(Verdict("warn", ("a", "b"))) == "warn: a; b"
