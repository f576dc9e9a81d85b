import pytest
import torch

from xaivision.core.random import generator
from xaivision.engines import content_descriptor as engine


def masked():
    image = 0.2 + 0.6 * torch.rand(3, 20, 30, generator=generator(0, "content"))
    mask = torch.zeros(20, 30, dtype=torch.bool)
    mask[4:14, 6:24] = True
    return image, mask


def check_only_what_is_masked_matters():
    image, mask = masked()
    other = torch.where(mask, image, torch.rand(image.shape, generator=generator(1, "content")))
    assert float(engine.content_likeness(other[None], image, mask)[0]) == 1.0


def check_the_five_numbers():
    image, mask = torch.zeros(1, 20, 30), masked()[1]
    image[0, 4:9, 6:24] = 0.8  # the upper half of the mask
    told = engine.content_descriptors(image[None], mask)[0].tolist()
    places = [(row + 0.5) / 20 for row in range(4, 9)]
    mean = sum(places) / 5
    down = 2 * (sum((place - mean) ** 2 for place in places) / 5) ** 0.5
    columns = [(column + 0.5) / 30 for column in range(6, 24)]
    across = 2 * (sum((place - 0.5) ** 2 for place in columns) / 18) ** 0.5
    assert told == pytest.approx([0.4, 0.4, 0.5, down, across], abs=1e-6)


def check_likeness_falls_with_what_is_hidden():
    image, mask = masked()
    versions = torch.stack([image, image, image])
    versions[1, :, 4:7] = 0.0
    versions[2, :, 4:12] = 0.0
    told = engine.content_likeness(versions, image, mask)
    assert bool((told[:-1] > told[1:]).all())
    assert float(told[2]) > 0


CHECKS = [one for name, one in list(globals().items()) if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_content(check):
    check()
