"""`import xaivision` costs next to nothing."""

import json
import subprocess
import sys

import pytest

HEAVY = (
    "torch",
    "captum",
    "shap",
    "lime",
    "matplotlib",
    "streamlit",
    "pandas",
    "sklearn",
    "skimage",
    "torchvision",
    "scipy",
    "PIL",
)
LIMIT_SECONDS = 0.5

MEASURE = """
import json, os, sys
before = os.times()
{statement}
after = os.times()
seconds = after.user + after.system - before.user - before.system
print(json.dumps([seconds, sorted({{name.split(".")[0] for name in sys.modules}})]))
"""


def cost_of(statement: str) -> tuple[float, set[str]]:
    """CPU seconds, user and system, of a statement in a process of its own, and the top modules that it leaves loaded."""
    command = [sys.executable, "-c", MEASURE.format(statement=statement)]
    seconds, modules = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    return seconds, set(modules)


def test_importing_the_library_takes_under_half_a_second_of_cpu_time():
    assert min(cost_of("import xaivision")[0] for _ in range(3)) < LIMIT_SECONDS


def test_importing_the_library_loads_no_heavy_package():
    assert cost_of("import xaivision")[1] & set(HEAVY) == set()


def test_asking_for_help_loads_no_heavy_package():
    assert cost_of("import xaivision.cli")[1] & set(HEAVY) == set()


def test_no_explainer_imports_or_compiles_what_only_some_need():
    """shap's numba takes seconds to import and more to compile: nobody pays for it who did not ask shap."""
    asked = """
import torch
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.explainers.registry import explainer

model = FunctionClassifier(lambda rows: rows, 2, score_unit="logit", domain="tabular")
for name in ("exact_shapley", "kernel_shap", "permutation_shap"):
    explainer(name).explain(model, torch.rand(2, 2), 1)
"""
    assert cost_of(asked)[1] & {"shap", "numba", "llvmlite", "lime", "captum", "cv2"} == set()


@pytest.mark.parametrize("name", ["torch", "pandas"])
def test_a_heavy_package_would_be_seen(name):
    assert name in cost_of(f"import {name}")[1]


def test_time_spent_would_be_seen():
    assert cost_of("import time\nwhile time.process_time() < 0.7: pass")[0] > LIMIT_SECONDS
