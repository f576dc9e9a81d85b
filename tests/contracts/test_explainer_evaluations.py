"""What a method with a budget asked for: its evaluations are within it, and its model calls are those and no others."""

from collections.abc import Mapping
from dataclasses import fields
from math import prod
from typing import Any

import pytest
from contract_cases import FITTING, MET_BY_ALL, SETTINGS, Case

from xaivision.core.attribution import Attribution
from xaivision.core.explanation import Explanation
from xaivision.explainers.registry import EXPLAINERS
from xaivision.explainers.shapley_budget import default_budget

# Methods that perturb inputs without a budget: the players or windows say how often.
WITHOUT_BUDGET = ("feature_ablation", "occlusion")
# Its background says how rows are drawn. Where others have one, every version takes its rows in turn.
DRAWING_FROM_BACKGROUND = ("lime_tabular",)


def perturbs(method: str) -> bool:
    return method in WITHOUT_BUDGET or "budget" in {part.name for part in fields(EXPLAINERS[method])}


PERTURBING = [case for case in FITTING if perturbs(case.method) and case.kind in MET_BY_ALL]


def plays_against_a_background(method: str) -> bool:
    return method not in DRAWING_FROM_BACKGROUND and "background" in {part.name for part in fields(EXPLAINERS[method])}


def evaluations_of(found: Explanation) -> int:
    assert isinstance(found, Attribution)
    assert found.values.any(), "a map of zeros is asked about further"
    assert found.diagnostics.evaluations is not None
    return int(found.diagnostics.evaluations)


def rows_a_version(method: str, settings: Mapping[str, Any]) -> int:
    background = None if method in DRAWING_FROM_BACKGROUND else settings.get("background")
    return 1 if background is None else len(background)


def test_the_perturbation_methods_are_found() -> None:
    found = {case.method for case in PERTURBING}
    assert {*WITHOUT_BUDGET, "kernel_shap", "owen", "partition_shap", "lime_image", "lime_tabular", "c_lime", "rise"} <= found


@pytest.mark.parametrize("perturbed", PERTURBING, ids=str)
def test_evaluations_are_within_the_budget_and_all_that_is_asked(perturbed: Case) -> None:
    subject = perturbed.subject()
    explainer = perturbed.explainer(subject)
    found = explainer.explain(subject.model, subject.inputs(1), seed=3)
    settings = SETTINGS[perturbed.method](subject) if perturbed.method in SETTINGS else {}
    evaluations = evaluations_of(found)
    assert 0 < evaluations <= (getattr(explainer, "budget", None) or default_budget(prod(subject.one)))
    # The input itself is asked about once.
    assert found.diagnostics.model_calls == 1 + rows_a_version(perturbed.method, settings) * evaluations


@pytest.mark.parametrize("method", [name for name in EXPLAINERS if perturbs(name) and plays_against_a_background(name)])
def test_a_column_whose_absence_changes_nothing_is_no_evaluation(method: str) -> None:
    """One column has the background's value already: half of all versions are the same, and one of them is the input."""
    subject = Case(method, "mlp").subject()
    row = subject.inputs(1)
    background = subject.inputs(2, seed=9)
    background[:, 2] = row[:, 2]
    settings = {**(SETTINGS[method](subject) if method in SETTINGS else {}), "background": background}
    found = EXPLAINERS[method](**settings).explain(subject.model, row, seed=3)
    assert evaluations_of(found) <= 2 ** (row.shape[1] - 1) - 1
    assert found.diagnostics.model_calls == 1 + 2 * evaluations_of(found)
