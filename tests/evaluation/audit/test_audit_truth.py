"""On models whose truth is planted, what ignores them never passes for an explanation, and what explains them does.

Each of many audits has a model of its own: it looks at one patch of 4 x 4 pixels, with weights drawn for it. What contributes is
known, so a method that gives it is known to be good, and maps that never looked at the model are known to be none.
"""

from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor, nn

from xaivision.core.attribution import Attribution
from xaivision.core.random import generator
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.audit.assembly import Stated, assembled
from xaivision.evaluation.audit.executors import SerialExecutor
from xaivision.evaluation.audit.items import GivenItems
from xaivision.evaluation.audit.job import Job
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.audit.store import Memory
from xaivision.evaluation.audit.subject import Subject
from xaivision.evaluation.registry import metric, sanity_check
from xaivision.explainers.controls import Random
from xaivision.explainers.registry import explainer

AUDITS, ITEMS, SIDE, PATCH = 40, 24, 10, 4


@dataclass(frozen=True)
class Luck(Random):
    """Chance that is offered as a method, with a draw of its own for each item."""

    about = replace(Random.about, control=False, chance=False)

    def explain(self, model, inputs, targets=None, *, seed=0) -> Attribution:
        found = super().explain(model, inputs, targets, seed=seed)
        maps = [torch.randn(one.shape, generator=generator(seed, "luck", float(one.sum()))) for one in inputs]
        return found.with_values(torch.stack(maps).to(inputs))


def planted(number: int) -> tuple[TorchClassifier, Tensor]:
    """A model that looks at one patch, and pictures that say nothing of where it is."""
    chance = generator(number, "planted truth")
    weights = torch.zeros(SIDE, SIDE)
    top, left = torch.randint(SIDE - PATCH + 1, (2,), generator=chance).tolist()
    weights[top : top + PATCH, left : left + PATCH] = torch.randn(PATCH, PATCH, generator=chance)
    linear = nn.Linear(SIDE * SIDE, 2)
    with torch.no_grad():
        linear.weight.copy_(torch.stack([weights.flatten(), -weights.flatten()]))
        linear.bias.zero_()
    return TorchClassifier(nn.Sequential(nn.Flatten(), linear).eval(), 2), torch.rand(ITEMS, 1, SIDE, SIDE, generator=chance)


def standings(number: int) -> dict[str, str]:
    model, inputs = planted(number)
    plan = AuditPlan(
        {
            "true contributions": explainer("input_x_gradient"),
            "edges": replace_label("sobel"),
            "center": replace_label("center_gaussian"),
            "brightness": replace_label("input_magnitude"),
            "luck": Luck(),
        },
        {"random": explainer("random"), "sobel": explainer("sobel")},
        {
            "deletion": metric("deletion", steps=8),
            "insertion": metric("insertion", steps=8, baseline="zeros"),
            "parameter_randomization": sanity_check("parameter_randomization"),
        },
        seed=number,
    )
    job = Job(Subject("planted", model), GivenItems(inputs), plan, SerialExecutor(), Memory(), ITEMS)
    return {one.method: one.standing for one in assembled(job, Stated()).conclusions}


def replace_label(name: str):
    return explainer(name)


@pytest.fixture(scope="module")
def outcomes() -> list[dict[str, str]]:
    return [standings(number) for number in range(AUDITS)]


@pytest.mark.parametrize("label", ["edges", "center", "brightness", "luck"])
@pytest.mark.slow
def test_what_never_looked_at_the_model_passes_in_one_audit_of_twenty_at_most(outcomes, label):
    assert sum(one[label] == "believable" for one in outcomes) <= 0.05 * AUDITS


@pytest.mark.slow
def test_what_is_known_to_be_right_passes_in_four_audits_of_five_at_least(outcomes):
    assert sum(one["true contributions"] == "believable" for one in outcomes) >= 0.8 * AUDITS


def test_one_audit_tells_what_is_right_from_what_never_looked():
    found = standings(1)
    assert found.pop("true contributions") == "believable"
    assert set(found.values()) == {"doubtful"}
