import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp

from xaivision.core.random import generator
from xaivision.engines import reverberation as engine


def rayleigh(height, width, seed=0):
    """Speckle of fully resolved echoes, mean 1."""
    parts = torch.randn(2, height, width, generator=generator(seed), dtype=torch.float64)
    return parts.square().sum(0).sqrt() / (np.pi / 2) ** 0.5


def noise(height, width, seed=9):
    return torch.randn(height, width, generator=generator(seed), dtype=torch.float64)


def seabed_with_a_target(side=96):
    """A seabed of level 0.2, a bright target of 14 pixels and the shadow behind it."""
    picture = 0.2 * rayleigh(side, side)
    picture[40:54, 30:44] = 0.95
    picture[40:54, 44:70] = 0.01
    return picture.clamp(0, 1)[None]


def check_the_target_and_its_shadow_are_gone():
    drawn = engine.reverberation(seabed_with_a_target(), noise(96, 96))[0]
    for part in (drawn[40:54, 30:44], drawn[40:54, 44:70]):
        assert float(part.mean()) == pytest.approx(0.2, rel=0.15)
        assert ks_2samp(part.flatten().numpy(), (0.2 * rayleigh(96, 96, 5)).flatten().numpy()).statistic < 0.12


def check_the_level_follows_the_range():
    ramp = torch.linspace(0.1, 0.5, 120, dtype=torch.float64).expand(90, -1)
    drawn = engine.reverberation((ramp * rayleigh(90, 120)).clamp(0, 1)[None], noise(90, 120))[0]
    ends = drawn[:, 10:20].mean(), drawn[:, -20:-10].mean()
    assert float(ends[0]) == pytest.approx(0.15, rel=0.15)
    assert float(ends[1]) == pytest.approx(0.45, rel=0.15)


def check_ripples_stay_ripples():
    """Crests lie as far apart as they did, and run as they did; blocks that are left out cost some of their strength."""
    waves = 1 + 0.7 * torch.sin(torch.arange(96, dtype=torch.float64) * 2 * np.pi / 8)
    picture = (0.3 * waves * (0.7 + 0.3 * rayleigh(96, 96))).clamp(0, 1)
    drawn = engine.reverberation(picture[None], noise(96, 96))[0]
    for shift in (4, 8):  # half a wave and a whole one
        wanted, found = (np.corrcoef(one[:, shift:].flatten(), one[:, :-shift].flatten())[0, 1] for one in (picture, drawn))
        assert abs(wanted) > 0.8
        assert found / wanted > 0.5
    assert np.corrcoef(drawn[6:].flatten(), drawn[:-6].flatten())[0, 1] > 0.4  # crests run down the picture


def check_black_stays_black_unless_everywhere():
    picture = 0.3 * rayleigh(64, 64)
    picture[:, :24] = 0
    drawn = engine.reverberation(picture[None].clamp(0, 1), noise(64, 64))[0]
    assert float(drawn[:, :24].abs().max()) == 0
    whole = engine.reverberation(picture[None].clamp(0, 1), noise(64, 64), everywhere=True)[0]
    assert float(whole[:, :24].mean()) == pytest.approx(0.3, rel=0.2)


def check_what_is_covered_has_no_say():
    """A frame around the picture is gone, with echoes or of one value, and what takes its place is as the middle."""
    picture = (0.2 * rayleigh(64, 64)).clamp(0, 1)
    frame = torch.ones(64, 64, dtype=torch.bool)
    frame[4:-4, 4:-4] = False
    echoes = rayleigh(64, 64, 1)
    framed = [torch.where(frame, around, picture)[None].clamp(0, 1) for around in (0.6 * echoes, 0.05 * echoes, 0.8 + 0 * echoes)]
    first, *others = (engine.reverberation(one, noise(64, 64), everywhere=True, covered=frame)[0] for one in framed)
    assert float(first[frame].mean()) == pytest.approx(0.2, rel=0.15)
    assert all(torch.equal(first, other) for other in others)


def check_colors_of_a_color_map_stay_its_colors():
    gray = (0.3 * rayleigh(80, 80)).clamp(0, 1)
    colored = torch.stack([gray**0.5, gray, gray**2])
    red, green, blue = engine.reverberation(colored, noise(80, 80))
    for one, other in ((red, green), (green, blue)):
        assert np.corrcoef(one.flatten().argsort().argsort(), other.flatten().argsort().argsort())[0, 1] > 0.97


def test_the_target_and_its_shadow_are_gone():
    check_the_target_and_its_shadow_are_gone()


def test_the_level_follows_the_range():
    check_the_level_follows_the_range()


def test_ripples_stay_ripples():
    check_ripples_stay_ripples()


def test_black_stays_black_unless_everywhere():
    check_black_stays_black_unless_everywhere()


def test_what_is_covered_has_no_say():
    check_what_is_covered_has_no_say()


def test_colors_of_a_color_map_stay_its_colors():
    check_colors_of_a_color_map_stay_its_colors()


def test_another_noise_is_another_seabed_of_the_same_gray_values():
    picture = seabed_with_a_target()
    first, again, other = (engine.reverberation(picture, noise(96, 96, seed))[0] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert ks_2samp(first.flatten().numpy(), other.flatten().numpy()).statistic < 0.03


@pytest.mark.parametrize("shape", [(1, 5, 7), (1, 8, 8), (3, 33, 17), (1, 224, 31), (2, 1, 9)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_any_shape_gives_a_picture_of_that_shape(shape, dtype):
    picture = torch.rand(shape, generator=generator(3)).to(dtype)
    drawn = engine.reverberation(picture, noise(*shape[1:]))
    assert drawn.shape == picture.shape
    assert drawn.dtype == dtype
    assert bool(((drawn >= 0) & (drawn <= 1)).all())


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_a_picture_without_grain_stays_as_it_is(value):
    picture = torch.full((1, 40, 40), value)
    assert torch.equal(engine.reverberation(picture, noise(40, 40)), picture)
