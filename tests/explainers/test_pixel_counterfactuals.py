"""Pixel counterfactuals, and the nearest unlike picture: closed forms of a linear model, regions, and brute force."""

import pytest
import torch
from counterfactual_pictures import HALF, LEVEL, SIDE, TileNetwork, dark_pictures, tile_model
from PIL import Image

import xaivision as xv
from xaivision.core.errors import InputError
from xaivision.core.image_format import ImageFormat
from xaivision.engines.total_variation import total_variation
from xaivision.explainers.counterfactuals import pixel_counterfactuals
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


def test_outside_its_region_the_input_stays_to_the_last_bit_where_it_is_of_no_256_levels():
    """And the flip holds as a file keeps it too, where what is outside is rounded."""
    inputs, region = dark_pictures(3) + 0.3 * LEVEL, torch.zeros(SIDE, SIDE, dtype=torch.bool)
    region[:HALF, :4] = True
    answer = PixelCounterfactuals(region=region).explain(tile_model(), inputs)
    found = answer.counterfactuals[:, 0]
    assert answer.found.all()
    assert torch.equal(found[..., ~region], inputs[..., ~region])
    assert torch.equal(found[..., region], (255 * found[..., region]).round() / 255)
    assert tile_model()((255 * found).round() / 255).argmax(1).tolist() == [1, 1, 1]


class Sum(torch.nn.Module):
    """Class 1 where the pixels' sum is above a level."""

    def __init__(self, level):
        super().__init__()
        self.level, self.scale = level, torch.nn.Parameter(torch.tensor(1.0))

    def forward(self, pictures):
        lead = self.scale * (pictures.sum((1, 2, 3)) - self.level)
        return torch.stack([-lead, lead], 1)


@pytest.mark.parametrize(("level", "holds"), [(1 + 20 * LEVEL, False), (0.5, True)])
def test_what_turns_only_before_it_is_rounded_is_not_handed_out(level, holds):
    """All but one pixel stay, and rounding takes away what they have: 70 levels in all."""
    inputs, region = torch.full((1, 1, SIDE, SIDE), 0.49 * LEVEL), torch.zeros(SIDE, SIDE, dtype=torch.bool)
    region[0, 0] = True
    model = xv.classifier(Sum(level), domain="image", num_classes=2, score_unit="logit")
    answer = PixelCounterfactuals(region=region, steps=200).explain(model, inputs)
    assert bool(answer.found.all()) == holds
    found = answer.counterfactuals[:, 0]
    assert (int(model((255 * found).round() / 255).argmax()) == 1) == holds
    assert torch.equal(found[..., ~region], inputs[..., ~region])


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
    empty = torch.zeros(2, SIDE, SIDE, dtype=torch.bool)
    with pytest.raises(InputError, match=r"`region` must have pixels that may change\. Got an empty one\. Mark some, or leave"):
        PixelCounterfactuals(region=empty[0]).explain(tile_model(), dark_pictures(1))
    empty[0] = True
    with pytest.raises(InputError, match="Got an empty one for input 1"):
        PixelCounterfactuals(region=empty).explain(tile_model(), dark_pictures(2))


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


def test_a_region_of_the_photos_own_size_is_fitted_as_the_photo_was(tmp_path):
    """A photo twice as wide as high, cropped to its middle: so is the file of the region."""
    large = torch.zeros(2 * SIDE, 4 * SIDE, dtype=torch.bool)
    large[:SIDE, SIDE : 2 * SIDE] = True
    Image.fromarray(255 * large.numpy().astype("uint8")).save(tmp_path / "region.png")
    format_ = ImageFormat(1, SIDE, SIDE)
    model = xv.classifier(TileNetwork(), domain="image", num_classes=2, score_unit="logit", image_format=format_)
    inputs, region = dark_pictures(1), torch.zeros(SIDE, SIDE, dtype=torch.bool)
    region[:HALF, :HALF] = True
    by_file, by_mask = (PixelCounterfactuals(region=one).explain(model, inputs) for one in (str(tmp_path / "region.png"), region))
    assert by_mask.found.all()
    assert torch.equal(by_file.counterfactuals, by_mask.counterfactuals)


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
    assert "no picture of the background is decided as bright; it holds no other class" in str(answer.verdict)
    levels = torch.linspace(0, 1, 6).view(6, 1, 1, 1).expand(-1, 1, SIDE, SIDE)

    class Steps(torch.nn.Module):
        def forward(self, pictures):
            centers = torch.tensor([0.0, 0.3, 0.2, 0.4, 0.6, 0.8, 1.0])
            return -(pictures.mean((1, 2, 3))[:, None] - centers).abs()

    model = xv.classifier(Steps(), domain="image", num_classes=7, score_unit="logit")
    several = NearestUnlikePicture(levels, desired_class=1).explain(model, levels[:1])
    assert "`desired_class` may name what it holds: 2, 3, 4 and 2 more" in str(several.verdict)


def one_large_step(monkeypatch, **settings):
    """From level 100 a single step of 64 levels, where 28 are needed; back in sixteenths of it, that is, by 4 levels."""
    monkeypatch.setattr(pixel_counterfactuals, "STEP", 64 * LEVEL)
    answer = PixelCounterfactuals(steps=2, **settings).explain(tile_model(), torch.full((1, 1, SIDE, SIDE), 100 * LEVEL))
    assert answer.found.all()
    return (255 * answer.counterfactuals[0, 0, 0]).round()


def test_what_was_found_is_drawn_back_to_the_nearest_that_holds(monkeypatch):
    levels = one_large_step(monkeypatch)
    assert levels[:HALF, :HALF].unique().tolist() == [128]
    levels[:HALF, :HALF] = 100
    assert levels.unique().tolist() == [100]


def test_it_is_not_drawn_back_when_time_is_up(monkeypatch):
    """There is time for two steps, and for one of the sixteenths."""
    calls = iter([True, True, True])
    monkeypatch.setattr(pixel_counterfactuals.Clock, "bears", lambda *_: next(calls, False))
    assert one_large_step(monkeypatch, max_seconds=60.0)[:HALF, :HALF].unique().tolist() == [164]


def test_a_pixel_of_a_region_in_color_is_bright_by_the_mean_of_its_channels(tmp_path):
    region = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    region[:4, :5] = True
    cyan, red = torch.tensor([0, 255, 255], dtype=torch.uint8), torch.tensor([255, 0, 0], dtype=torch.uint8)
    Image.fromarray(torch.where(region[..., None], cyan, red).numpy()).save(tmp_path / "region.png")
    by_file, by_mask = (
        PixelCounterfactuals(region=one).explain(tile_model(), dark_pictures(1)) for one in (str(tmp_path / "region.png"), region)
    )
    assert by_mask.found.all()
    assert torch.equal(by_file.counterfactuals, by_mask.counterfactuals)
