"""What the similarities of prototypes rest on, where that is planted or cannot be."""

import pytest
import torch
from prototype_cells import Cells

import xaivision as xv
from xaivision.core.errors import CapabilityError, InputError, UnknownNameError
from xaivision.core.metering import metered
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.planted_properties import load
from xaivision.models.construction import construction
from xaivision.models.prototypes.layer_plan import layer_plan
from xaivision.models.prototypes.prototype_network import PrototypeNetwork


@pytest.fixture(scope="module")
def model():
    with construction(0):
        network = PrototypeNetwork(Cells(), layer_plan("proto_part", 4, 3, 2), (3, 16, 16))
    return TorchClassifier(network.eval(), 2, class_names=("one", "two"))


@pytest.fixture(scope="module")
def pictures():
    return torch.rand(5, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def test_leaving_pictures_as_they_are_takes_nothing(model, pictures):
    found = xv.explain_prototypes(model, pictures, {"nothing": torch.clone})
    assert not bool(found.local.any())
    assert not bool(found.overall.any())
    assert not bool(found.sizes.any())


def test_gray_pictures_have_no_hue_and_no_saturation_to_rest_on(model, pictures):
    gray = pictures[:, :1].repeat(1, 3, 1, 1)
    found = xv.explain_prototypes(model, gray, ["hue", "saturation"])
    assert not bool(found.local.any())
    assert not bool(found.overall.any())


def test_local_scores_are_falls_at_the_place_that_was_best(model, pictures):
    found = xv.explain_prototypes(model, pictures, ["brightness"])
    network = model.model
    with torch.no_grad():
        before, after = (network.prototypes(network.encoder(one)).flatten(2) for one in (pictures, 0.8 * pictures))
    best = before.argmax(2, keepdim=True)
    expected = (before.gather(2, best) - after.gather(2, best)).squeeze(2)
    torch.testing.assert_close(found.local[:, :, 0], expected, atol=1e-5, rtol=1e-5)
    weights = before.amax(2).double()
    torch.testing.assert_close(found.overall[:, 0], (expected * weights).sum(0) / weights.sum(0), atol=1e-5, rtol=1e-5)
    assert bool((found.local < 0).any())  # shown, not cut off
    torch.testing.assert_close(found.sizes[:, 0], 0.2 * pictures.double().mean((1, 2, 3)), atol=1e-6, rtol=1e-6)


def test_changes_are_ranked_with_their_sizes(model, pictures):
    found = xv.explain_prototypes(model, pictures)
    ranked = found.ranked(0)
    assert [name for name, _, _ in ranked] != []
    scores = [score for _, score, _ in ranked]
    assert scores == sorted(scores, reverse=True)
    assert {name for name, _, _ in ranked} == {"hue", "shape", "texture", "contrast", "saturation", "brightness"}
    assert repr(found).startswith("Characteristics(4 prototypes, 5 pictures, [hue ")
    with pytest.raises(InputError, match=r"`prototype` must be from 0 to 3\. Got 4\."):
        found.ranked(4)


def test_what_does_not_fit_is_refused(model, pictures):
    with pytest.raises(UnknownNameError, match=r"`hues` is not a known change of pictures\. Did you mean `hue`"):
        xv.explain_prototypes(model, pictures, ["hues"])
    with pytest.raises(InputError, match=r"`changes` must be a list of names.* Got 'hue'\."):
        xv.explain_prototypes(model, pictures, "hue")
    with pytest.raises(InputError, match=r"`changes\['half'\]` must give finite pictures of shape"):
        xv.explain_prototypes(model, pictures, {"half": lambda images: images[:, :, ::2]})
    with pytest.raises(InputError, match="must be in"):
        xv.explain_prototypes(model, 255 * pictures, ["hue"])
    with pytest.raises(CapabilityError, match="`explain_prototypes` needs a model that decides by prototypes of pictures"):
        xv.explain_prototypes(xv.classifier(torch.nn.Conv2d(3, 2, 16)), pictures)


class Counted(Cells):
    """Knows how many pictures it was given."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def features(self, images):
        self.seen.append(len(images))
        return super().features(images)


@pytest.mark.parametrize(("ask", "passes"), [("matches", 32), ("hue", 2 * 32), ("all", 7 * 32)])
def test_explaining_32_pictures_takes_a_pass_each_and_one_more_for_each_change(ask, passes):
    """Of what reaches the encoder, picture by picture: no pass is spent on anything else once the model is known."""
    pictures = torch.rand(32, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    with construction(0):
        network = PrototypeNetwork(Counted(), layer_plan("proto_part", 4, 3, 2), (3, 16, 16))
    model = TorchClassifier(network.eval(), 2)
    xv.explain(model, pictures, "prototype_matches")  # whether a model is steady is looked at once
    network.encoder.seen.clear()
    with metered() as meter:
        if ask == "matches":
            xv.explain(model, pictures, "prototype_matches")
        else:
            xv.explain_prototypes(model, pictures, None if ask == "all" else [ask])
    assert sum(network.encoder.seen) == meter.model_calls == passes


@pytest.mark.slow
def test_a_planted_property_has_the_largest_score_and_less_than_a_quarter_of_it_where_it_tells_nothing():
    means = {}
    for planted in ("hue", "texture"):
        data = load("planted_properties", count=300, planted=planted)
        settings = {"backbone": "three_convolutions", "width": 32, "per_class": 3, "batch_size": 32}
        found = []
        for seed in (0, 1):
            model = xv.train(data, model="proto_part", seed=seed, **settings)
            assert model.card.scores.accuracy >= 0.9  # at a higher rate, all units of the backbone died at times
            why = xv.explain_prototypes(model.classifier, data.train[0])
            found.append(why.overall.mean(0))
        means[planted] = dict(zip(why.changes, torch.stack(found).mean(0).tolist(), strict=True))
        assert max(means[planted], key=means[planted].get) == planted
    assert means["texture"]["hue"] < 0.25 * means["hue"]["hue"]
    assert means["hue"]["texture"] < 0.25 * means["texture"]["texture"]
