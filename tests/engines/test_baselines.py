import numpy as np
import pytest
import torch
from engine_networks import drawn

from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.engines import baselines, filters
from xaivision.engines.reverberation import reverberation

IMAGES, TABLE = drawn((2, 3, 12, 10), 0), drawn((4, 3), 1)


def reference(baseline, inputs, typical=None, seed=0):
    return baselines.reference_inputs(baseline, inputs, generator(seed), typical)


def check_names_are_what_they_say():
    assert torch.equal(reference("black", IMAGES), torch.zeros_like(IMAGES))
    torch.testing.assert_close(reference("mean", IMAGES)[1, 2], torch.full((12, 10), float(IMAGES[1, 2].mean())).double())
    assert torch.equal(reference("blur", IMAGES), filters.gaussian_blur(IMAGES))
    assert reference("typical", TABLE, (1.0, 2.0, 3.0)).tolist() == [[1.0, 2.0, 3.0]] * 4


def check_noise_is_one_draw_for_every_input_in_0_to_1():
    noise = reference("noise", IMAGES)
    assert torch.equal(noise[0], noise[1])
    assert 0 <= noise.min() < 0.1
    assert 0.9 < noise.max() <= 1
    assert torch.equal(noise, reference("noise", IMAGES))
    assert not torch.equal(noise, reference("noise", IMAGES, seed=1))


def test_names_are_what_they_say():
    check_names_are_what_they_say()


def test_noise_is_one_draw_for_every_input_in_0_to_1():
    check_noise_is_one_draw_for_every_input_in_0_to_1()


def test_auto_is_black_for_images_and_typical_for_tables():
    assert torch.equal(reference("auto", IMAGES), torch.zeros_like(IMAGES))
    assert torch.equal(reference("auto", TABLE, (1, 2, 3)), reference("typical", TABLE, (1, 2, 3)))


@pytest.mark.parametrize("name", baselines.BASELINE_NAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_name_gives_a_baseline_of_the_shape_and_dtype_of_the_inputs(name, dtype):
    inputs = (TABLE if name == "typical" else IMAGES).to(dtype)
    found = reference(name, inputs, (1, 2, 3))
    assert found.shape == inputs.shape
    assert found.dtype == dtype


@pytest.mark.parametrize("shape", [(3, 12, 10), (2, 3, 12, 10), (1, 3, 12, 10), (3, 1, 1), ()])
def test_a_tensor_is_spread_over_the_batch(shape):
    given = drawn(shape, 5)
    assert torch.equal(reference(given, IMAGES), given.expand(2, 3, 12, 10))


@pytest.mark.parametrize("shape", [(4,), (3, 12, 9), (5, 3, 12, 10), (1, 2, 3, 12, 10)])
def test_a_tensor_of_another_shape_is_refused(shape):
    sentence = r"`baseline` must have the shape of one input, \(3, 12, 10\), or of the batch\. Got \("
    with pytest.raises(InputError, match=sentence):
        reference(torch.zeros(shape), IMAGES)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_tensor_that_is_not_finite_is_refused(bad):
    with pytest.raises(InputError, match=r"`baseline` must be finite\."):
        reference(torch.tensor([0.0, bad, 1.0]), TABLE)


@pytest.mark.parametrize("name", ["grey", 0, None, [0, 1], np.zeros(3)])
def test_what_is_no_name_and_no_tensor_is_refused(name):
    with pytest.raises(InputError, match=r"`baseline` must be one of 'auto', 'black', .*, or a tensor\. Got "):
        reference(name, TABLE)


def test_seabed_is_reverberation_by_one_noise_for_every_input():
    noise = torch.randn(12, 10, generator=generator(0), dtype=torch.float64)
    found = reference("seabed", IMAGES)
    for one, drawn_one in zip(IMAGES, found, strict=True):
        assert torch.equal(drawn_one, reverberation(one, noise))
    assert torch.equal(reference("seabed", IMAGES[1:])[0], found[1])
    assert not torch.equal(reference("seabed", IMAGES, seed=1), found)


@pytest.mark.parametrize("name", ["mean", "blur", "noise", "seabed"])
def test_names_for_images_are_refused_for_tables(name):
    with pytest.raises(InputError, match=f"`baseline` '{name}' has a meaning for images only"):
        reference(name, TABLE)


@pytest.mark.parametrize(("inputs", "typical"), [(TABLE, None), (IMAGES, (1, 2, 3))])
def test_typical_is_refused_without_a_table_that_knows_its_typical_values(inputs, typical):
    with pytest.raises(InputError, match=r"`baseline` 'typical' needs a table whose schema knows typical values\."):
        reference("typical", inputs, typical)
