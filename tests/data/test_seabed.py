import pytest
import torch

from xaivision.core.random import generator
from xaivision.data import seabed as room
from xaivision.data.seabed import TEXTURES, fractal, seabed


@pytest.mark.parametrize("size", [32, 65, 128])
def test_a_fractal_has_mean_zero_and_deviation_one(size):
    field = fractal(size, 1.5, generator(0))
    assert field.shape == (size, size)
    assert float(field.mean()) == pytest.approx(0, abs=1e-9)
    assert float(field.std()) == pytest.approx(1)


def test_a_fractal_falls_with_frequency_by_its_power():
    spectra = torch.stack([torch.fft.rfft2(fractal(64, 1.5, generator(seed))).abs().square() for seed in range(200)])
    energy = spectra.mean(0)
    assert float(energy[4, 0] / energy[16, 0]) == pytest.approx(4**3, rel=0.35)
    assert float(energy[0, 4] / energy[0, 16]) == pytest.approx(4**3, rel=0.35)


def heights(texture, seed, monkeypatch):
    monkeypatch.setattr(room, "STONES", 0)
    return seabed(texture, 128, 0.25, generator(seed)).heights


def test_a_flat_seabed_is_nearly_flat(monkeypatch):
    assert max(float(heights("flat", seed, monkeypatch).abs().max()) for seed in range(5)) < 0.1


def test_ripples_have_the_stated_height_and_one_direction(monkeypatch):
    for seed in range(8):
        field = heights("ripples", seed, monkeypatch)
        trough_to_crest = 2 * 2**0.5 * float(field.std())
        assert 0.9 * 1.0 * 0.04 < trough_to_crest < 1.2 * 2.2 * 0.09
        energy = torch.fft.rfft2(field).abs().square()
        down = torch.fft.fftfreq(128, dtype=torch.float64) * 128
        across = torch.fft.rfftfreq(128, dtype=torch.float64) * 128
        waves = (down[:, None].square() + across.square()).sqrt()
        band = (waves > 32 / 2.2 - 4) & (waves < 32 / 1.0 + 4)  # waves in 32 m of length 1.0 to 2.2 m
        assert float(energy[band].sum() / energy.sum()) > 0.7


def test_rocks_stand_up_from_the_ground_and_leave_most_of_it_flat(monkeypatch):
    field = heights("rocky", 3, monkeypatch)
    assert 0.3 < float(field.max()) < 3
    assert float(field.min()) > -0.1
    assert 0.1 < float((field > 0.1).double().mean()) < 0.4


def test_stones_are_half_balls_of_the_stated_radius(monkeypatch):
    monkeypatch.setattr(room, "ROUGHNESS", 0.0)
    fields = [seabed("flat", 128, 0.25, generator(seed)).heights for seed in range(30)]
    highest = torch.tensor([float(field.max()) for field in fields])
    assert (highest == 0).any()
    assert 0.45 < float(highest.max()) < 0.95  # two may overlap
    assert all(float((field > 0).double().sum()) * 0.25**2 < 5 * 3.15 * 0.6**2 for field in fields)


@pytest.mark.parametrize("texture", TEXTURES)
def test_reflectivity_is_positive_and_around_one(texture):
    reflectivity = seabed(texture, 64, 0.5, generator(1)).reflectivity
    assert float(reflectivity.min()) > 0.3
    assert float(reflectivity.log().mean()) == pytest.approx(0, abs=1e-9)
    assert float(reflectivity.log().std()) == pytest.approx(room.PATCHES)
