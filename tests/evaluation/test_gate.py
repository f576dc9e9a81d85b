"""The gate's conditions: what they may say, which names they may use, and when they are met."""

import math
from typing import NamedTuple

import pytest

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.evaluation.audit.condition import Condition, condition
from xaivision.evaluation.audit.findings import findings
from xaivision.evaluation.audit.gate import check_names, doubts_of, gate
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.audit.rows import Row
from xaivision.evaluation.registry import metric, sanity_check
from xaivision.explainers.registry import explainer


class Gain(NamedTuple):
    mean: float
    interval: tuple[float, float]
    p: float
    better: bool


WON, DRAWN, LOST = Gain(0.2, (0.1, 0.3), 0.001, True), Gain(0.1, (-0.1, 0.3), 0.2, False), Gain(-0.2, (-0.3, -0.1), 1.0, False)


class Found:
    """Means by (metric, method), leads by (metric, method, opponent); everything else has no value."""

    def __init__(self, means=(), leads=(), failed=()):
        self._means, self._leads = dict(means), dict(leads)
        self.failed, self.items = failed, 40

    def mean(self, metric, method):
        return self._means.get((metric, method), math.nan)

    def lead(self, metric, method, opponent):
        return self._leads.get((metric, method, opponent))


def plan(controls=("random", "sobel"), judges=("deletion", "insertion", "sparseness")):
    return AuditPlan(
        {name: explainer(name) for name in ("grad_cam", "saliency")},
        {name: explainer(name) for name in controls},
        {name: metric(name) for name in judges} | {"parameter_randomization": sanity_check("parameter_randomization")},
    )


def conditions(texts, plan):
    wanted = [condition(text) for text in texts]
    check_names(wanted, plan)
    return wanted


def outcomes(text, found):
    return gate(conditions([text], plan()), plan(), found)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("deletion:grad_cam>control", ("deletion", "grad_cam", ">", "control")),
        (" deletion : grad_cam > random ", ("deletion", "grad_cam", ">", "random")),
        ("insertion:grad_cam>=0.6", ("insertion", "grad_cam", ">=", 0.6)),
        ("deletion:grad_cam<=-1e-1", ("deletion", "grad_cam", "<=", -0.1)),
        ("*:*>control", ("*", "*", ">", "control")),
        ("deletion:steps: 64>random", ("deletion", "steps: 64", ">", "random")),
    ],
)
def test_a_condition_is_read_as_it_is_written(text, wanted):
    assert condition(text) == Condition(text.strip(), *wanted)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it has no relation"),
        ("deletion", "it has no relation"),
        ("deletion:grad_cam", "it has no relation"),
        ("deletion:grad_cam>control>random", "it has no relation, `>`, `>=` or `<=`, or more than one"),
        ("deletion>control", "`deletion` is not a metric and a method with a colon between them"),
        (":grad_cam>control", "`:grad_cam` is not a metric and a method"),
        ("deletion: >control", "`deletion:` is not a metric and a method"),
        ("deletion:grad_cam>", "nobody stands after `>`: name a control"),
        ("deletion:grad_cam<control", "`<` is no relation: write `<=`"),
        ("deletion:grad_cam=0.6", "`=` is no relation: write `>=` or `<=`"),
        ("deletion:grad_cam==0.6", "`==` is no relation: write `>=` or `<=`"),
        ("deletion:grad_cam=>0.2", "`=>` is no relation: write `>=`"),
        ("deletion:grad_cam>>control", "`>>` is no relation"),
        ("deletion:grad_cam>0.3", "for a number write `>=0.3`"),
        ("deletion:grad_cam>=control", "`control` is no number: with a name after it the relation is `>`"),
        ("deletion:grad_cam>=", "no number stands after the relation"),
        ("deletion:grad_cam>=nan", "`nan` is no number"),
        ("deletion:grad_cam<=inf", "`inf` is no number"),
        ("deletion:grad_cam<=50%", "`50%` is no number: write 0.5"),
        ("deletion:grad_cam<=0,5", "`0,5` is no number: write 0.5, with a point"),
        ("deletion:grad_cam>grad_cam", "it compares `grad_cam` with itself"),
        ("deletion:grad_cam>*", "for every control write `>control`"),
        ("*:grad_cam>=0.6", "no number means the same on every metric"),
        ("del*:grad_cam>control", "`del*` is no name: `*` stands alone"),
        ("deletion:*_cam>control", "`*_cam` is no name: `*` stands alone"),
        ("failures>=3", "failures go with `<=`, not with `>=`"),
        ("failures<=none", "`none` is no number"),
    ],
)
def test_anything_else_is_refused_with_the_grammar_and_the_part_that_is_wrong(text, why):
    with pytest.raises(InputError, match=r"`--fail-under` must be metric:method>control, .*Got ") as caught:
        condition(text)
    assert why in str(caught.value).rpartition("Got ")[2]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("deletoin:grad_cam>control", "`deletoin` is not a known metric of this audit. Did you mean `deletion`?"),
        ("deletion:gradcam>control", "`gradcam` is not a known method of this audit. Did you mean `grad_cam`?"),
        ("deletion:grad_cam>sobell", "`sobell` is not a known method or control of this audit. Did you mean `sobel`?"),
    ],
)
def test_names_that_nobody_knows_are_refused_before_it_starts(text, says):
    with pytest.raises(UnknownNameError) as caught:
        conditions([text], plan())
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "irof:grad_cam>=1",
            "names the metric `irof`, which is no part of this audit. Add it to --metrics, or name one of deletion",
        ),
        ("deletion:occlusion>control", "names the method `occlusion`, which is no part of this audit. Add it to --methods"),
        ("deletion:grad_cam>lime_image", "Add it to --methods or --controls, or name one of grad_cam, saliency, random, sobel"),
        ("deletion:random>sobel", "must be about a method. Got `random`, which is a control of this audit."),
    ],
)
def test_names_that_were_not_asked_for_are_refused_with_where_to_add_them(text, says):
    with pytest.raises(InputError) as caught:
        conditions([text], plan())
    assert says in str(caught.value)


@pytest.mark.parametrize(("count", "met"), [(0, True), (2, True), (3, False)])
def test_items_that_failed_can_be_counted(count, met):
    found = Found(failed=[f"item {number}" for number in range(count)])
    (one,) = outcomes("failures <= 2", found).outcomes
    assert (one.met, one.told) == (met, f"{count} of 40 items failed, wanted <= 2.")


def test_a_gate_on_what_decides_nothing_is_doubted():
    wanted = conditions(["sparseness:*>=0.5", "deletion:*>control", "parameter_randomization:*>control", "failures<=0"], plan())
    assert [told.partition(" keeps")[0] for told in doubts_of(wanted, plan())] == ["A gate on sparseness"]


def test_a_p_value_that_drawn_signs_could_not_make_smaller_is_told_as_a_bound():
    rows = [
        Row(str(item), 0, method, "", "deletion", value, "", "")
        for item in range(20)
        for method, value in (("grad_cam", item / 100), ("sobel", 0.9))
    ]
    asked = AuditPlan({"grad_cam": explainer("grad_cam")}, {"sobel": explainer("sobel")}, {"deletion": metric("deletion")})
    (one,) = gate(conditions(["deletion:grad_cam>sobel"], asked), asked, findings(rows, asked)).outcomes
    assert "p <= 1e-05" in one.told


def test_chance_turned_round_is_chance_again_and_no_reversal_has_to_be_beaten():
    chance = AuditPlan({"luck": explainer("random")}, {"sobel": explainer("sobel")}, {"deletion": metric("deletion")})
    found = Found(leads={("deletion", "luck", "sobel"): WON})
    assert gate(conditions(["deletion:luck>control"], chance), chance, found).passed


def test_what_would_hold_because_nothing_is_asked_is_refused():
    with pytest.raises(InputError, match=r"compares with controls\. This audit has none"):
        conditions(["deletion:grad_cam>control"], plan(controls=()))
    with pytest.raises(InputError, match=r"metrics of faithfulness\. This audit has none"):
        conditions(["*:grad_cam>control"], plan(judges=("sparseness",)))
    alone = AuditPlan({"grad_cam": explainer("grad_cam")}, {}, {"deletion": metric("deletion")})
    with pytest.raises(InputError, match=r"other methods than `grad_cam`\. This audit has none"):
        conditions(["deletion:*>grad_cam"], alone)


def test_every_control_and_the_reversal_have_to_be_clearly_beaten():
    won = {("deletion", "grad_cam", opponent): WON for opponent in ("random", "sobel", "reversed")}
    assert outcomes("deletion:grad_cam>control", Found(leads=won)).passed
    for opponent in ("random", "sobel", "reversed"):
        for lead in (DRAWN, LOST, None):
            failed = outcomes("deletion:grad_cam>control", Found(leads=won | {("deletion", "grad_cam", opponent): lead}))
            assert not failed.passed
            assert failed.outcomes[0].told.startswith("deletion of `grad_cam` is not clearly better than 1 of 3: `" + opponent)


def test_by_a_metric_that_asks_for_no_truth_there_is_no_reversal_to_beat():
    won = {("sparseness", "grad_cam", opponent): WON for opponent in ("random", "sobel")}
    assert outcomes("sparseness:grad_cam>control", Found(leads=won)).passed
    with pytest.raises(InputError, match="needs a metric of faithfulness: `sparseness` judges no ranking"):
        outcomes("sparseness:grad_cam>reversed", Found())
    assert outcomes("deletion:grad_cam>reversed", Found(leads={("deletion", "grad_cam", "reversed"): WON})).passed


def test_a_named_opponent_may_be_a_control_or_another_method():
    leads = Found(leads={("deletion", "grad_cam", "random"): WON, ("deletion", "grad_cam", "saliency"): DRAWN})
    assert outcomes("deletion:grad_cam>random", leads).passed
    assert not outcomes("deletion:grad_cam>saliency", leads).passed


def test_a_mean_is_held_against_a_number_with_equality_allowed():
    found = Found(means={("insertion", "grad_cam"): 0.5})
    assert [outcomes(f"insertion:grad_cam{rest}", found).passed for rest in (">=0.5", ">=0.51", "<=0.5", "<=0.49")] == [
        True,
        False,
        True,
        False,
    ]
    assert outcomes("insertion:grad_cam>=0.51", found).outcomes[0].told == (
        "insertion of `grad_cam` is 0.5 on average, wanted >= 0.51."
    )


@pytest.mark.parametrize(
    "text", ["deletion:grad_cam>control", "deletion:grad_cam>saliency", "deletion:grad_cam>=-9", "deletion:grad_cam<=9"]
)
def test_what_has_no_value_meets_no_condition(text):
    failed = outcomes(text, Found())
    assert not failed.passed
    assert "no " in failed.outcomes[0].told


def test_the_findings_of_an_audit_are_what_the_gate_asks():
    """A method that is right on every item, next to one that is not, as rows."""
    rows = [
        Row(str(item), 0, method, variant, "deletion", value + item / 1000, "", "")
        for item in range(20)
        for method, variant, value in (
            ("grad_cam", "", 0.1),
            ("grad_cam", "reversed", 0.9),
            ("saliency", "", 0.5),
            ("saliency", "reversed", 0.5),
            ("sobel", "", 0.5),
        )
    ]
    asked = AuditPlan(plan().methods, {"sobel": explainer("sobel")}, {"deletion": metric("deletion")})
    found = findings(rows, asked)
    texts = ("grad_cam>control", "grad_cam>saliency", "grad_cam<=0.2", "saliency>control", "saliency>grad_cam", "grad_cam>=0.2")
    results = [gate(conditions([f"deletion:{text}"], asked), asked, found).passed for text in texts]
    assert results == [True, True, True, False, False, False]


def test_a_star_stands_for_every_method_and_for_every_metric_of_faithfulness():
    result = outcomes("*:*>control", Found())
    assert [one.told.split(" is ")[0] for one in result.outcomes] == [
        "deletion of `grad_cam`",
        "deletion of `saliency`",
        "insertion of `grad_cam`",
        "insertion of `saliency`",
    ]
    assert len(outcomes("deletion:*>saliency", Found()).outcomes) == 1  # not against itself


def test_one_unmet_condition_fails_the_gate_and_the_result_is_plain():
    found = Found(means={("deletion", "grad_cam"): 0.1})
    wanted = conditions(["deletion:grad_cam<=0.2", "deletion:grad_cam<=0.05"], plan())
    result = gate(wanted, plan(), found)
    assert not result.passed
    assert gate(wanted[:1], plan(), found).passed
    assert result.as_plain() == {
        "passed": False,
        "conditions": [
            {
                "condition": "deletion:grad_cam<=0.2",
                "met": True,
                "told": "deletion of `grad_cam` is 0.1 on average, wanted <= 0.2.",
            },
            {
                "condition": "deletion:grad_cam<=0.05",
                "met": False,
                "told": "deletion of `grad_cam` is 0.1 on average, wanted <= 0.05.",
            },
        ],
    }
