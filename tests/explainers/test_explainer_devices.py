"""What a caller has set for the process must not reach the numbers: the default device, the grad mode, tensors with a graph."""

import pytest
import torch
from explainer_networks import drawn, image_classifier
from explainer_transformers import vit_classifier

from xaivision.explainers.registry import EXPLAINERS, explainer, missing_settings

BACKGROUND = {"background": drawn((4, 2, 8, 8), 1)}
REQUIRED = {**BACKGROUND, "method": "IntegratedGradients"}
WITH_BASELINES = ("integrated_gradients", "guided_integrated_gradients", "occlusion")
CASES = [
    *((name, {part: REQUIRED[part] for part in missing_settings(EXPLAINERS[name], ())}) for name in EXPLAINERS),
    *((name, {"baseline": baseline}) for name in WITH_BASELINES for baseline in ("noise", "blur", "mean")),
    ("integrated_gradients", {"steps": 5, "rule": "gauss_legendre"}),
]


def asked(name):
    """A model that the method fits, and inputs."""
    if name in ("attention_rollout", "transformer_attribution"):
        return vit_classifier(), drawn((2, 1, 6, 6), 0)
    return image_classifier(), drawn((2, 2, 8, 8), 0)


def numbers(found):
    return found.similarity if hasattr(found, "similarity") else found.values


@pytest.mark.parametrize(("name", "settings"), CASES, ids=str)
def test_tensors_are_made_where_they_are_needed_whatever_the_default_device_is(name, settings):
    model, inputs = asked(name)
    expected = explainer(name, **settings).explain(model, inputs)
    with torch.device("meta"):  # has no values: whatever is made there by default cannot be used
        found = explainer(name, **settings).explain(model, inputs)
    assert torch.equal(numbers(found), numbers(expected))


@pytest.mark.parametrize(("name", "settings"), CASES[: len(EXPLAINERS)], ids=str)
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_the_callers_grad_mode_changes_nothing(name, settings, mode):
    model, inputs = asked(name)
    expected = explainer(name, **settings).explain(model, inputs)
    with mode():
        found = explainer(name, **settings).explain(model, inputs)
    assert torch.equal(numbers(found), numbers(expected))


@pytest.mark.parametrize("name", ["integrated_gradients", "occlusion"])
def test_a_baseline_with_a_graph_leaves_none_in_the_result(name):
    baseline = drawn((2, 8, 8), 1).requires_grad_()
    found = explainer(name, baseline=baseline).explain(image_classifier(), drawn((2, 2, 8, 8), 0))
    assert not any(part.requires_grad for part in (found.values, found.baseline, found.reference_scores))
    assert baseline.grad is None


def test_a_background_with_a_graph_leaves_none_in_the_result():
    background = BACKGROUND["background"].clone().requires_grad_()
    found = explainer("nearest_examples", background=background).explain(image_classifier(), drawn((2, 2, 8, 8), 0))
    assert not any(part.requires_grad for part in (found.examples, found.similarity, found.example_scores, found.maps))
