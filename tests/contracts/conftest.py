"""Runs each contract over every registered method, on every tiny model that it fits (`case`) or does not fit (`misfit`)."""

import pytest
import torch
from contract_cases import FITTING, MISFITS, Case
from contract_evaluators import FITTING_EVALUATORS, Judge

# Black boxes that are asked like others: every method meets them in the slow tests, a few in the default ones.
BLACK_BOXES = ("onnx", "trees")
MEET_THEM = ("occlusion", "kernel_shap", "tree_shap", "random", "deletion", "completeness")


def weighed(case: Case | Judge) -> object:
    """The case as a parameter, marked slow where another stands for it."""
    name = case.method if isinstance(case, Case) else case.evaluator
    slow = case.kind in BLACK_BOXES and name not in MEET_THEM
    return pytest.param(case, id=str(case), marks=pytest.mark.slow if slow else ())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for name, cases in (("case", FITTING), ("misfit", MISFITS), ("judge", FITTING_EVALUATORS)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, [weighed(case) for case in cases])
    if "dtype" in metafunc.fixturenames:
        metafunc.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
