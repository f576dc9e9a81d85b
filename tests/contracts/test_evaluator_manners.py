"""What every metric and sanity check must leave as it was, count, refuse and say of itself."""

import re
from dataclasses import fields, replace

import pytest
import torch
from contract_evaluators import EVALUATOR_CASES, FITTING_EVALUATORS, RULES, UNFITTING_EVALUATORS, Judge
from test_explainer_manners import CALLS_AFTER_CANCELLING, BrokenModelError, break_down, global_states
from test_explainer_refusals import assert_one_sentence

from xaivision.core.about import BOTH_DOMAINS, BOTH_KINDS, AboutEvaluator
from xaivision.core.errors import Cancelled, CapabilityError, InputError
from xaivision.core.progress import CancelToken, reporting
from xaivision.core.protocols import Metric, SanityCheck
from xaivision.core.requirements import unmet
from xaivision.evaluation.registry import EVALUATORS, METRICS, SANITY_CHECKS, metric, sanity_check
from xaivision.explainers.nearest_examples import NearestExamples

PAPER = re.compile(r"arXiv:\d{4}\.\d{4,5}|10\.\d{4,}/\S+")


def test_global_generators_are_neither_moved_nor_heard(usual: Judge) -> None:
    subject = usual.subject()
    explanation = usual.explanation(subject)
    found = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        before = global_states()
        found.append(usual.scores(subject, explanation, seed=5).values)
        assert global_states() == before
    assert torch.equal(*found)


def test_model_and_explanation_are_left_as_they_were(usual: Judge) -> None:
    subject = usual.subject()
    explanation = usual.explanation(subject)
    before, values, inputs = subject.state(), explanation.values.clone(), explanation.query.inputs.clone()
    scored = subject.model(explanation.query.inputs)
    usual.scores(subject, explanation)
    assert subject.state() == before
    assert torch.equal(explanation.values, values)
    assert torch.equal(explanation.query.inputs, inputs)
    assert torch.equal(subject.model(explanation.query.inputs), scored)
    assert torch.equal(usual.explanation(subject).values, values)


def test_the_model_is_left_as_it_was_after_it_broke_down(usual: Judge) -> None:
    subject = usual.subject()
    explanation, before, asked = usual.explanation(subject), subject.state(), subject.witness.calls
    usual.scores(subject, explanation)
    calls = subject.witness.calls - asked
    for call in sorted({1, calls // 2, calls} & set(range(1, calls + 1))):
        subject.witness.strike_at(call, break_down)
        with pytest.raises(BrokenModelError):
            usual.scores(subject, explanation)
        subject.witness.spare()
        assert subject.state() == before
        assert torch.is_grad_enabled()


def test_a_cancelled_job_stops_soon_and_leaves_the_model_as_it_was(usual: Judge) -> None:
    subject = usual.subject()
    explanation, before = usual.explanation(subject), subject.state()
    token, asked = CancelToken(), subject.witness.calls
    subject.witness.strike_at(1, token.cancel)
    with reporting(None, token):
        try:
            usual.scores(subject, explanation)
        except Cancelled:
            assert subject.witness.calls > asked
    assert subject.witness.calls <= asked + 1 + CALLS_AFTER_CANCELLING
    assert subject.state() == before


@pytest.mark.parametrize("enabled", [True, False])
def test_the_callers_grad_mode_is_kept(usual: Judge, enabled: bool) -> None:
    subject = usual.subject()
    explanation = usual.explanation(subject)
    with torch.set_grad_enabled(enabled):
        found = usual.scores(subject, explanation)
        assert torch.is_grad_enabled() == enabled
    assert not found.values.requires_grad


def test_calls_are_counted_as_the_model_saw_them(judge: Judge) -> None:
    subject = judge.subject()
    explanation = judge.explanation(subject, batch=5)
    seen = subject.witness
    inputs, differentiated = seen.inputs, seen.differentiated
    found = judge.scores(subject, explanation)
    assert found.gradient_calls == seen.differentiated - differentiated
    assert found.model_calls + found.gradient_calls == seen.inputs - inputs
    assert (found.model_calls == 0) == (judge.about.cost == "none")
    assert found.seconds > 0


@pytest.mark.parametrize(
    ("strict", "kind"),
    [(case, kind) for case in FITTING_EVALUATORS for kind in BOTH_KINDS if kind not in case.about.kinds],
    ids=str,
)
def test_a_kind_without_a_definition_is_refused(strict: Judge, kind: str) -> None:
    subject = strict.subject()
    with pytest.raises(InputError) as caught:
        strict.scores(subject, replace(strict.explanation(subject), kind=kind))
    assert_one_sentence(str(caught.value))
    assert f"`{strict.evaluator}`" in str(caught.value)
    assert f"gives {kind}s" in str(caught.value)


def test_a_result_that_is_no_attribution_is_refused(usual: Judge) -> None:
    subject = usual.subject()
    examples = NearestExamples(background=subject.inputs(9)).explain(subject.model, subject.inputs())
    with pytest.raises(InputError) as caught:
        usual.scores(subject, examples)  # type: ignore[arg-type]
    assert_one_sentence(str(caught.value))
    assert f"`{usual.evaluator}`" in str(caught.value)
    assert "Got Examples" in str(caught.value)


def test_an_explanation_of_a_class_the_model_has_not_is_refused(usual: Judge) -> None:
    subject = usual.subject()
    explanation = usual.explanation(subject)
    foreign = replace(explanation, query=replace(explanation.query, targets=torch.tensor([0, 7, 1])))
    with pytest.raises(InputError, match=r"classes, 0 to 2. It explains class 7\.") as caught:
        usual.scores(subject, foreign)
    assert_one_sentence(str(caught.value))


@pytest.mark.parametrize("unfit", UNFITTING_EVALUATORS, ids=str)
def test_a_model_that_gives_too_little_is_refused_by_name(unfit: Judge) -> None:
    subject = unfit.subject()
    with pytest.raises(CapabilityError) as caught:
        unfit.scores(subject, unfit.explanation(subject))
    assert_one_sentence(str(caught.value))
    assert f"`{unfit.evaluator}`" in str(caught.value)
    assert unmet(unfit.about, unfit.subject().model) == str(caught.value)


@pytest.mark.parametrize("name", EVALUATORS)
def test_the_card_is_complete(name: str) -> None:
    about = EVALUATORS[name].about
    assert isinstance(about, AboutEvaluator)
    assert about.name == name
    for part in fields(about):
        if part.type in (str, "str"):
            assert getattr(about, part.name).strip() == getattr(about, part.name) != ""
    assert about.answers.endswith("?")
    assert about.misleads.endswith(".")
    assert PAPER.search(about.source)
    assert set(about.kinds) <= set(BOTH_KINDS)
    assert set(about.domains) <= set(BOTH_DOMAINS)
    assert about.kinds
    assert about.domains


@pytest.mark.parametrize("name", EVALUATORS)
def test_the_name_is_the_snake_case_of_the_class(name: str) -> None:
    made = EVALUATORS[name]
    assert re.sub(r"(?<!^)(?=[A-Z])", "_", made.__name__).lower() == name
    assert made.__dataclass_params__.frozen
    assert made.__doc__
    assert not made.__doc__.startswith(f"{made.__name__}(")


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_judges_explanations(name: str) -> None:
    made = metric(name, **Judge(name, "mlp").settings(Judge(name, "mlp").subject()))
    assert isinstance(made, METRICS[name])
    assert isinstance(made, Metric)
    assert METRICS[name].about.judges == "explanation"


@pytest.mark.parametrize("name", SANITY_CHECKS)
def test_a_sanity_check_judges_explainers(name: str) -> None:
    made = sanity_check(name, **Judge(name, "mlp").settings(Judge(name, "mlp").subject()))
    assert isinstance(made, SANITY_CHECKS[name])
    assert isinstance(made, SanityCheck)
    assert SANITY_CHECKS[name].about.judges == "explainer"


def test_every_evaluator_has_its_rules_and_is_tried_on_a_model() -> None:
    assert set(RULES) == set(EVALUATORS), "RULES in tests/contracts/contract_evaluators.py must name every evaluator"
    assert {case.evaluator for case in FITTING_EVALUATORS} == set(EVALUATORS)
    assert {case.kind for case in FITTING_EVALUATORS} == {case.kind for case in EVALUATOR_CASES}
