"""Pixel counterfactuals, and the nearest unlike picture: closed forms of a linear model, regions, and brute force."""

import pytest
import torch
from counterfactual_pictures import HALF, LEVEL, SIDE, dark_pictures, tile_model
from PIL import Image

import xaivision as xv
from xaivision.core.errors import InputError
from xaivision.engines.total_variation import total_variation
from xaivision.explainers.counterfactuals.nearest_unlike_picture import NearestUnlikePicture
from xaivision.explainers.counterfactuals.pixel_counterfactuals import PixelCounterfactuals


def test_of_a_linear_model_it_is_the_projection_to_the_nearest_level():
    """The lead grows alike with every pixel of the tile: each must rise by what the tile's mean lacks, to the next level."""
    inputs = dark_pictures(4)
    answer = PixelCounterfactuals().explain(tile_model(), inputs)
    assert answer.found.all()
    change = (answer.counterfactuals[:, 0] - inputs)[..., :HALF, :HALF]
    lacking = 0.5 - inputs[:, 0, 0, 0]
    length = change.flatten(1).norm(dim=1) / HALF
    assert bool((length >= lacking - 1e-6).all())
    assert bool((length <= 1.15 * lacking + 2 * LEVEL).all())
    assert torch.equal(answer.counterfactuals[:, 0, :, HALF:], inputs[:, :, HALF:])


def test_it_says_that_it_is_a_baseline():
    answer = PixelCounterfactuals().explain(tile_model(), dark_pictures(1))
    assert "baseline" in PixelCounterfactuals.about.misleads
    assert any("a baseline in pixel space" in note.text for note in answer.diagnostics.notes)
    assert answer.edits == (("pixels changed each by itself",),)


def test_outside_its_region_nothing_changes():
    inputs, region = dark_pictures(3), torch.zeros(SIDE, SIDE, dtype=torch.bool)
    region[:HALF, :4] = True
    answer = PixelCounterfactuals(region=region).explain(tile_model(), inputs)
    assert answer.found.all()
    assert torch.equal(answer.counterfactuals[:, 0, 0][:, ~region], inputs[:, 0][:, ~region])
    nowhere = PixelCounterfactuals(region=~region & (torch.arange(SIDE) >= HALF)).explain(tile_model(), inputs)
    assert not nowhere.found.any()
    assert torch.equal(nowhere.counterfactuals[:, 0], inputs)


def test_smoothness_makes_the_change_smoother():
    weights = torch.randn(2, SIDE * SIDE, generator=torch.Generator().manual_seed(1))
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(SIDE * SIDE, 2))
    network[1].weight.data, network[1].bias.data = weights, -weights.sum(1) / 2
    model = xv.classifier(network, domain="image", num_classes=2, score_unit="logit")
    inputs = dark_pictures(4)
    rough, smooth = (PixelCounterfactuals(smoothness=one).explain(model, inputs) for one in (0.0, 0.3))
    assert rough.found.all()
    assert smooth.found.all()
    varied = [total_variation(one.counterfactuals[:, 0] - inputs) for one in (rough, smooth)]
    assert bool((varied[1] < varied[0]).all())


def test_settings_that_do_not_fit_are_refused():
    with pytest.raises(
        InputError, match=r"`region` must be a mask \(H, W\) or \(B, H, W\) of bool\. Got float32 of shape \(3, 3\)"
    ):
        PixelCounterfactuals(region=torch.zeros(3, 3))
    with pytest.raises(InputError, match=r"`region` must have the pictures' shape \(12, 12\)"):
        PixelCounterfactuals(region=torch.ones(3, 3, dtype=torch.bool)).explain(tile_model(), dark_pictures(1))


def test_a_region_may_be_a_picture_file(tmp_path):
    region = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    region[:4, :5] = True
    Image.fromarray(255 * region.numpy().astype("uint8")).save(tmp_path / "region.png")
    inputs = dark_pictures(2)
    by_file, by_mask = (
        PixelCounterfactuals(region=one).explain(tile_model(), inputs) for one in (str(tmp_path / "region.png"), region)
    )
    assert torch.equal(by_file.counterfactuals, by_mask.counterfactuals)
    assert torch.equal(by_file.counterfactuals[:, 0, :, ~region], inputs[..., ~region])
    with pytest.raises(InputError):
        PixelCounterfactuals(region=str(tmp_path / "none.png")).explain(tile_model(), inputs)


def test_several_unlike_pictures_are_the_nearest_ones():
    known = torch.rand(50, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(2))
    answer = NearestUnlikePicture(known, total_CFs=3).explain(tile_model(), dark_pictures(2))
    away = (answer.counterfactuals - dark_pictures(2)[:, None]).flatten(2).norm(dim=2)
    assert answer.found.all()
    assert bool((away.diff(dim=1) >= 0).all())
    assert len(answer.counterfactuals[0].flatten(1).unique(dim=0)) == 3
    few = NearestUnlikePicture(known, total_CFs=60).explain(tile_model(), dark_pictures(1))
    assert int(few.found.sum()) == int((tile_model()((known * 255).round() / 255).argmax(1) == 1).sum())


def test_the_nearest_unlike_picture_is_that_of_brute_force():
    known = torch.rand(50, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(2))
    inputs = dark_pictures(3)
    answer = NearestUnlikePicture(known).explain(tile_model(), inputs)
    rounded = (known * 255).round() / 255
    bright = rounded[tile_model()(rounded).argmax(1) == 1]
    for picture, found in zip(inputs, answer.counterfactuals[:, 0], strict=True):
        away = [float((picture - one).norm()) for one in bright]
        assert torch.equal(found, bright[away.index(min(away))])
    assert answer.found.all()
    assert any("whoever sees them sees known cases" in note.text for note in answer.diagnostics.notes)


def test_without_a_picture_of_the_class_nothing_is_found():
    answer = NearestUnlikePicture(dark_pictures(5)).explain(tile_model(), dark_pictures(1))
    assert not answer.found.any()
    assert "no picture of the background is decided as bright" in str(answer.verdict)
