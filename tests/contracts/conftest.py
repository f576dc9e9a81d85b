"""Runs each contract over every registered method, on every tiny model that it fits (`case`) or does not fit (`misfit`)."""

import pytest
import torch
from contract_cases import FITTING, MISFITS, Case, marks_of
from contract_evaluators import FITTING_EVALUATORS, Judge


def name_of(case: Case | Judge) -> str:
    return case.method if isinstance(case, Case) else case.evaluator


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for name, cases in (("case", FITTING), ("misfit", MISFITS), ("judge", FITTING_EVALUATORS)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(
                name, [pytest.param(case, id=str(case), marks=marks_of(name_of(case), case.kind)) for case in cases]
            )
    if "dtype" in metafunc.fixturenames:
        metafunc.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
