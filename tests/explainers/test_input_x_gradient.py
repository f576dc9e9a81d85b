import torch
from explainer_networks import drawn, gradient_of, image_classifier, table_classifier

from xaivision.explainers.input_x_gradient import InputXGradient


def test_values_are_the_input_times_its_gradient():
    for model, inputs in ((table_classifier(), drawn((3, 4), 0)), (image_classifier(), drawn((3, 2, 8, 8), 0))):
        found = InputXGradient().explain(model, inputs, [2, 0, 1])
        for i, target in enumerate((2, 0, 1)):
            expected = inputs[i] * gradient_of(model, inputs[i], target)
            torch.testing.assert_close(found.values[i], expected, atol=1e-14, rtol=0)


def test_they_are_contributions_against_zeros_that_promise_no_sum():
    inputs = drawn((2, 4), 0)
    found = InputXGradient().explain(table_classifier(), inputs)
    assert found.kind == "contribution"
    assert torch.equal(found.baseline, torch.zeros_like(inputs))
    assert found.reference_scores is None
    assert found.diagnostics.completeness_gap is None
