"""Runs each contract over every registered method, on every tiny model that it fits (`case`) or does not fit (`misfit`)."""

import pytest
import torch
from contract_cases import FITTING, MISFITS
from contract_evaluators import FITTING_EVALUATORS


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for name, cases in (("case", FITTING), ("misfit", MISFITS), ("judge", FITTING_EVALUATORS)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, cases, ids=str)
    if "dtype" in metafunc.fixturenames:
        metafunc.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
