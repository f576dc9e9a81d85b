import captum.attr
import pytest
import torch
from rule_networks import Functional, Net, Reused, classifier_of, images
from torch import nn
from torch.nn import functional as F

from xaivision.core.errors import CapabilityError, InputError, UnknownNameError
from xaivision.explainers.guided_backprop import GuidedBackprop
from xaivision.explainers.guided_grad_cam import GuidedGradCam

pytestmark = pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU:UserWarning")


@pytest.mark.parametrize("layer", ["first", "one", "second", "pool"])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_it_is_captums_where_captum_is_right(layer, interpolation):
    model = classifier_of(Net)
    module = model.model.eval()
    method = captum.attr.GuidedGradCam(module, getattr(module, layer))
    expected = method.attribute(images().requires_grad_(), torch.tensor([2, 0, 1]), interpolate_mode=interpolation).detach()
    found = GuidedGradCam(layer, interpolation=interpolation).explain(model, images(), [2, 0, 1])
    torch.testing.assert_close(found.values, expected, atol=1e-14, rtol=0)
    assert found.values.any()


@pytest.mark.parametrize("network", [Net, Reused, Functional], ids=lambda network: network.__name__)
def test_it_is_guided_backprop_in_the_regions_of_grad_cam(network):
    model = classifier_of(network)
    details = GuidedBackprop().explain(model, images(), 1).values
    found = GuidedGradCam("second", interpolation="bilinear").explain(model, images(), 1).values
    torch.testing.assert_close(found, enlarged(model, 1) * details, atol=1e-14, rtol=0)


def enlarged(model, target):
    """Grad-CAM of `second` from the bare gradients."""
    module, caught = model.model.eval(), []
    handle = module.second.register_forward_hook(lambda _part, _given, output: caught.append(output))
    scores = module(images())
    handle.remove()
    (gradient,) = torch.autograd.grad(scores[:, target].sum(), caught[-1])
    maps = (caught[-1] * gradient.mean((2, 3), keepdim=True)).sum(1, keepdim=True).clamp_min(0).detach()
    return F.interpolate(maps, (8, 8), mode="bilinear", align_corners=False)


def test_models_without_relu_are_refused():
    with pytest.raises(CapabilityError, match="`guided_grad_cam` changes the gradient at ReLU, and this model has none"):
        GuidedGradCam().explain(classifier_of(lambda: Net(nn.SiLU)), images())


def test_an_unknown_layer_or_interpolation_is_refused():
    with pytest.raises(UnknownNameError, match=r"`secnd` is not a known layer of this model\. Did you mean `second`"):
        GuidedGradCam("secnd").explain(classifier_of(Net), images())
    with pytest.raises(InputError, match=r"`interpolation` must be one of 'nearest', 'bilinear'\. Got 'cubic'"):
        GuidedGradCam(interpolation="cubic")


def test_it_costs_two_gradients_and_the_first_time_two_looks_at_the_first_input():
    model = classifier_of(Net)
    for looks in (2, 0):
        found = GuidedGradCam().explain(model, images(5)).diagnostics
        assert (found.gradient_calls, found.model_calls) == (10 + looks, 0)
