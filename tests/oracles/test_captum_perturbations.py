"""Perturbation methods of ours and of captum on the same masks and baselines."""

import captum.attr
import pytest
import torch

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.feature_ablation import FeatureAblation

LABELS = (torch.arange(12)[:, None] // 4) * 3 + torch.arange(12) // 4


@pytest.mark.parametrize("baseline", ["black", "noise"])
def test_feature_ablation_is_captums(baseline):
    chance = torch.Generator().manual_seed(0)
    weights = torch.randn(3, 2 * 12 * 12, generator=chance, dtype=torch.float64)
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(2 * 12 * 12, 3).double(), torch.nn.Tanh())
    with torch.no_grad():
        module[1].weight.copy_(weights / 10)
    inputs = torch.rand(2, 2, 12, 12, generator=chance, dtype=torch.float64)
    ours = FeatureAblation(segments=LABELS, baseline=baseline).explain(TorchClassifier(module, 3), inputs, [0, 2])
    theirs = captum.attr.FeatureAblation(module).attribute(
        inputs, baselines=ours.baseline, target=torch.tensor([0, 2]), feature_mask=LABELS.expand(1, 2, 12, 12)
    )
    # captum writes a segment's drop on every one of its values; ours is shared among its pixels.
    assert torch.allclose(ours.values * 16, theirs.mean(1, keepdim=True), atol=1e-12)
