import torch
from explainer_networks import drawn, gradient_of, image_classifier, table_classifier

from xaivision.explainers.saliency import Saliency


def test_values_are_each_inputs_own_signed_gradient_of_its_own_target():
    for model, inputs in ((table_classifier(), drawn((3, 4), 0)), (image_classifier(), drawn((3, 2, 8, 8), 0))):
        found = Saliency().explain(model, inputs, [2, 0, 1])
        assert found.kind == "slope"
        for i, target in enumerate((2, 0, 1)):
            torch.testing.assert_close(found.values[i], gradient_of(model, inputs[i], target), atol=1e-14, rtol=0)


def test_normalization_inside_the_classifier_counts():
    inputs = drawn((2, 2, 8, 8), 0)
    plain, normalizing = image_classifier(), image_classifier(mean=[0.5, 0.4], std=[0.2, 0.1])
    mean, std = (torch.tensor(part, dtype=torch.float64).view(2, 1, 1) for part in ([0.5, 0.4], [0.2, 0.1]))
    found = Saliency().explain(normalizing, inputs, 1).values
    for i in range(2):
        torch.testing.assert_close(found[i], gradient_of(plain, (inputs[i] - mean) / std, 1) / std, atol=1e-12, rtol=0)


def test_it_costs_one_gradient_an_input_whose_forward_pass_gives_the_scores_too():
    found = Saliency().explain(table_classifier(), drawn((5, 4), 0))
    assert (found.diagnostics.gradient_calls, found.diagnostics.model_calls) == (5, 0)
