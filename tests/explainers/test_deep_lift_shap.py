import captum.attr
import pytest
import torch
from explainer_networks import drawn, linear_classifier
from rule_networks import Apart, Functional, Net, classifier_of, images

from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.targets import Target
from xaivision.explainers.deep_lift import DeepLift
from xaivision.explainers.deep_lift_shap import DeepLiftShap

pytestmark = pytest.mark.filterwarnings(r"ignore:\s*Setting forward, backward hooks:UserWarning")


def test_on_a_linear_model_it_is_weight_times_distance_from_the_mean_of_the_background():
    weights, inputs, background = drawn((6,), 0) - 0.5, drawn((3, 6), 1), drawn((5, 6), 2)
    found = DeepLiftShap(background).explain(linear_classifier(weights), inputs, 0)
    torch.testing.assert_close(found.values, weights * (inputs - background.mean(0)), atol=1e-12, rtol=0)


def test_it_is_the_mean_of_deep_lift_over_the_background():
    model, inputs, background = classifier_of(Net, batch_size=2), images(), images(4, seed=7)
    expected = torch.stack([DeepLift(row).explain(model, inputs, [0, 1, 2]).values for row in background]).mean(0)
    found = DeepLiftShap(background).explain(model, inputs, [0, 1, 2])
    torch.testing.assert_close(found.values, expected, atol=1e-14, rtol=0)


def test_it_is_captums_where_captum_is_right():
    model, inputs, background = classifier_of(lambda: Apart(pool=torch.nn.Identity)), images(), images(4, seed=7)
    method = captum.attr.DeepLiftShap(model.model.eval())
    expected = method.attribute(inputs.clone().requires_grad_(), background, torch.tensor([0, 1, 2])).detach()
    found = DeepLiftShap(background).explain(model, inputs, [0, 1, 2]).values
    torch.testing.assert_close(found, expected, atol=1e-13, rtol=0)


@pytest.mark.parametrize("network", [Net, Functional])
@pytest.mark.parametrize("target", [None, Target(output="probability"), Target(0, against=2)])
def test_contributions_sum_to_the_score_minus_the_mean_score_of_the_background(network, target):
    model, background = classifier_of(network), images(4, seed=7)
    found = DeepLiftShap(background).explain(model, images(), target)
    explained = found.query.target.take(torch.zeros(4, dtype=torch.long)).of(model(background))
    assert float(found.reference_scores[0]) == pytest.approx(float(explained.mean()), abs=1e-14)
    torch.testing.assert_close(found.values.flatten(1).sum(1), found.query.scores - found.reference_scores, atol=1e-10, rtol=0)
    assert found.verdict.status == "ok"


def test_what_has_no_rule_is_refused_by_name():
    with pytest.raises(CapabilityError, match="`deep_lift_shap` has no rule for SiLU"):
        DeepLiftShap(images()).explain(classifier_of(lambda: Net(torch.nn.SiLU)), images())


@pytest.mark.parametrize("background", [torch.zeros(0, 2, 8, 8), torch.zeros(2, 8, 8), torch.full((2, 2, 8, 8), torch.nan)])
def test_a_background_that_does_not_fit_is_refused(background):
    with pytest.raises(InputError, match="`background` must"):
        DeepLiftShap(background).explain(classifier_of(Net), images())


def test_it_costs_two_gradients_and_a_forward_for_each_row_of_the_background():
    model = classifier_of(Net)
    DeepLiftShap(images(4, seed=7)).explain(model, images())
    found = DeepLiftShap(images(4, seed=7)).explain(model, images(3)).diagnostics
    assert (found.gradient_calls, found.model_calls) == (2 * 3 * 4 + 2, 3 + 4)  # two looks at the first input
