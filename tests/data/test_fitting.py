import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional

from xaivision.core.errors import FileFormatError, InputError
from xaivision.core.image_format import ImageFormat
from xaivision.data.fitting import fitted
from xaivision.data.images import load_image

PHOTO = torch.rand(3, 61, 83, generator=torch.Generator().manual_seed(0))
MODES = {"bilinear": v2.InterpolationMode.BILINEAR, "bicubic": v2.InterpolationMode.BICUBIC}


def fit(pixels, *format, **settings):
    return fitted(pixels, ImageFormat(*format, **settings), "The picture")


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    resize=st.integers(20, 60),
    crop=st.integers(1, 20),
    interpolation=st.sampled_from(["bilinear", "bicubic"]),
)
def test_resizing_and_cropping_equal_torchvisions_with_antialiasing(height, width, resize, crop, interpolation):
    pixels = torch.rand(3, height, width, generator=torch.Generator().manual_seed(height * 100 + width))
    ours = fit(pixels, 3, crop, crop, resize=resize, interpolation=interpolation)
    resized = functional.resize(pixels, [resize], interpolation=MODES[interpolation], antialias=True)
    theirs = functional.center_crop(resized, [crop, crop]).clamp(0, 1)
    assert torch.allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_resizing_equals_pillows_in_float_precision(interpolation):
    ours = fit(PHOTO, 3, 20, 27, resize=20, interpolation=interpolation)
    method = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}[interpolation]
    theirs = [np.asarray(Image.fromarray(channel.numpy()).resize((27, 20), method)) for channel in PHOTO]
    assert np.abs(ours.numpy() - np.clip(theirs, 0, 1)).max() < 1e-5


def test_resizing_is_not_rounded_to_8_bits():
    ours = fit(PHOTO, 3, 20, 20, resize=20)
    assert ((ours * 255) - (ours * 255).round()).abs().max() > 0.4


def test_fine_stripes_are_averaged_and_not_sampled():
    stripes = (torch.arange(64) % 2).float().expand(1, 64, 64)
    small = fit(stripes, 1, 8, 8, resize=8)
    assert (small - 0.5).abs().max() < 0.03


def test_nearest_takes_the_pixel_at_the_center_of_each_block():
    picture = torch.arange(81.0).view(1, 9, 9) / 81
    assert torch.equal(fit(picture, 1, 3, 3, resize=3, interpolation="nearest"), picture[:, 1::3, 1::3])


def test_without_resize_the_shorter_side_becomes_the_larger_side_of_the_format():
    assert torch.equal(fit(PHOTO, 3, 20, 30), fit(PHOTO, 3, 20, 30, resize=30))
    assert not torch.equal(fit(PHOTO, 3, 20, 30)[:, :, :20], fit(PHOTO, 3, 20, 20))


def test_a_picture_of_the_right_size_is_not_touched():
    assert torch.equal(fit(PHOTO[:, :40, :40], 3, 40, 40), PHOTO[:, :40, :40])


def test_the_crop_is_at_the_center():
    picture = torch.zeros(1, 10, 10)
    picture[:, 4:6, 4:6] = 1
    assert fit(picture, 1, 2, 2, resize=10).min() == 1


@pytest.mark.parametrize("shape", [(40, 1000), (1000, 40)])
def test_a_long_picture_keeps_its_proportions(shape):
    ramp = torch.linspace(0, 1, 1000)
    picture = ramp.expand(1, 40, 1000) if shape == (40, 1000) else ramp.view(1000, 1).expand(1, 1000, 40)
    fit_to = fit(picture, 1, 20, 20, resize=20)
    assert 0.47 < float(fit_to.min()) < 0.5 < float(fit_to.max()) < 0.53


def test_values_stay_in_the_unit_range_where_bicubic_overshoots():
    edge = torch.zeros(1, 40, 40)
    edge[..., 20:] = 1
    for resize in (20, 77):
        sharp = fit(edge, 1, 20, 20, resize=resize, interpolation="bicubic")
        assert sharp.min() >= 0
        assert sharp.max() <= 1


def test_one_channel_models_get_the_luminance_and_one_channel():
    color = torch.tensor([0.2, 0.4, 0.8]).view(3, 1, 1).expand(3, 8, 8)
    gray = fit(color, 1, 8, 8)
    assert gray.shape == (1, 8, 8)
    assert torch.allclose(gray, torch.tensor(0.299 * 0.2 + 0.587 * 0.4 + 0.114 * 0.8))
    assert fit(torch.ones(3, 8, 8), 1, 8, 8).max() <= 1


def test_the_luminance_is_pillows():
    photo = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    ours = load_image(photo, ImageFormat(1, 16, 16))
    theirs = np.asarray(Image.fromarray(photo).convert("L")) / 255
    assert np.abs(ours[0].numpy() - theirs).max() < 1 / 255


def test_a_gray_picture_stays_one_channel_for_one_and_is_repeated_for_three():
    gray = torch.rand(1, 8, 8)
    assert torch.equal(fit(gray, 1, 8, 8), gray)
    repeated = fit(gray, 3, 8, 8)
    assert torch.equal(repeated, gray.repeat(3, 1, 1))
    assert repeated.is_contiguous()


def test_other_numbers_of_channels_are_refused():
    with pytest.raises(InputError, match=r"must become a picture of 4 channels, as the model wants\. Got 3"):
        fit(PHOTO, 4, 8, 8)


def test_a_crop_larger_than_the_resized_picture_is_refused():
    with pytest.raises(InputError, match=r"must be at least 30 x 40 \(height x width\) after resizing\. Got 30 x 30"):
        fit(torch.zeros(3, 50, 50), 3, 30, 40, resize=30)


def test_a_very_long_picture_that_would_grow_past_the_cap_is_refused():
    with pytest.raises(FileFormatError, match=r"resized to a shorter side of 256, must have at most 50 megapixels"):
        fit(torch.zeros(1, 1, 1_000_000), 1, 224, 224, resize=256)


def test_the_same_picture_gives_the_same_bits():
    assert torch.equal(fit(PHOTO, 3, 20, 20, resize=25), fit(PHOTO.clone(), 3, 20, 20, resize=25))
