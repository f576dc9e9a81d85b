import pytest
import torch

from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.attention import token_values
from xaivision.engines.token_layout import token_layout
from xaivision.models.construction import construction
from xaivision.models.small_vit import SmallVit


def made(side=16, patch=4, **settings):
    with construction(0):
        return SmallVit(side, patch, **{"width": 64, "blocks": 2, "num_classes": 3, **settings}).eval()


def pictures(side=16):
    return torch.rand(2, 1, side, side, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("side", "patch", "rows"), [(16, 4, 4), (32, 4, 8), (32, 8, 4)])
def test_scores_are_read_from_the_class_token_in_front_of_the_patches(side, patch, rows):
    module = made(side, patch)
    assert module(pictures(side)).shape == (2, 3)
    target = TargetScore(torch.zeros(2).long())
    found = token_values(TorchClassifier(module, 3), pictures(side), target, lambda read: read.readers.double(), gradients=False)
    assert [row.nonzero().flatten().tolist() for row in found.readers] == [[0], [0]]
    layout = token_layout(found.readers, found.maps, (side, side))
    assert (layout.grid.height, layout.grid.width, layout.first) == (rows, rows, (1, 1))


def test_a_constant_added_to_every_value_of_a_head_has_no_parameter():
    names = [name for name, _ in made().blocks.named_parameters() if "bias" in name]
    assert names == []


def test_where_a_patch_stands_matters():
    module, images = made(), pictures()
    assert not torch.allclose(module(images), module(images.roll(4, 2)), atol=1e-3)
    torch.nn.init.zeros_(module.places)
    torch.testing.assert_close(module(images), module(images.roll(4, 2)), atol=1e-5, rtol=0)


def test_it_is_float32_whatever_the_default():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        assert {parameter.dtype for parameter in made().parameters()} == {torch.float32}
    finally:
        torch.set_default_dtype(before)
