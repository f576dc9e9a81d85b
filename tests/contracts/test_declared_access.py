"""Every card tells the truth about access: a method runs under exactly what it declares, and is refused under one level less."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from contract_cases import FITTING, Case, answers, marks_of
from contract_evaluators import FITTING_EVALUATORS, Judge
from contract_subjects import Subject

from xaivision.core import question as questions
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.errors import AccessError, CapabilityError
from xaivision.core.granted import granted
from xaivision.core.requirements import opens
from xaivision.core.scores import Scores
from xaivision.evaluation import measurement as measurements
from xaivision.evaluation.registry import EVALUATORS

# They read weights where torch's function dispatch shows them, which no proxy can withhold; their cards do.
READING_DISPATCH = ("layerwise_relevance", "full_grad")


def declared(case: Case) -> Access:
    """What the card says is used of the model."""
    needs: Access = Access.WEIGHTS if opens(case.about) else case.about.needs
    return needs


def under(subject: Subject, level: Access) -> Subject:
    return replace(subject, model=granted(subject.model, level))


def scores(judge: Judge, subject: Subject, level: Access, explanation: Attribution) -> Scores:
    """What it says where so much is granted; what its settings are made of is the whole model."""
    evaluator: Any = EVALUATORS[judge.evaluator](**judge.settings(subject))
    model, before = granted(subject.model, level), subject.witness.calls
    asked = (judge.explainer(), explanation) if judge.about.judges == "explainer" else (explanation,)
    try:
        found: Scores = evaluator.evaluate(model, *asked)
    except AccessError:
        assert subject.witness.calls == before
        raise
    return found


CASES = [pytest.param(case, id=str(case), marks=marks_of(case.method, case.kind)) for case in FITTING]
WITH_LESS = [
    pytest.param(case, id=str(case), marks=marks_of(case.method, case.kind))
    for case in FITTING
    if declared(case) > Access.SCORES and case.method not in READING_DISPATCH
]
JUDGES = [pytest.param(judge, id=str(judge), marks=marks_of(judge.evaluator, judge.kind)) for judge in FITTING_EVALUATORS]
NEEDING = [param for param in JUDGES if param.values[0].about.needs > Access.LABELS]


@pytest.mark.parametrize("asked", CASES)
def test_a_method_runs_under_exactly_what_its_card_declares(asked: Case) -> None:
    subject = under(asked.subject(torch.float32), declared(asked))
    found = asked.explainer(subject).explain(subject.model, subject.inputs(2))
    assert all(bool(part.isfinite().all()) for part in answers(found).values() if part.is_floating_point())


@pytest.mark.parametrize("asked", [param for param in CASES if declared(param.values[0]) > Access.LABELS])
def test_a_method_is_refused_by_its_card_under_one_level_less(asked: Case) -> None:
    less = Access(declared(asked) - 1)
    subject = under(asked.subject(torch.float32), less)
    before = subject.witness.calls
    with pytest.raises(AccessError, match=rf"^`{asked.method}` needs .* Granted: {less}, and no more\.") as caught:
        asked.explainer(subject).explain(subject.model, subject.inputs(2))
    assert "\n" not in str(caught.value)
    assert subject.witness.calls == before


@pytest.mark.parametrize("asked", WITH_LESS)
def test_a_method_whose_card_lied_would_be_stopped_by_the_model(asked: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "refusal", lambda _about, _model: None)
    subject = under(asked.subject(torch.float32), Access(declared(asked) - 1))
    with pytest.raises(CapabilityError):
        asked.explainer(subject).explain(subject.model, subject.inputs(2))


@pytest.mark.parametrize("judging", JUDGES)
def test_an_evaluator_runs_under_exactly_what_its_card_declares(judging: Judge) -> None:
    subject = judging.subject()
    explanation = judging.explanation(subject)
    # The judged explanation is of the whole model; a sanity check asks the method again, which needs scores.
    level = max(judging.about.needs, Access.SCORES) if judging.about.judges == "explainer" else judging.about.needs
    found = scores(judging, subject, level, explanation)
    assert found.values.shape == (len(explanation.query),)


@pytest.mark.parametrize("judging", NEEDING)
def test_an_evaluator_is_refused_by_its_card_under_one_level_less(judging: Judge) -> None:
    subject = judging.subject()
    explanation = judging.explanation(subject)
    less = Access(judging.about.needs - 1)
    with pytest.raises(AccessError, match=rf"^`{judging.evaluator}` needs .* Granted: {less}, and no more\."):
        scores(judging, subject, less, explanation)


@pytest.mark.parametrize("judging", [param for param in NEEDING if param.values[0].about.needs > Access.SCORES])
def test_an_evaluator_whose_card_lied_would_be_stopped_by_the_model(judging: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = judging.subject()
    explanation = judging.explanation(subject)
    monkeypatch.setattr(measurements, "refusal", lambda _about, _model: None)
    with pytest.raises(CapabilityError):
        scores(judging, subject, Access(judging.about.needs - 1), explanation)
