import socket

import numpy as np
import pytest
import skimage.data
import torch

from xaivision.core.errors import UnknownNameError
from xaivision.core.image_format import ImageFormat
from xaivision.data.images import load_image
from xaivision.data.registry import load_dataset
from xaivision.data.sample_images import SAMPLE_IMAGES, load_sample_image


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)


@pytest.mark.parametrize("name", SAMPLE_IMAGES)
def test_each_photo_is_scikit_images_and_needs_no_network(no_network, name):
    assert np.array_equal(np.asarray(load_sample_image(name)), getattr(skimage.data, name)())


def test_the_photos_that_the_demo_shows_are_there():
    assert {"chelsea", "coffee", "camera", "rocket", "astronaut"} <= set(SAMPLE_IMAGES)


def test_the_gray_photos_are_gray():
    assert [name for name in SAMPLE_IMAGES if load_image(load_sample_image(name)).shape[0] == 1] == ["camera", "clock", "coins"]


def test_the_dataset_is_the_photos_in_one_format_without_labels():
    photos = load_dataset("sample_images")
    assert photos.inputs.shape == (9, 3, 224, 224)
    assert photos.items == SAMPLE_IMAGES
    cat = load_image(load_sample_image("chelsea"), ImageFormat(3, 224, 224, resize=256))
    assert torch.equal(photos.inputs[photos.items.index("chelsea")], cat)
    assert photos.targets.tolist() == [-1] * 9
    assert photos.class_names == ()
    assert len(photos.train.inputs) == 0
    assert len(photos.test.inputs) == 9


def test_the_dataset_takes_the_format_of_a_model():
    photos = load_dataset("sample_images", format=ImageFormat(1, 32, 48))
    assert photos.inputs.shape == (9, 1, 32, 48)


def test_an_unknown_photo_suggests_the_closest():
    with pytest.raises(UnknownNameError, match=r"`chelsee` is not a known sample image\. Did you mean `chelsea`"):
        load_sample_image("chelsee")
