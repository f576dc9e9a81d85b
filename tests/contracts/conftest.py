"""Runs each contract over every registered method, on every tiny model that it fits (`case`) or does not fit (`misfit`); over
every metric, on every such model (`judge`), or on the usual ones, where the manners of a metric are no matter of the kind.
"""

from typing import Any

import pytest
import torch
from contract_cases import FITTING, MET_BY_ALL, MISFITS, Case, marks_of
from contract_evaluators import FITTING_EVALUATORS, Judge

TYPES = {"float32": torch.float32, "float64": torch.float64}


def name_of(case: Case | Judge) -> str:
    return case.method if isinstance(case, Case) else case.evaluator


def once(case: Case | Judge) -> Any:
    return pytest.param(case, id=str(case), marks=marks_of(name_of(case), case.kind))


def typed(case: Case) -> list[Any]:
    return [
        pytest.param(case, dtype, id=f"{case}-{name}", marks=marks_of(name_of(case), case.kind, dtype))
        for name, dtype in TYPES.items()
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "dtype" in metafunc.fixturenames:
        metafunc.parametrize(("case", "dtype"), [asked for case in FITTING for asked in typed(case)])
        return
    usual = [judge for judge in FITTING_EVALUATORS if judge.kind in MET_BY_ALL]
    for name, cases in (("case", FITTING), ("misfit", MISFITS), ("judge", FITTING_EVALUATORS), ("usual", usual)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, [once(case) for case in cases])
