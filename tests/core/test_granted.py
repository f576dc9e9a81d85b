"""A granted model gives what was granted, unchanged, and nothing else by any door."""

import copy

import numpy as np
import pytest
import torch
from core_subjects import convnet, drawn
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from torch import nn

from xaivision.core.access import Access
from xaivision.core.errors import AccessError, CapabilityError, InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.granted import ROUND_THE_GRANT, granted, ungranted
from xaivision.core.image_format import ImageFormat
from xaivision.core.layers import Layer
from xaivision.core.metering import metered
from xaivision.core.query import asked
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.targets import Target, TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.wrapping import classifier
from xaivision.explainers.integrated_gradients import IntegratedGradients
from xaivision.explainers.occlusion import Occlusion
from xaivision.explainers.saliency import Saliency

BELOW_WEIGHTS = [level for level in Access if level < Access.WEIGHTS]
BLACK = [Access.LABELS, Access.SCORES, Access.LOGITS]


def network(**settings):
    return TorchClassifier(
        convnet(),
        3,
        class_names=["a", "b", "c"],
        image_format=ImageFormat(3, 8, 8),
        mean=[0.4],
        std=[0.3],
        batch_size=2,
        **settings,
    )


def inputs(batch=3):
    return drawn(batch, 3, 8, 8)


def first(batch=3):
    return TargetScore(torch.zeros(batch, dtype=torch.long))


def table(kind=LogisticRegression):
    rows = np.random.default_rng(0).random((60, 4))
    return SklearnClassifier(kind().fit(rows, (rows[:, 0] > 0.5).astype(int)))


def test_labels_are_one_for_the_predicted_class_and_zero_for_the_others():
    whole = network()
    scores = granted(whole, Access.LABELS)(inputs())
    assert torch.equal(scores, torch.eye(3)[whole(inputs()).argmax(1)])


def test_scores_of_a_network_of_logits_are_probabilities_and_the_unit_says_so():
    model = granted(network(), Access.SCORES)
    assert torch.equal(model(inputs()), network()(inputs()).softmax(1))
    assert model.score_unit == "probability"
    assert model.access == Access.SCORES


@pytest.mark.parametrize("level", [Access.LOGITS, Access.ACTIVATIONS, Access.GRADIENTS, Access.WEIGHTS])
def test_from_logits_on_the_scores_are_those_of_the_model_bit_for_bit(level):
    model = granted(network(), level)
    assert torch.equal(model(inputs()), network()(inputs()))
    assert (model.score_unit, model.access) == ("logit", level)


def test_probabilities_that_the_model_gives_itself_are_left_as_they_are():
    whole = table()
    rows = drawn(5, 4)
    assert torch.equal(granted(whole, Access.SCORES)(rows), whole(rows))


@pytest.mark.parametrize("level", BELOW_WEIGHTS)
def test_what_describes_a_model_is_kept(level):
    whole = network()
    model = granted(whole, level)
    for name in ("num_classes", "domain", "class_names", "image_format", "schema", "input_shape", "batches"):
        assert getattr(model, name) == getattr(whole, name), name
    assert model(inputs().double()).dtype == whole(inputs().double()).dtype
    if level >= Access.ACTIVATIONS:
        assert (model.device, model.dtype) == (whole.device, whole.dtype)
    assert repr(model) == f"{whole!r}, {level} granted"


def test_the_shape_that_an_estimator_was_fitted_on_is_kept():
    assert granted(table(), Access.SCORES).input_shape == (4,)


@pytest.mark.parametrize("level", Access)
def test_bad_inputs_are_refused_as_the_model_refuses_them(level):
    for bad in (inputs()[:, :2], inputs()[0]):
        with pytest.raises(InputError) as whole:
            network().check(bad)
        with pytest.raises(InputError) as through:
            granted(network(), level).check(bad)
        assert str(through.value) == str(whole.value)
    for bad in (inputs()[:, :2], inputs()[0], inputs().long()):
        with pytest.raises(InputError) as whole:
            network()(bad)
        with pytest.raises(InputError) as through:
            granted(network(), level)(bad)
        assert str(through.value) == str(whole.value)


@pytest.mark.parametrize("level", Access)
def test_a_call_is_counted_once(level):
    model = granted(network(), level)
    with metered() as meter:
        model(inputs(5))
    assert (meter.model_calls, meter.gradient_calls) == (5, 0)


@pytest.mark.parametrize("level", [Access.SCORES, Access.LOGITS, Access.ACTIVATIONS, Access.GRADIENTS])
def test_the_query_count_of_an_explanation_is_that_of_the_meter_and_of_what_the_module_saw(level):
    whole, seen = network(), []
    whole.model.register_forward_pre_hook(lambda _module, given: seen.append(len(given[0])))
    model = granted(whole, level)
    asked(model, inputs(1))
    Occlusion().explain(model, inputs(2))  # looks once whether the model is steady, and counts that for no method
    seen.clear()
    with metered() as meter:
        found = Occlusion().explain(model, inputs(2))
    assert found.diagnostics.model_calls == meter.model_calls == sum(seen) > 0


@pytest.mark.parametrize("level", BLACK)
def test_nothing_that_comes_out_of_a_black_box_has_a_graph(level):
    given = inputs().requires_grad_()
    scores = granted(network(), level)(given)
    assert not scores.requires_grad
    with pytest.raises(RuntimeError, match="does not require grad"):
        scores.sum().backward()
    assert not isinstance(granted(network(), level), TorchClassifier)


@pytest.mark.parametrize("level", BELOW_WEIGHTS)
@pytest.mark.parametrize("name", [*sorted(ROUND_THE_GRANT), "model"])
def test_no_attribute_leads_round_the_grant(level, name):
    with pytest.raises(AccessError, match=rf"takes a grant of weights\. Granted: {level}\.") as caught:
        getattr(granted(network(), level), name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("level", BELOW_WEIGHTS)
def test_the_model_behind_a_grant_cannot_be_exchanged(level):
    model = granted(network(), level)
    with pytest.raises(AccessError):
        model.model = convnet()


@pytest.mark.parametrize("level", BELOW_WEIGHTS)
def test_an_attribute_that_nothing_has_is_missing_in_the_usual_way(level):
    assert not hasattr(granted(network(), level), "colour")
    assert not hasattr(copy.copy(granted(network(), level)), "colour")


def test_activations_are_given_as_the_model_gives_them_and_gradients_are_refused():
    whole, model = network(), granted(network(), Access.ACTIVATIONS)
    layer = Layer("0")
    assert torch.equal(model.layer_outputs(inputs(), layer).activations, whole.layer_outputs(inputs(), layer).activations)
    assert torch.equal(model.activations(inputs(), layer), whole.activations(inputs(), layer))
    assert model.called_layers(inputs(1)) == whole.called_layers(inputs(1))
    assert not model.forward(inputs().requires_grad_()).requires_grad
    for ask in (lambda: model.gradients(inputs(), first()), lambda: model.layer_gradients(inputs(), first(), layer)):
        with pytest.raises(AccessError, match=r"^Access to gradients takes a grant of gradients\. Granted: activations\."):
            ask()


class SwitchesGradientsOn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(4, 2)

    def forward(self, rows):
        with torch.enable_grad():
            return self.head(rows)


def test_a_module_that_switches_gradients_on_by_itself_hands_out_no_graph_under_activations():
    whole = TorchClassifier(SwitchesGradientsOn(), 2, domain="tabular")
    assert whole.forward(drawn(2, 4)).requires_grad
    assert not granted(whole, Access.ACTIVATIONS).forward(drawn(2, 4)).requires_grad


def test_gradients_are_given_as_the_model_gives_them_and_ways_through_its_parts_are_refused():
    whole, model = network(), granted(network(), Access.GRADIENTS)
    assert torch.equal(model.gradients(inputs(), first()).values, whole.gradients(inputs(), first()).values)
    found, expected = (one.layer_gradients(inputs(), first(), Layer("3")).gradients for one in (model, whole))
    assert torch.equal(found, expected)
    with pytest.raises(AccessError, match="another way through the module"):
        model.scores_by(lambda part: inputs()[part], inputs())


def test_the_layers_of_a_network_are_called_in_their_order():
    assert [layer.name for layer in network().called_layers(inputs(1))][:3] == ["0", "1", "2"]


def test_all_weights_granted_is_the_model_itself():
    whole = network()
    assert granted(whole, Access.WEIGHTS) is whole
    assert granted(whole) is whole
    assert classifier(granted(whole, Access.SCORES)) is not whole


def test_a_grant_can_be_narrowed_and_not_widened():
    scores = granted(network(), Access.SCORES)
    assert granted(scores, Access.GRADIENTS) is scores
    assert granted(scores, Access.WEIGHTS) is scores
    assert granted(scores, Access.SCORES) is scores
    assert granted(granted(network(), Access.GRADIENTS), Access.SCORES).access == Access.SCORES


def test_no_grant_adds_what_a_model_does_not_give():
    model = granted(table(), Access.GRADIENTS)
    assert model.access == Access.SCORES
    with pytest.raises(CapabilityError, match="gives no more than its scores"):
        Saliency().explain(model, drawn(2, 4))


@pytest.mark.parametrize("level", [Access.ACTIVATIONS, Access.GRADIENTS])
def test_a_module_whose_scores_stand_for_no_probabilities_is_one_under_every_grant(level):
    class Margins(TorchClassifier):
        gives_probabilities = False

    assert not granted(Margins(convnet(), 3), level).gives_probabilities
    assert granted(network(), level).gives_probabilities


def test_margins_are_no_scores_to_be_granted_and_labels_of_them_are():
    with pytest.raises(AccessError, match="whose scores are margins"):
        granted(table(LinearSVC), Access.SCORES)
    labels = granted(table(LinearSVC), Access.LABELS)(drawn(5, 4))
    assert labels.sum(1).tolist() == [1] * 5
    assert granted(table(LinearSVC), Access.LOGITS).access == Access.LOGITS


@pytest.mark.parametrize("level", BLACK)
def test_an_estimator_is_not_shown_below_weights(level):
    with pytest.raises(AccessError):
        _ = granted(table(), level).model


def test_the_model_behind_a_function_is_not_shown_either():
    model = granted(FunctionClassifier(lambda rows: rows[:, :2], 2, score_unit="logit", domain="tabular"), Access.LOGITS)
    with pytest.raises(AccessError):
        _ = model.model


def test_a_method_that_needs_more_than_was_granted_is_refused_by_name_before_the_model_is_asked():
    model = granted(network(), Access.SCORES)
    with metered() as meter, pytest.raises(AccessError) as caught:
        IntegratedGradients().explain(model, inputs())
    assert str(caught.value) == (
        "`integrated_gradients` needs a model's gradients. Granted: scores, and no more. Use a method that needs no more."
    )
    assert meter.model_calls == meter.gradient_calls == 0


def test_questions_under_labels_have_no_probability_and_under_scores_no_logit():
    assert asked(granted(network(), Access.LABELS), inputs()).probabilities is None
    assert asked(granted(network(), Access.SCORES), inputs()).probabilities is not None
    with pytest.raises(InputError, match="needs a model that gives logits"):
        asked(granted(network(), Access.SCORES), inputs(), Target(output="logit"))


@pytest.mark.parametrize("level", BELOW_WEIGHTS)
def test_a_granted_model_is_held_as_the_model_is(level):
    whole = network()
    whole.model.train()
    with granted(whole, level).held():
        assert not any(part.training for part in whole.model.modules())
    assert all(part.training for part in whole.model.modules())


def test_only_the_library_itself_looks_behind_a_grant():
    whole = network()
    assert ungranted(granted(whole, Access.SCORES)) is whole
    assert ungranted(whole) is whole
    assert ungranted(granted(granted(whole, Access.GRADIENTS), Access.SCORES)) is whole
