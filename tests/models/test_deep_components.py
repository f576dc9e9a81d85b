"""Components of pictures, detected at the best of several places: scores, radii and attacks, by hand and after a training."""

from dataclasses import replace

import pytest
import torch
from prototype_cells import Cells

import xaivision as xv
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.planted_properties import load
from xaivision.data.registry import load_dataset
from xaivision.models.construction import construction
from xaivision.models.prototypes import patch_backbones
from xaivision.models.prototypes import prototype_losses as losses
from xaivision.models.prototypes.encoders import TableEncoder
from xaivision.models.prototypes.layer_plan import layer_plan
from xaivision.models.prototypes.prototype_network import PrototypeNetwork
from xaivision.models.trained_file import load_trained
from xaivision.models.transfer import train

SCALE = 0.5
KINDS = [("rbf", False), ("components", False), ("rbf", True), ("components", True)]
QUICK = {"backbone": "three_convolutions", "width": 16, "per_class": 2, "epochs": 6, "cycles": 2, "learning_rate": 3e-3}


def colors(system, *, competing=False):
    """Components that are red, green, blue and white, two of each class, and pictures of four cells."""
    with construction(0):
        network = PrototypeNetwork(Cells(), layer_plan(system, 4, 3, 2, competing=competing), (3, 8, 8)).double()
        with torch.no_grad():
            network.prototypes.centers.copy_(torch.tensor([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0], [1.0, 1.0, 1.0]]))
            network.prototypes.log_scale.copy_(torch.tensor(SCALE).log())
            network.reasoning.weights.add_(torch.randn(network.reasoning.weights.shape))
    return TorchClassifier(network.eval(), 2, class_names=("warm", "cold"), score_unit="probability")


def pictures(count=40):
    """Of four cells of one color each."""
    drawn = torch.rand(count, 3, 2, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return drawn.repeat_interleave(4, 2).repeat_interleave(4, 3)


def by_hand(network, picture, *, competing):
    """(4,) the detection of each component in one picture: the best of its four cells."""
    cells, centers = picture[:, ::4, ::4].flatten(1).T, network.prototypes.centers.detach()
    found = []
    for cell in cells:
        if competing:
            channels = torch.stack([cell @ center / center.norm() for center in centers])
            found.append((channels / SCALE).softmax(0))
        else:
            found.append(torch.stack([(-(cell - center).norm() / SCALE).exp() for center in centers]))
    return torch.stack(found).amax(0)


@pytest.mark.parametrize(("system", "competing"), KINDS)
def test_a_score_is_what_speaks_for_the_class_by_being_somewhere_or_nowhere(system, competing):
    model = colors(system, competing=competing)
    network, seen = model.model, pictures(6)
    shares = network.reasoning.weights.detach().softmax(0)
    scores = model(seen)
    for row, picture in enumerate(seen):
        found = by_hand(network, picture, competing=competing)
        expected = found @ shares[:4] + ((1 - found) @ shares[4:] if system == "components" else 0)
        torch.testing.assert_close(scores[row], expected, atol=1e-7, rtol=0)
    assert bool(((scores >= 0) & (scores <= 1)).all())
    told = xv.explain(model, seen, "prototype_matches", 1, k=4)
    torch.testing.assert_close(told.contributions.sum(1) + told.remainder, scores[:, 1], atol=1e-6, rtol=0)


def test_components_that_compete_share_out_every_place_as_channels_do():
    layer = colors("rbf", competing=True).model.prototypes
    with torch.no_grad():
        layer.centers[:3] = torch.eye(3)
        layer.centers[3] = 1.0
        places = torch.randn(5, 3, 7, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        found = layer(places)
    torch.testing.assert_close(found.sum(1), torch.ones(5, 7, 6, dtype=torch.float64))
    channels = torch.cat([places, places.sum(1, keepdim=True) / 3**0.5], 1)
    torch.testing.assert_close(found, (channels / SCALE).softmax(1))


@pytest.mark.parametrize("competing", [False, True])
def test_the_radius_of_an_rbf_network_is_in_the_space_of_the_patches(competing):
    """Half the scale times the logarithm of the ratio; where components compete, a quarter, since each falls as others rise."""
    model = colors("rbf", competing=competing)
    first, second = model(pictures()).topk(2, 1).values.unbind(1)
    found = xv.certified(model, pictures())
    assert found.space == "patches of the encoder"
    torch.testing.assert_close(found.radii, SCALE / (4 if competing else 2) * (first / second).log(), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize(("system", "competing"), KINDS)
def test_no_attack_on_all_places_at_once_leaves_the_radius_and_larger_moves_do(system, competing):
    """120 attacks of 40 steps: each of four cells may move by the radius."""
    model = colors(system, competing=competing)
    inside, beyond = (xv.attack_certificate(model, pictures(), share=share) for share in (0.999, 20.0))
    assert (inside.attacks, inside.found) == (120, 0)
    assert beyond.found > 30
    assert repr(inside) == "AttackedCertificate(0 of 120 attacks at 0.999 of the radius found another class)"
    targets = torch.zeros(40, dtype=torch.long)
    right = model(pictures()).argmax(1) == targets
    assert torch.equal(xv.certified(model, pictures(), targets).radii > 0, right)
    some = xv.attack_certificate(model, pictures(), targets, attacks=2)
    assert torch.equal(some.attacked, right)
    assert some.attacks == 2 * int(right.sum())


def test_the_margin_of_pictures_is_the_papers_for_deep_networks():
    deep = colors("rbf").model
    with construction(0):
        rows = PrototypeNetwork(TableEncoder(3), layer_plan("rbf", 4, 3, 2), (3,))
    scores, targets = torch.tensor([[0.50, 0.49]]), torch.tensor([0])
    for network, expected in ((deep, 0.015), (rows, 0.29)):
        step = losses.Step(network, torch.zeros(1, 4), torch.zeros(1, 4), scores, targets, None)
        assert float(losses.margin(step)) == pytest.approx(expected)


@pytest.fixture(scope="module")
def planted():
    return load("planted_properties", count=40)


@pytest.fixture
def _short_first_training(monkeypatch):
    monkeypatch.setattr(patch_backbones, "FIRST", replace(patch_backbones.FIRST, epochs=6))


@pytest.mark.usefixtures("_short_first_training")
@pytest.mark.parametrize(("system", "competing"), [("rbf", False), ("components", True)])
def test_a_trained_network_has_prototypes_that_are_patches_and_radii_that_hold(system, competing, planted, tmp_path):
    model = train(planted, model=system, competing=competing, **QUICK)
    gaps = xv.push_gaps(model.classifier)
    assert bool(gaps.exact.all())
    assert bool(gaps.same_class.all())
    assert repr(gaps).startswith("PushGaps(4 of 4 prototypes are places of training inputs of their class, largest gap ")
    inputs, targets = planted.inputs, planted.targets
    right = model(inputs).argmax(1) == targets
    assert torch.equal(xv.certified(model.classifier, inputs, targets).radii > 0, right)
    attacked = xv.attack_certificate(model.classifier, inputs)
    assert (attacked.attacks, attacked.found) == (120, 0)
    assert model.card.radius > 0
    back = load_trained(model.save(tmp_path / "model"))
    assert torch.equal(back(inputs), model(inputs))
    assert back.plan.layer.competing == competing


@pytest.mark.usefixtures("_short_first_training")
def test_prototypes_that_moved_or_are_of_another_class_have_a_gap(planted):
    """The case in which the judge must say no."""
    model = train(planted, model="rbf", **{**QUICK, "epochs": 1, "cycles": 1})
    network = model.network
    with torch.no_grad():
        network.prototypes.centers[1] += 0.25
        network.source_labels[2] = 0
    gaps = xv.push_gaps(model.classifier)
    assert gaps.exact.tolist() == [True, False, False, True]
    assert gaps.same_class.tolist() == [True, True, False, True]
    assert float(gaps.distances[1]) == pytest.approx(1.0, abs=1e-4)  # a quarter in each of 16 columns
    with pytest.raises(CapabilityError, match="`push_gaps` needs a model that decides by prototypes"):
        xv.push_gaps(torch.nn.Sequential(torch.nn.Conv2d(3, 2, 32), torch.nn.Flatten()))


def test_prototypes_of_a_table_are_its_rows_and_their_radii_are_attacked_in_its_columns():
    wine = load_dataset("wine")
    model = train(wine, model="components", epochs=5, cycles=1)
    assert bool(xv.push_gaps(model.classifier).exact.all())
    inside, beyond = (xv.attack_certificate(model.classifier, wine.inputs, share=share) for share in (0.999, 8.0))
    assert (inside.attacks, inside.found) == (3 * len(wine), 0)
    assert beyond.found > 0
    with pytest.raises(InputError, match=r"`share` must be a positive number\. Got 0\."):
        xv.attack_certificate(model.classifier, wine.inputs, share=0)


@pytest.mark.parametrize(
    ("data", "system", "said"), [("wine", "rbf", "rows of a table"), ("planted_properties", "proto_part", "'proto_part'")]
)
def test_only_detections_in_pictures_can_compete(data, system, said):
    with pytest.raises(InputError, match=rf"`competing` is for the detections of pictures .* Got {said}\. Leave it out\."):
        train(load_dataset(data), model=system, competing=True)


@pytest.mark.slow
@pytest.mark.parametrize(("system", "competing"), KINDS)
def test_components_learn_planted_pictures(system, competing):
    data = load("planted_properties", count=300)
    settings = {"backbone": "three_convolutions", "width": 32, "per_class": 3, "batch_size": 32, "learning_rate": 3e-3}
    model = train(data, model=system, competing=competing, **settings)
    assert model.card.scores.accuracy >= 0.95
    attacked = xv.attack_certificate(model.classifier, *data.test)
    assert attacked.found == 0
    assert attacked.attacks >= 200
