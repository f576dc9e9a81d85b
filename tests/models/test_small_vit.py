import pytest
import torch

from xaivision.core.torch_classifier import TorchClassifier
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
    found = token_layout(TorchClassifier(module, 3), pictures(side)[:1])
    assert (found.grid.height, found.grid.width, found.first, found.readers.nonzero().flatten().tolist()) == (rows, rows, 1, [0])


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
