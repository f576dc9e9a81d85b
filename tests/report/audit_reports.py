"""Small audits to report on: a linear model of tables, a small network of pictures, an item that is broken, one item alone."""

from dataclasses import replace
from functools import cache

import numpy as np
import torch
from torch import nn

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.audit.assembly import Stated, assembled
from xaivision.evaluation.audit.executors import SerialExecutor
from xaivision.evaluation.audit.items import GivenItems
from xaivision.evaluation.audit.job import Job
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.audit.report import AuditReport
from xaivision.evaluation.audit.store import Memory
from xaivision.evaluation.audit.subject import Subject
from xaivision.evaluation.registry import metric, sanity_check
from xaivision.explainers.registry import explainer

WEIGHTS = np.array([2.0, -1.0, 0.5, 0.0, 1.0])
# The columns that count, the largest weight first, and what the model says where it is asked about the broken row.
COLUMNS = ("height", "weight", "age", "nothing", "speed")
BROKEN = 77.0


def linear(rows):
    if (rows[:, 0] == BROKEN).any():
        raise ValueError("a sensor is broken")
    score = rows @ WEIGHTS
    return np.stack([score, -score], 1)


def linear_model():
    return FunctionClassifier(linear, 2, score_unit="logit", domain="tabular", class_names=["yes", "no"])


def rows_of(count):
    return torch.randn(count, len(WEIGHTS), generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def table_plan(**methods):
    zeros = {"baseline": "zeros"}
    return AuditPlan(
        methods or {"wrong": explainer("input_magnitude"), "shapley": explainer("exact_shapley", **zeros)},
        {"random": explainer("random"), "constant": explainer("constant")},
        {
            "deletion": metric("deletion", steps=5, **zeros),
            "sparseness": metric("sparseness"),
            "max_sensitivity": sanity_check("max_sensitivity", samples=2),
        },
    )


def report_of(make, inputs, plan, names=()) -> AuditReport:
    items = GivenItems(inputs, tuple(names))
    job = Job(Subject("a model", make(), make), items, plan, SerialExecutor(), Memory(), 4)
    return assembled(job, Stated(purpose="a test", source="drawn", selection="all of them"))


@cache
def table_report(count=16) -> AuditReport:
    """`wrong` is the input itself; `shapley` is exact."""
    return replace(report_of(linear_model, rows_of(count), table_plan()), feature_names=COLUMNS)


@cache
def failing_report(broken=1) -> AuditReport:
    """So many rows on which the model raises, beside eight others; they are the last ones."""
    rows = rows_of(8 + broken)
    rows[8:, 0] = BROKEN
    plan = replace(table_plan(), judges={"deletion": metric("deletion", steps=2, baseline="zeros")})
    return report_of(linear_model, rows, plan, [f"row {number}" for number in range(len(rows))])


def network():
    torch.manual_seed(0)
    made = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 3))
    return TorchClassifier(made, domain="image", num_classes=3, class_names=("cat", "dog", "owl"))


@cache
def picture_report(count=6, names=()) -> AuditReport:
    plan = AuditPlan(
        {"saliency": explainer("saliency"), "input_x_gradient": explainer("input_x_gradient")},
        {"random": explainer("random"), "sobel": explainer("sobel")},
        {
            "deletion": metric("deletion", steps=4, baseline="black"),
            "insertion": metric("insertion", steps=4, baseline="black"),
            "parameter_randomization": sanity_check("parameter_randomization"),
        },
    )
    pictures = torch.rand(count, 1, 8, 8, generator=torch.Generator().manual_seed(5))
    return report_of(network, pictures, plan, names)


def finding_changed(report, metric, method, **changes) -> AuditReport:
    """The report with one finding changed."""
    found = tuple(
        replace(one, **changes) if (one.metric, one.method) == (metric, method) else one for one in report.findings.found
    )
    return replace(report, findings=replace(report.findings, found=found))


def checklist_changed(report, **changes) -> AuditReport:
    return replace(report, checklist=replace(report.checklist, **changes))
