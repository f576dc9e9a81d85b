"""Who is believable, and who is not: on findings whose truth is known."""

import pytest

from xaivision.core.about import AboutEvaluator
from xaivision.evaluation.audit.comparisons import Comparison
from xaivision.evaluation.audit.conclusion import conclusion
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
    clear = mean - half > 0
    return Comparison(name, "saliency", opponent, mean, (mean - half, mean + half), 0.001 if clear else 1.0, 0.001, 40, 0, 0)


def found(name: str, gains: dict[str, float], mean: float = 0.3) -> Finding:
    card: AboutEvaluator = PLAN.judges[name].about
    leads = tuple(lead(name, opponent, gain) for opponent, gain in gains.items())
    return Finding(name, "saliency", False, card.higher_is_better, card.faithfulness, 40, 0, 0, mean, (0, 1), None, None, leads)


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


def test_an_answer_that_does_not_depend_on_the_weights_is_doubtful_however_faithful_it_seems():
    one = concluded(found("deletion", GOOD), found("parameter_randomization", {"random": 0.0}))
    assert one.standing == "doubtful"
    assert one.speaks_against == ("by parameter_randomization it is not clearly told from controls that ignore the model",)


@pytest.mark.parametrize("gain", [0.5, -0.5])
def test_metrics_of_other_kinds_decide_nothing(gain):
    with_it = concluded(found("deletion", GOOD), found("sparseness", {"random": gain}), DEPENDS)
    assert with_it == concluded(found("deletion", GOOD), DEPENDS)


def test_without_a_metric_of_faithfulness_nothing_is_judged():
    assert concluded(found("sparseness", {"random": 0.4}), DEPENDS).standing == "not judged"
    nothing = concluded(found("deletion", GOOD, mean=float("nan")), DEPENDS)
    assert nothing.standing == "not judged"
    assert nothing.speaks_against == ("it has no value on deletion",)


def test_without_a_check_of_other_weights_or_labels_the_best_is_unvalidated():
    one = concluded(found("deletion", GOOD))
    assert one.standing == "unvalidated"
    assert one.speaks_against == ("no sanity check asked a model with other weights or labels",)


def test_what_is_doubtful_anyway_is_not_called_unvalidated():
    assert concluded(found("deletion", {"random": 0.01, "reversed": 0.4})).standing == "doubtful"


@pytest.mark.parametrize(("doubts", "standing"), [({"warn": 20}, "believable"), ({"warn": 15, "refuse": 6}, "doubtful")])
def test_more_than_half_of_the_explanations_in_doubt_make_the_method_doubtful(doubts, standing):
    one = concluded(found("deletion", GOOD), DEPENDS, ok=40 - sum(doubts.values()), **doubts)
    assert one.standing == standing
    assert (one.speaks_against == ("21 of its 40 explanations carry a doubt of their own",)) == (standing == "doubtful")
