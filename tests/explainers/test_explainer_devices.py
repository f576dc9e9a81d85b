"""What a caller has set for the process must not reach the numbers: the default device, tensors with a graph. That no method
minds the default device or the grad mode is in the contracts; here are settings that make tensors of their own.
"""

import pytest
import torch
from explainer_networks import drawn, image_classifier

from xaivision.explainers.registry import explainer

BACKGROUND = {"background": drawn((4, 2, 8, 8), 1)}
WITH_BASELINES = ("integrated_gradients", "guided_integrated_gradients", "occlusion")
CASES = [
    *((name, {"baseline": baseline}) for name in WITH_BASELINES for baseline in ("noise", "blur", "mean")),
    ("integrated_gradients", {"steps": 5, "rule": "gauss_legendre"}),
]


@pytest.mark.parametrize(("name", "settings"), CASES, ids=str)
def test_tensors_are_made_where_they_are_needed_whatever_the_default_device_is(name, settings):
    model, inputs = image_classifier(), drawn((2, 2, 8, 8), 0)
    expected = explainer(name, **settings).explain(model, inputs)
    with torch.device("meta"):  # has no values: whatever is made there by default cannot be used
        found = explainer(name, **settings).explain(model, inputs)
    assert torch.equal(found.values, expected.values)


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
