import torch

from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.construction import construction
from xaivision.models.pooled_cnn import PooledCnn


def test_gradients_of_the_last_maps_are_the_heads_weights_over_the_positions():
    with construction(0):
        module = PooledCnn((4, 6), 3).double()
    model = TorchClassifier(module, 3)
    images = torch.rand(2, 1, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([2, 0])
    found = model.layer_gradients(images, TargetScore(targets), model.layer(None, images))
    expected = module.head.weight[targets].detach()[:, :, None, None] / 64
    torch.testing.assert_close(found.gradients, expected.expand_as(found.gradients), rtol=1e-12, atol=0)
    assert found.activations.shape == (2, 6, 8, 8)
    assert bool((found.activations >= 0).all())


def test_scores_are_the_head_applied_to_the_mean_map():
    with construction(0):
        module = PooledCnn((4, 6), 3)
    images = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    maps = module.maps(images)
    torch.testing.assert_close(module(images), maps.flatten(2).mean(2) @ module.head.weight.T + module.head.bias)
