"""How prototypes are taught, step by step: rates, passes without an alignment, first scales, boxes and mirror images."""

from dataclasses import replace

import pytest
import torch
from trainings import same_weights

from xaivision.data.planted_properties import load
from xaivision.engines.prototypes.activation_boxes import activation_boxes
from xaivision.models.construction import construction
from xaivision.models.prototypes import patch_backbones
from xaivision.models.prototypes.layer_plan import layer_plan
from xaivision.models.prototypes.lesson import Lesson
from xaivision.models.prototypes.prototype_layer import PrototypeLayer
from xaivision.models.prototypes.reasoning import OTHER, OWN
from xaivision.models.prototypes.standard_channels import StandardChannels
from xaivision.models.transfer import train

QUICK = {"model": "proto_part", "backbone": "three_convolutions", "width": 16, "per_class": 2, "epochs": 2, "cycles": 2}
ALIGNED = {**QUICK, "model": "score_aggregation", "cycles": 1}


@pytest.fixture(scope="module", autouse=True)
def _short_first_training():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patch_backbones, "FIRST", replace(patch_backbones.FIRST, epochs=6))
        yield


@pytest.fixture(scope="module")
def pictures():
    return load("planted_properties", count=30)


@pytest.fixture(scope="module")
def model(pictures):
    return train(pictures, **QUICK)


@pytest.fixture(scope="module")
def lesson(model, pictures):
    return Lesson(model.classifier, pictures, model.parts, replace(model.card.recipe, flips="both"), "proto_part")


def test_rates_fall_with_every_cycle_and_the_last_layer_is_taught_after_each(pictures, monkeypatch):
    """Add-on and prototypes, from the second cycle on the backbone, then the last layer alone at a rate that stays."""
    seen = []

    class Watched(torch.optim.Adam):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            seen.append([group["lr"] for group in self.param_groups])

    settings = {"epochs": 1, "tuned_blocks": 1, "tuning_rate": 0.02, "learning_rate": 0.01, "last_rate": 0.03, "decay": 0.5}
    plain = torch.optim.Adam
    monkeypatch.setattr(torch.optim, "Adam", Watched)
    train(pictures, **{**QUICK, **settings})
    monkeypatch.setattr(torch.optim, "Adam", plain)
    expected = [[0.01, 0.01], [0.03], [0.005, 0.005, 0.01], [0.03]]
    assert seen[-4:] == [pytest.approx(rates) for rates in expected]


def test_only_the_last_layer_moves_the_weights_that_the_paper_gives_it(model, pictures):
    network = model.network
    first = torch.where(network.reasoning.owners[:, None] == torch.arange(2), OWN, OTHER)
    assert bool((network.reasoning.weights.detach() != first).all())
    untaught = train(pictures, **QUICK, last_epochs=0).network.reasoning.weights.detach()
    assert torch.equal(untaught, first)


@pytest.mark.parametrize(("epochs", "counts"), [(5, False), (6, True)])
def test_the_alignment_counts_after_five_passes(pictures, epochs, counts):
    with_it, without = (train(pictures, **{**ALIGNED, "epochs": epochs}, losses={"alignment": weight}) for weight in (5.0, 0.0))
    assert same_weights(with_it, without) != counts


def test_a_box_is_where_each_prototype_is_most_active_in_its_own_picture(model):
    network, sources = model.network, model.sources
    with torch.no_grad():
        maps = network.prototypes(network.encoder(model.classifier.prepared(sources.inputs)))
    for number, box in enumerate(sources.boxes):
        assert torch.equal(box, activation_boxes(maps[number, number][None], 32, 32)[0])
    assert len({tuple(box) for box in sources.boxes.tolist()}) > 1


def test_features_are_of_the_mirror_image_that_was_drawn(lesson, pictures):
    """None, left for right, upside down, and both: each as it is drawn for a picture and a pass, and all of them in time."""
    rows, axes = torch.arange(len(lesson.labels)), ((), (3,), (2,), (2, 3))
    inputs = pictures.inputs[lesson.parts.train]
    drawn = []
    for epoch in range(3):
        versions = lesson.versions(rows, epoch)
        turned = torch.stack([one[None].flip(axes[version])[0] for one, version in zip(inputs, versions.tolist(), strict=True)])
        torch.testing.assert_close(lesson.drawn(rows, epoch, tuning=False), lesson.features(turned))
        torch.testing.assert_close(lesson.drawn(rows, epoch, tuning=True).detach(), lesson.features(turned))
        drawn.append(versions)
    assert set(drawn[0].tolist()) == {0, 1, 2, 3}
    assert not torch.equal(drawn[0], drawn[1])


def test_a_training_with_mirror_images_is_another(model, pictures):
    assert not same_weights(model, train(pictures, **QUICK, flips="horizontal"))


def test_the_first_scale_makes_a_hundredth_of_the_usual_distance_and_a_twentieth_of_it_is_the_least():
    with construction(0):
        layer = PrototypeLayer(layer_plan("rbf", 2, 1, 2))
    layer.start_scale(torch.tensor([[0.0], [2.0], [5.0]]))  # 2, 3 and 5 apart: mean 10 / 3, standard deviation sqrt(7 / 3)
    usual = torch.tensor(10 / 3 + (7 / 3) ** 0.5)
    torch.testing.assert_close((-usual / layer.scale).exp(), torch.tensor(0.01), atol=1e-6, rtol=0)
    first = layer.scale.detach().clone()
    with torch.no_grad():
        layer.log_scale.fill_(-100.0)
    torch.testing.assert_close(layer.scale.detach(), 0.05 * first)


def test_a_channel_that_hardly_varies_is_divided_by_a_tenth_of_what_is_usual():
    maps = torch.stack([torch.tensor([[3.0, -1.0]]), torch.tensor([[0.501, 0.499]])])[None]
    channels = StandardChannels(2)
    channels.learn(maps)
    assert channels.center.flatten().tolist() == pytest.approx([1.0, 0.5])
    assert channels.scale.flatten().tolist() == pytest.approx([2.0, 0.1 * ((4 + 1e-6) / 2) ** 0.5])
    torch.testing.assert_close(channels(maps)[0, 0], torch.tensor([[1.0, -1.0]]))
    channels.learn(torch.ones(1, 2, 1, 2))
    assert channels.scale.flatten().tolist() == [1.0, 1.0]
