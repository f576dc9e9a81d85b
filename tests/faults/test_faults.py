"""Every seeded fault is caught, with the right reason, by every method that it concerns; no clean twin is flagged."""

import re
import warnings
from functools import cache

import captum.attr
import pytest
import torch
from fault_models import CLASSES, FAULTS, SIDE, Edges, Fault, drawn

from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.preflight import Finding, Preflight, preflight
from xaivision.explainers.registry import explainer, missing_settings
from xaivision.explainers.registry import explainers as registered

# The twins are clean for all of these; what is not here has no business on a small convolutional network.
LEAST_METHODS = 15


def inputs(fault: Fault, batch: int = 2) -> torch.Tensor:
    return torch.rand(batch, fault.channels, SIDE, SIDE, generator=torch.Generator().manual_seed(11)) * 0.8 + 0.1


def model(fault: Fault, faulty: bool) -> TorchClassifier:
    module = fault.make(faulty)
    scores = module(inputs(fault)).shape[1]
    return TorchClassifier(module, scores)


@cache
def looked_at(fault: Fault, faulty: bool) -> Preflight:
    return preflight(model(fault, faulty), inputs(fault))


def concerned(fault: Fault) -> list[Finding]:
    """What was found, on the faulty model, of the methods that fit the clean one."""
    twin = looked_at(fault, False)
    fits = [finding.method for finding in twin.findings if finding.standing == "valid"]
    names = fits if fault.concerns is None else [name for name in fault.concerns if name in fits or name not in fault.unfit]
    return [looked_at(fault, True).of(name) for name in names if name not in fault.spares]


faults = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)


@faults
def test_a_fault_is_caught_with_its_reason_by_every_method_that_it_concerns(fault):
    found = concerned(fault)
    assert found
    for finding in found:
        allowed = ("repaired",) if fault.repaired else ("doubtful", "refused")
        assert finding.standing in allowed, finding
        assert re.search(fault.said, " ".join(finding.reasons)), finding


@faults
def test_a_fault_is_none_for_methods_that_look_behind_it(fault):
    assert [name for name in fault.spares if looked_at(fault, True).of(name).standing != "valid"] == []


@faults
def test_no_clean_twin_is_flagged(fault):
    found = looked_at(fault, False)
    assert found.doubts == ()
    flagged = [finding for finding in found.findings if finding.standing != "valid" and finding.method not in fault.unfit]
    assert flagged == []
    assert len(found.findings) >= LEAST_METHODS


@faults
def test_a_method_that_is_asked_directly_says_it_too(fault):
    """Not everybody takes a look first."""
    if not fault.by_asking:
        assert looked_at(fault, True).doubts
        return
    asked = model(fault, True)
    for finding in concerned(fault):
        if missing_settings(registered()[finding.method], ()):
            continue
        said = answer(finding.method, asked, inputs(fault))
        assert re.search(f"{fault.said}|{fault.refused_as}", said), f"{finding.method}: {said}"


def answer(method: str, asked: TorchClassifier, batch: torch.Tensor) -> str:
    """Everything that the result says against itself."""
    try:
        found = explainer(method).explain(asked, batch)
    except (CapabilityError, InputError) as error:
        return str(error)
    return " ".join((*found.verdict.reasons, *(note.text for note in found.diagnostics.notes)))


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.repaired], ids=lambda fault: fault.name)
def test_a_repaired_model_gets_the_map_of_its_clean_twin(fault):
    batch = inputs(fault)
    for finding in concerned(fault):
        if missing_settings(registered()[finding.method], ()):
            continue
        wanted, got = (explainer(finding.method).explain(model(fault, faulty), batch).values for faulty in (False, True))
        assert torch.allclose(got, wanted, rtol=1e-5, atol=1e-6 * float(wanted.abs().max())), finding.method


def test_no_map_depends_on_its_neighbors_where_pooled_values_stay_at_the_baseline():
    """captum's rule for max pooling reads the gradient of the batch's first input there."""
    pooled = TorchClassifier(drawn(Edges()), CLASSES)
    filters = pooled.model.first.weight.data
    filters.copy_((filters * 8).round() / 8)  # sums of these are exact
    filters[..., -1, -1] -= filters.sum((2, 3))
    batch = torch.rand(3, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(2))
    batch[2] = 0.5  # no edges, as in the black baseline
    leaking = captum.attr.DeepLift(pooled.model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        together = leaking.attribute(batch.clone().requires_grad_(), target=0)[2]
        alone = leaking.attribute(batch[2:].clone().requires_grad_(), target=0)[0]
    assert not torch.allclose(together, alone, atol=1e-4)
    for finding in preflight(pooled, batch).findings:
        if finding.standing == "refused" or missing_settings(registered()[finding.method], ()):
            continue
        method = explainer(finding.method)
        together, alone = method.explain(pooled, batch, 0).values[2], method.explain(pooled, batch[2:], 0).values[0]
        assert torch.allclose(together, alone, rtol=1e-4, atol=1e-6 * float(alone.abs().max())), finding.method


def test_there_are_enough_pairs_and_no_two_alike():
    assert len(FAULTS) >= 14
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
