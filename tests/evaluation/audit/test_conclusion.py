"""Who is believable, and who is not: on findings whose truth is known."""

from dataclasses import replace

import pytest

from xaivision.core.about import AboutEvaluator
from xaivision.evaluation.audit.comparisons import Comparison
from xaivision.evaluation.audit.conclusion import conclusion
from xaivision.evaluation.audit.dependence import dependence
from xaivision.evaluation.audit.findings import Finding, Findings
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.registry import metric, sanity_check
from xaivision.explainers.registry import explainer

PLAN = AuditPlan(
    {"saliency": explainer("saliency")},
    {"random": explainer("random")},
    {
        "deletion": metric("deletion"),
        "insertion": metric("insertion"),
        "sparseness": metric("sparseness"),
        "parameter_randomization": sanity_check("parameter_randomization"),
    },
)


def lead(name: str, opponent: str, mean: float, half: float = 0.05) -> Comparison:
    better, worse = (0.001 if clear else 1.0 for clear in (mean - half > 0, mean + half < 0))
    return Comparison(name, "saliency", opponent, mean, (mean - half, mean + half), better, 0.001, worse, 40, 0, 0)


def untested(name: str, opponent: str) -> Comparison:
    return Comparison(name, "saliency", opponent, NAN, (NAN, NAN), NAN, NAN, NAN, 0, 40, 0)


def found(name: str, gains: dict[str, float], mean: float = 0.3) -> Finding:
    return with_leads(name, *(lead(name, opponent, gain) for opponent, gain in gains.items()), mean=mean)


def with_leads(name: str, *leads: Comparison, mean: float = 0.3, plan=PLAN.judges) -> Finding:
    card: AboutEvaluator = plan[name].about
    return Finding(name, "saliency", False, card.higher_is_better, card.faithfulness, 40, 0, 0, mean, (0, 1), None, None, leads)


NAN = float("nan")
GOOD = {"random": 0.3, "reversed": 0.4}
DEPENDS = found("parameter_randomization", {"random": 0.8})


def concluded(*findings: Finding, ok: int = 40, warn: int = 0, refuse: int = 0):
    return conclusion("saliency", PLAN, Findings(findings, (), ""), {"ok": ok, "warn": warn, "refuse": refuse})


def test_better_than_every_control_on_one_metric_and_dependent_on_the_weights_is_believable():
    one = concluded(found("deletion", GOOD), found("insertion", {"random": 0.01, "reversed": 0.2}), DEPENDS)
    assert one.standing == "believable"
    assert one.speaks_against == ()
    assert one.speaks_for == (
        "clearly better than `random` and `reversed` on deletion",
        "depends on what the model has learned by parameter_randomization",
    )


def test_not_clearly_better_on_any_metric_is_doubtful():
    one = concluded(found("deletion", {"random": 0.01, "reversed": 0.4}), DEPENDS)
    assert one.standing == "doubtful"
    assert one.speaks_against == ("on no metric of faithfulness is it clearly better than `random` and `reversed`",)


def test_better_than_the_controls_but_not_than_its_own_reversal_is_doubtful():
    assert concluded(found("deletion", {"random": 0.3, "reversed": 0.01}), DEPENDS).standing == "doubtful"


def test_clearly_worse_than_one_control_on_another_metric_is_doubtful():
    one = concluded(found("deletion", GOOD), found("insertion", {"random": -0.2, "reversed": 0.2}), DEPENDS)
    assert one.standing == "doubtful"
    assert one.speaks_against == ("clearly worse than `random` on insertion",)


def test_clearly_worse_than_its_own_ranking_turned_round_is_doubtful():
    one = concluded(found("deletion", GOOD), found("insertion", {"random": 0.2, "reversed": -0.2}), DEPENDS)
    assert one.speaks_against == ("clearly worse than `reversed` on insertion",)


@pytest.mark.parametrize("half", [0.3, 0.05])
def test_worse_by_what_may_be_chance_speaks_against_nothing(half):
    """Its interval reaches zero, or its p-value alone may be chance among so many."""
    chance = replace(lead("insertion", "random", -0.2, half), p_worse=0.2)
    other = with_leads("insertion", chance, lead("insertion", "reversed", 0.2))
    assert concluded(found("deletion", GOOD), other, DEPENDS).standing == "believable"
    assert not replace(chance, p_worse=0.001, interval=(-0.5, 0.1)).worse
    assert replace(chance, p_worse=0.001, interval=(-0.5, -0.1)).worse


def test_an_answer_that_does_not_depend_on_the_weights_is_doubtful_however_faithful_it_seems():
    one = concluded(found("deletion", GOOD), found("parameter_randomization", {"random": 0.0}))
    assert one.standing == "doubtful"
    assert one.speaks_against == ("by parameter_randomization it is not clearly told from controls that ignore the model",)


@pytest.mark.parametrize("gain", [0.5, -0.5])
def test_metrics_of_other_kinds_decide_nothing(gain):
    with_it = concluded(found("deletion", GOOD), found("sparseness", {"random": gain}), DEPENDS)
    assert with_it == concluded(found("deletion", GOOD), DEPENDS)


def test_without_a_metric_of_faithfulness_nothing_is_judged():
    nobody = concluded(found("sparseness", {"random": 0.4}), DEPENDS)
    assert nobody.standing == "not judged"
    assert nobody.speaks_against == ("no metric of faithfulness was asked, beside a control",)
    nothing = concluded(with_leads("deletion", untested("deletion", "random"), mean=NAN), DEPENDS)
    assert nothing.standing == "not judged"
    assert nothing.speaks_against == ("it has no value beside a control on deletion",)


def test_a_method_is_judged_beside_a_control_and_its_own_reversal_is_none():
    alone = concluded(found("deletion", {"reversed": 0.4}), DEPENDS)
    assert alone.standing == "not judged"
    assert alone.speaks_against == ("no metric of faithfulness was asked, beside a control",)
    assert concluded(found("deletion", {}), DEPENDS).standing == "not judged"


def test_without_a_check_of_other_weights_or_labels_the_best_is_unvalidated():
    without = {name: judge for name, judge in PLAN.judges.items() if name != "parameter_randomization"}
    verdicts = {"ok": 40}
    one = conclusion("saliency", replace(PLAN, judges=without), Findings((found("deletion", GOOD),), (), ""), verdicts)
    assert one.standing == "unvalidated"
    assert one.speaks_against == ("no sanity check compared its maps with those of a model with other weights or labels",)


@pytest.mark.parametrize("likeness", [1.0, 0.0])
def test_a_check_beside_no_control_validates_nothing_whatever_it_says(likeness):
    one = concluded(found("deletion", GOOD), found("parameter_randomization", {}, mean=likeness))
    assert one.standing == "unvalidated"
    assert one.speaks_against == ("parameter_randomization was asked beside no control, and says nothing without",)


def test_a_check_without_a_value_validates_nothing():
    one = concluded(found("deletion", GOOD), with_leads("parameter_randomization", untested("parameter_randomization", "random")))
    assert one.standing == "unvalidated"
    assert one.speaks_against == ("parameter_randomization has no value on any item that it could be compared by",)


@pytest.mark.parametrize(
    ("gain", "standing"), [(0.0001, "doubtful"), (0.17, "doubtful"), (0.47, "doubtful"), (0.51, "believable")]
)
def test_clearly_ahead_of_the_controls_is_too_little_where_most_of_the_map_stays(gain, standing):
    """Edges with a trace of a gradient keep 0.83 and more, Guided Backpropagation 0.53."""
    card: AboutEvaluator = PLAN.judges["parameter_randomization"].about
    leads = (lead(card.name, "random", 0.9), lead(card.name, "sobel", gain, 1e-5))
    one = concluded(found("deletion", GOOD), with_leads(card.name, *leads))
    assert one.standing == standing
    assert all(each.better for each in leads)
    if standing == "doubtful":
        assert one.speaks_against == (
            "by parameter_randomization most of it stays without what the model has learned: it is ahead of `sobel` by "
            f"{gain:.2g}, and less than 0.5 is too little",
        )


@pytest.mark.parametrize(("columns", "standing"), [(None, "doubtful"), (60, "doubtful"), (4, "believable"), (2, "unvalidated")])
def test_of_few_columns_less_has_to_go_since_chance_makes_them_alike(columns, standing):
    """Two orders of four columns that have nothing in common are alike by 0.5, and two of two columns always."""
    check = found("parameter_randomization", {"random": 0.3})
    one = conclusion("saliency", PLAN, Findings((found("deletion", GOOD), check), (), ""), {"ok": 40}, columns)
    assert one.standing == standing
    if columns == 2:
        assert one.speaks_against == ("parameter_randomization says nothing of a table with so few columns: 2",)


def test_every_check_that_says_something_has_to_find_the_dependence():
    judges = {**PLAN.judges, "smooth": sanity_check("smooth_parameter_randomization")}
    both = [found("deletion", GOOD), DEPENDS]
    # Over stages, as the smooth check goes by itself, half as much has to go.
    for gain, standing in ((0.8, "believable"), (0.3, "believable"), (0.2, "doubtful"), (0.0, "doubtful")):
        check = with_leads("smooth", lead("smooth", "random", gain), plan=judges)
        one = conclusion("saliency", replace(PLAN, judges=judges), Findings((*both, check), (), ""), {"ok": 40})
        assert one.standing == standing
        found_of = Findings((*both, check), (), "")
        assert dependence("saliency", replace(PLAN, judges=judges), found_of).validated == (standing == "believable")
    silent = conclusion("saliency", replace(PLAN, judges=judges), Findings(tuple(both), (), ""), {"ok": 40})
    assert silent.standing == "believable"
    assert silent.speaks_for[1] == "depends on what the model has learned by parameter_randomization"


def test_what_is_doubtful_anyway_is_not_called_unvalidated():
    one = concluded(found("deletion", {"random": 0.01, "reversed": 0.4}), found("parameter_randomization", {}))
    assert one.standing == "doubtful"
    assert one.speaks_against == ("on no metric of faithfulness is it clearly better than `random` and `reversed`",)


@pytest.mark.parametrize(("doubts", "standing"), [({"warn": 20}, "believable"), ({"warn": 15, "refuse": 6}, "doubtful")])
def test_more_than_half_of_the_explanations_in_doubt_make_the_method_doubtful(doubts, standing):
    one = concluded(found("deletion", GOOD), DEPENDS, ok=40 - sum(doubts.values()), **doubts)
    assert one.standing == standing
    assert (one.speaks_against == ("21 of its 40 explanations carry a doubt of their own",)) == (standing == "doubtful")
