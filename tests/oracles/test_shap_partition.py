"""Owen values, and shap's PartitionExplainer asked directly about the same pictures and tables."""

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier
from torch import nn

from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.feature_hierarchy import column_hierarchy
from xaivision.explainers.partition_shap import PartitionShap
from xaivision.explainers.shap_original import Shap
from xaivision.explainers.shap_package import quiet_shap

HEIGHT, WIDTH = 7, 8


def network(channels):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        body = (nn.Conv2d(channels, 6, 3, padding=1), nn.Tanh(), nn.Conv2d(6, 6, 3, stride=2), nn.ReLU())
        return TorchClassifier(nn.Sequential(*body, nn.Flatten(), nn.Linear(54, 3)).double(), 3)


def pictures(channels):
    """In 256 levels, which is what shap's inpainting sees."""
    levels = torch.randint(0, 256, (2, channels, HEIGHT, WIDTH), generator=torch.Generator().manual_seed(1))
    return levels.double() / 255


def shaps(model, images, mask_value, budget):
    """(B, C, H, W) shap's own, about pictures of (H, W, C) in 0 to 255."""

    def numbers(given):
        return model(torch.from_numpy(given / 255).movedim(3, 1))[:, 1].numpy()

    found = []
    with quiet_shap() as shap:
        for image in np.rint(images.movedim(1, 3).numpy() * 255):
            named = isinstance(mask_value, str)
            masker = shap.maskers.Image(mask_value if named else np.full(image.shape, mask_value), image.shape if named else None)
            found.append(shap.PartitionExplainer(numbers, masker)(image[None], max_evals=budget, silent=True).values[0])
    return torch.from_numpy(np.stack(found)).movedim(3, 1)


@pytest.mark.parametrize("budget", [20, 80])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("mask_value", [0.0, "blur(3,3)", "blur(4,5)", "inpaint_telea", "inpaint_ns"])
def test_values_of_pictures_are_shaps(mask_value, channels, budget):
    model, images = network(channels), pictures(channels)
    expected = shaps(model, images, mask_value, budget)
    baseline = mask_value if isinstance(mask_value, str) else "black"
    ours = PartitionShap(budget=budget, baseline=baseline).explain(model, images, 1)
    torch.testing.assert_close(ours.values, expected.sum(1, keepdim=True), atol=1e-8, rtol=0)
    original = Shap("partition", mask_value=mask_value, max_evals=budget).explain(model, images, 1)
    torch.testing.assert_close(original.values, expected, atol=1e-8, rtol=0)
    assert float(original.diagnostics.completeness_gap.abs().max()) < 1e-8


@pytest.mark.parametrize("rows", [30, 150])
def test_values_of_tables_are_shaps_with_all_of_the_background(rows):
    draws = np.random.default_rng(0)
    numbers = draws.normal(size=(200, 7))
    numbers[:, 1] += numbers[:, 0]
    estimator = RandomForestClassifier(10, max_depth=5, random_state=0).fit(
        numbers, np.digitize(numbers[:, 0] * numbers[:, 2], [0, 1])
    )
    background, one = torch.from_numpy(numbers[:rows].copy()), torch.from_numpy(numbers[-2:].copy())
    hierarchy = column_hierarchy("correlation", background, 7)
    with quiet_shap() as shap:
        masker = shap.maskers.Partition(numbers[:rows], max_samples=rows, clustering=hierarchy)
        explainer = shap.PartitionExplainer(lambda given: estimator.predict_proba(given)[:, 1], masker)
        expected = explainer(one.numpy(), silent=True).values
    model = SklearnClassifier(estimator)
    for method in (PartitionShap(background=background), Shap("partition", background, clustering=hierarchy)):
        np.testing.assert_allclose(method.explain(model, one, 1).values.numpy(), expected, atol=1e-12, rtol=0)
