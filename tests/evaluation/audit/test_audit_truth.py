"""On models whose truth is planted, what ignores them never passes for an explanation, and what explains them does.

Each of many audits has a model of its own: it looks at one patch of 4 x 4 pixels, with weights drawn for it. What contributes is
known, so a method that gives it is known to be good, and maps that never looked at the model are known to be none. Some that
are bad look at it a little: they add a share of the truth to the edges of the picture.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor, nn

from xaivision.core.attribution import Attribution
from xaivision.core.random import generator
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines import paired_tests
from xaivision.evaluation.audit.assembly import Stated, assembled
from xaivision.evaluation.audit.executors import SerialExecutor
from xaivision.evaluation.audit.items import GivenItems
from xaivision.evaluation.audit.job import Job
from xaivision.evaluation.audit.plan import AuditPlan
from xaivision.evaluation.audit.report import AuditReport
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


@dataclass(frozen=True)
class Trace(Random):
    """The edges of the picture, with a share of what is true on top."""

    about = replace(Random.about, control=False, chance=False)
    share: float = 0.05

    def explain(self, model, inputs, targets=None, *, seed=0) -> Attribution:
        edges, truth = (explainer(name).explain(model, inputs, targets, seed=seed) for name in ("sobel", "input_x_gradient"))
        seen, true = (one.values / one.values.abs().amax((1, 2, 3), keepdim=True) for one in (edges, truth))
        return super().explain(model, inputs, targets, seed=seed).with_values(seen + self.share * true)


IGNORANT = {
    "edges": explainer("sobel"),
    "center": explainer("center_gaussian"),
    "brightness": explainer("input_magnitude"),
    "luck": Luck(),
}
NEARLY = {"edges and a trace": Trace(), "edges and a third": Trace(0.3)}
CONTROLS = ("random", "sobel")


def audited(number: int, methods, *, checked: bool = True, controls=CONTROLS) -> AuditReport:
    model, inputs = planted(number)
    judges = {"deletion": metric("deletion", steps=8), "insertion": metric("insertion", steps=8, baseline="zeros")}
    if checked:
        judges["parameter_randomization"] = sanity_check("parameter_randomization")
    plan = AuditPlan(
        {"true contributions": explainer("input_x_gradient"), **methods},
        {name: explainer(name) for name in controls},
        judges,
        seed=number,
    )
    job = Job(Subject("planted", model), GivenItems(inputs), plan, SerialExecutor(), Memory(), ITEMS)
    return assembled(job, Stated())


def standings(number: int, methods, **asked) -> dict[str, str]:
    return {one.method: one.standing for one in audited(number, methods, **asked).conclusions}


@pytest.fixture(scope="module")
def _fewer_signs() -> Iterator[None]:
    """Enough for the level of 5 % among as many comparisons."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paired_tests, "DRAWS", 3999)
        yield


@pytest.fixture(scope="module")
def outcomes(_fewer_signs) -> list[dict[str, str]]:
    return [standings(number, IGNORANT) for number in range(AUDITS)]


@pytest.fixture(scope="module")
def near_misses(_fewer_signs) -> list[dict[str, str]]:
    return [standings(number, NEARLY) for number in range(AUDITS // 2)]


@pytest.fixture(scope="module")
def unchecked(_fewer_signs) -> list[dict[str, str]]:
    """What the statistics of faithfulness say alone, where no sanity check sorts anybody out."""
    return [standings(number, IGNORANT, checked=False) for number in range(AUDITS)]


@pytest.mark.parametrize("label", IGNORANT)
@pytest.mark.slow
def test_what_never_looked_at_the_model_passes_in_one_audit_of_twenty_at_most(outcomes, label):
    assert sum(one[label] == "believable" for one in outcomes) <= 0.05 * AUDITS


@pytest.mark.parametrize("label", NEARLY)
@pytest.mark.slow
def test_what_hardly_looked_at_the_model_passes_in_one_audit_of_twenty_at_most(near_misses, label):
    assert sum(one[label] == "believable" for one in near_misses) <= 0.05 * len(near_misses)


@pytest.mark.slow
def test_what_is_known_to_be_right_passes_in_four_audits_of_five_at_least(outcomes):
    assert sum(one["true contributions"] == "believable" for one in outcomes) >= 0.8 * AUDITS


@pytest.mark.parametrize("label", ["edges", "luck"])
@pytest.mark.slow
def test_without_a_check_what_is_no_better_than_the_controls_passes_in_one_audit_of_twenty_at_most(unchecked, label):
    assert sum(one[label] != "doubtful" for one in unchecked) <= 0.05 * AUDITS


@pytest.mark.slow
def test_without_a_check_the_middle_may_be_the_right_place_by_luck_and_yet_nobody_is_believable(unchecked):
    assert all(standing != "believable" for one in unchecked for standing in one.values())
    assert 0.1 * AUDITS <= sum(one["center"] == "unvalidated" for one in unchecked) <= 0.3 * AUDITS
    assert sum(one["true contributions"] == "unvalidated" for one in unchecked) >= 0.8 * AUDITS


def test_one_audit_tells_what_is_right_from_what_never_looked_or_hardly_did():
    report = audited(1, {**IGNORANT, **NEARLY})
    found = {one.method: one.standing for one in report.conclusions}
    assert found.pop("true contributions") == "believable"
    assert set(found.values()) == {"doubtful"}
    assert [one.method for one in report.checklist.validity if one.validated] == ["true contributions"]
    nearly = report.findings.of("parameter_randomization", "edges and a third")
    assert nearly.better_than_all  # clearly told from the controls, and yet most of it is there without the model
    assert report.findings.of("deletion", "edges and a third").better_than_all


def test_a_few_audits_without_a_check_tell_what_is_right_by_the_statistics_of_faithfulness_alone():
    methods = {name: IGNORANT[name] for name in ("edges", "luck")}
    for number in range(4):
        found = standings(number, methods, checked=False)
        assert found == {"true contributions": "unvalidated", "edges": "doubtful", "luck": "doubtful"}


@pytest.mark.parametrize("checked", [True, False])
def test_an_audit_without_controls_believes_and_validates_nobody(checked):
    report = audited(1, {"center": IGNORANT["center"]}, checked=checked, controls=())
    assert {one.standing for one in report.conclusions} == {"not judged"}
    assert not any(one.validated for one in report.checklist.validity)
