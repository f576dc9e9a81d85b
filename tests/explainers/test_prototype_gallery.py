"""The gallery of a model's prototypes: which they are, in what order, and what was asked about them."""

import pytest
import torch
from prototype_cells import Cells

import xaivision as xv
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.construction import construction
from xaivision.models.prototypes.layer_plan import layer_plan
from xaivision.models.prototypes.prototype_network import PrototypeNetwork
from xaivision.models.prototypes.prototype_sources import PrototypeSources


@pytest.fixture(scope="module")
def model():
    with construction(0):
        network = PrototypeNetwork(Cells(), layer_plan("proto_part", 4, 3, 2), (3, 8, 8))
    draws = torch.Generator().manual_seed(0)
    owners = network.reasoning.owners
    boxes = torch.tensor([[0, 0, 4, 4], [0, 4, 4, 8], [4, 0, 8, 4], [2, 2, 8, 8]])
    network.set_sources(
        PrototypeSources(
            torch.rand(4, 3, 8, 8, generator=draws), torch.tensor([7, 5, 9, 2]), owners, torch.zeros(4).long(), boxes
        )
    )
    with torch.no_grad():
        network.reasoning.weights.copy_(torch.tensor([[0.5, -0.2], [2.0, -0.1], [0.0, 1.0], [-0.4, 1.5]]))
    return TorchClassifier(network.eval(), 2, class_names=("warm", "cold"))


@pytest.fixture(scope="module")
def pictures():
    return torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(1))


def test_every_prototype_is_there_with_its_picture_and_what_it_says(model):
    gallery = xv.prototype_gallery(model)
    network = model.model
    assert torch.equal(gallery.sources.inputs, network.source_inputs)
    assert torch.equal(gallery.weights, network.reasoning.weights.detach())
    assert (len(gallery), gallery.pictures, gallery.matches, gallery.characteristics) == (4, True, None, None)
    assert repr(gallery).endswith("2 of warm, 2 of cold)")


def test_those_that_say_most_for_a_class_come_first(model):
    gallery = xv.prototype_gallery(model)
    assert [gallery.of_class(label) for label in (0, 1)] == [[1, 0], [3, 2]]
    with pytest.raises(InputError, match=r"`label` must be a class from 0 to 1\. Got 2\."):
        gallery.of_class(2)


def test_with_pictures_it_holds_what_the_two_explanations_say(model, pictures):
    gallery = xv.prototype_gallery(model, pictures, ["hue", "shape"], k=2, name="mine")
    matches = xv.explain(model, pictures, "prototype_matches", k=2)
    assert torch.equal(gallery.matches.contributions, matches.contributions)
    assert torch.equal(gallery.characteristics.overall, xv.explain_prototypes(model, pictures, ["hue", "shape"]).overall)
    assert gallery.model == "mine"
    assert xv.prototype_gallery(model, pictures, []).characteristics is None


def test_other_models_are_refused(pictures):
    with pytest.raises(CapabilityError, match="`prototype_gallery` needs a model that decides by prototypes"):
        xv.prototype_gallery(xv.classifier(torch.nn.Sequential(torch.nn.Conv2d(3, 2, 8), torch.nn.Flatten())), pictures)


def test_k_must_be_a_number_of_prototypes(model, pictures):
    with pytest.raises(InputError, match=r"`k` must be a positive integer\. Got 0\."):
        xv.prototype_gallery(model, pictures, k=0)
