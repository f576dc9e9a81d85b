import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate

from xaivision.core.errors import InputError
from xaivision.models.transfer_network import GrayToColor, Shrink, TransferNetwork, blocks, coloring, resizing

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def gray(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_gray_becomes_what_each_channels_own_normalization_makes_of_it():
    images = gray(2, 1, 5, 7)
    mean, std = (torch.tensor(part).view(1, 3, 1, 1) for part in (MEAN, STD))
    torch.testing.assert_close(GrayToColor(MEAN, STD)(images), (images.expand(-1, 3, -1, -1) - mean) / std)


def test_a_gray_picture_is_scored_as_its_color_copy_with_padding_and_all():
    backbone = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten())
    network = TransferNetwork(nn.Identity(), coloring(1, MEAN, STD), backbone, 4 * 36, 2)
    images = gray(2, 1, 6, 6)
    mean, std = (torch.tensor(part).view(1, 3, 1, 1) for part in (MEAN, STD))
    want = network.head(backbone((images.repeat(1, 3, 1, 1) - mean) / std))
    torch.testing.assert_close(network(images), want)


def test_what_makes_color_is_not_trained():
    assert not any(part.requires_grad for part in GrayToColor(MEAN, STD).parameters())


@pytest.mark.parametrize("channels", [2, 4])
def test_pictures_of_other_channels_are_refused(channels):
    with pytest.raises(InputError, match=f"1 or 3 channels. Got {channels}"):
        coloring(channels, MEAN, STD)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (5, 7), (16, 16), (20, 9), (8, 20)])
def test_pictures_are_brought_to_the_side_without_a_crop(height, width):
    images = gray(1, 1, height, width)
    resized = resizing(height, width, 8)(images)
    torch.testing.assert_close(resized, interpolate(images, (8, 8), mode="bilinear", align_corners=False, antialias=True))


def test_pictures_of_the_own_size_pass_as_they_are():
    images = gray(1, 1, 8, 8)
    assert resizing(8, 8, 8)(images) is images


def test_shrinking_averages_what_would_alias():
    stripes = torch.tensor([0.0, 1.0]).repeat(16).expand(1, 1, 32, 32)
    inside = Shrink(8)(stripes)[..., 1:-1]
    torch.testing.assert_close(inside, torch.full_like(inside, 0.5), atol=0.02, rtol=0)


def test_blocks_are_in_order_and_norm_layers_belong_to_what_they_follow():
    first, norm, last = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(8, 8, 3)
    inner = nn.Sequential(nn.Conv2d(4, 8, 1), nn.Conv2d(8, 8, 1))
    module = nn.Sequential(first, norm, nn.ReLU(), inner, last)
    assert blocks(module) == [[first, norm], [inner[0]], [inner[1]], [last]]


def test_a_part_with_most_of_the_weights_is_entered():
    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Linear(9, 9), nn.Linear(9, 9)

    module = nn.Module()
    module.stem, module.encoder = nn.Linear(3, 3), Encoder()
    assert blocks(module) == [[module.stem], [module.encoder.one], [module.encoder.two]]


def test_every_weight_is_in_one_block():
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ModuleList([nn.Linear(2, 2), nn.LayerNorm(2)]))
    held = [weight for block in blocks(module) for part in block for weight in part.parameters()]
    assert len(held) == len(list(module.parameters())) == len({id(weight) for weight in held})
