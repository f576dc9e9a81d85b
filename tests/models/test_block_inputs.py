import pytest
import torch
from torch import nn

from xaivision.data.registry import load_dataset
from xaivision.models import block_inputs as room
from xaivision.models import frozen_features, transfer
from xaivision.models.backbones import backbone
from xaivision.models.block_inputs import block_inputs
from xaivision.models.flipping import flipped
from xaivision.models.frozen_features import network_of
from xaivision.models.network_plan import NetworkPlan, built, planned
from xaivision.models.transfer import train
from xaivision.models.transfer_recipe import TransferRecipe

QUICK = {"weights": None, "side": 48, "epochs": 3, "learning_rate": 1e-2, "tuning_epochs": 2, "tuning_rate": 1e-3}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "xaivision" / "models"


@pytest.fixture(scope="module")
def data():
    return load_dataset("sonar48", count=40)


def model_of(data, name="squeezenet1_1", side=48):
    taken = backbone(name, weights=None)
    model = built(planned(taken, tuple(data.inputs.shape[1:]), data.class_names, side), taken.module)
    nn.init.normal_(network_of(model).head.weight, generator=torch.Generator().manual_seed(0))
    return model


@pytest.mark.parametrize("name", ["squeezenet1_1", "resnet18", "mobilenet_v2"])
@pytest.mark.parametrize("count", [1, 3])
def test_the_tuned_blocks_alone_give_the_logits_of_the_whole_network(data, name, count):
    model = model_of(data, name)
    found = block_inputs(model, data, TransferRecipe(tuned_blocks=count))
    rows, versions = torch.tensor([0, 7, 19, 33]), torch.tensor([0, 1, 1, 0])
    images = flipped(data.inputs[rows], versions, "horizontal")
    with torch.no_grad():
        logits = found.logits(network_of(model), rows, versions)
    torch.testing.assert_close(logits, model(images), rtol=1e-4, atol=1e-4 * float(logits.abs().max()))
    torch.testing.assert_close(found.all_logits(model, rows), model(data.inputs[rows]), rtol=1e-4, atol=1e-3)


def test_tuning_comes_to_what_passes_through_the_whole_network_come_to(data, monkeypatch):
    quick = train(data, "squeezenet1_1", tuned_blocks=2, **QUICK).card
    monkeypatch.setattr(transfer, "block_inputs", lambda *_: None)
    slow = train(data, "squeezenet1_1", tuned_blocks=2, **QUICK).card
    assert quick.tuning_losses == pytest.approx(slow.tuning_losses, rel=1e-3)
    assert quick.scores.confusion == slow.scores.confusion


def test_the_network_is_left_as_it_was(data):
    model = model_of(data)
    found = block_inputs(model, data, TransferRecipe(tuned_blocks=2))
    with pytest.raises(IndexError):
        found.logits(network_of(model), torch.tensor([10_000]), torch.tensor([0]))
    with pytest.raises(RuntimeError):
        room._from_entry(network_of(model), found.skipped, found.entry, torch.zeros(1, 5, 7, 7))
    assert not any("forward" in vars(part) for part in model.model.modules())
    assert not any(part._forward_pre_hooks for part in model.model.modules())


def test_they_are_computed_once(data, monkeypatch):
    block_inputs(model_of(data), data, TransferRecipe(tuned_blocks=2))
    honest, asked = room._at, []
    monkeypatch.setattr(room, "_at", lambda model, images, entry: asked.append(len(images)) or honest(model, images, entry))
    block_inputs(model_of(data), data, TransferRecipe(tuned_blocks=2))
    assert asked == [2]  # the two pictures that tell whether it may be done
    block_inputs(model_of(data), data, TransferRecipe(tuned_blocks=3))
    assert sum(asked[1:]) > len(data)


def test_what_would_be_too_much_is_not_held(data, monkeypatch):
    monkeypatch.setattr(room, "MOST_BYTES", 1000)
    assert block_inputs(model_of(data), data, TransferRecipe(tuned_blocks=2)) is None


class Skipping(nn.Module):
    """What follows the second block sees the pictures too: the second block cannot be entered alone."""

    def __init__(self):
        super().__init__()
        self.one, self.two, self.three = (nn.Conv2d(3, 3, 3, padding=1) for _ in range(3))

    def forward(self, images):
        return self.three(self.two(self.one(images)) + images).mean((2, 3))


class Listing(nn.Module):
    """The parts hand on lists."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3)

    def forward(self, images):
        return torch.cat([self.one(images).mean((2, 3)), self.two(images).mean((2, 3))], 1)[:, :3]


@pytest.mark.parametrize("module", [Skipping, Listing])
def test_a_network_whose_blocks_do_not_follow_each_other_is_asked_as_a_whole(data, module):
    torch.manual_seed(0)
    plan = NetworkPlan("mine", 1, 48, 48, 48, 3, (0.5,) * 3, (0.5,) * 3, data.class_names)
    count = 2 if module is Skipping else 1
    assert block_inputs(built(plan, module()), data, TransferRecipe(tuned_blocks=count)) is None


def test_where_all_blocks_are_tuned_nothing_is_kept(data, cache):
    count = len(room.blocks(network_of(model_of(data)).backbone))
    assert block_inputs(model_of(data), data, TransferRecipe(tuned_blocks=count)) is None
    assert not cache.exists()


def test_scores_of_a_frozen_backbone_are_those_of_its_features_and_of_the_classifier(data, monkeypatch):
    """The card's scores come from kept features; they are what the classifier itself reaches."""
    model = train(data, "squeezenet1_1", **QUICK)
    monkeypatch.setattr(frozen_features, "_computed", None)
    again = train(data, "squeezenet1_1", **QUICK)
    inputs, targets = data.test
    assert again.card.scores.accuracy == float((model.classifier(inputs).argmax(1) == targets).double().mean())
