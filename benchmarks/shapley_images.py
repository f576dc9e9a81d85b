"""Shapley values of segments of one photo at as many evaluations as shap's explainers take."""

import numpy as np
import shap
import torch
from torch import Tensor

from benchmarks.contest import LIMIT, OURS, Contest, hold, photo_and_model
from benchmarks.limit import best_batch, forwards
from benchmarks.peers import Peer
from benchmarks.timing import Work
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.superpixels import Grid
from xaivision.explainers.kernel_shap import KernelShap

EVALUATIONS, QUICK_EVALUATIONS = 512, 160
SIDE = 6
TARGET = 282
KERNEL, PARTITION = "shap, kernel", "shap, partition"
CONTEST = Contest(
    "shapley_images",
    "Shapley values of a photo",
    f"{EVALUATIONS} evaluations, {SIDE * SIDE} segments, EfficientNet-Lite0, one photo of 224 pixels, against as many forward "
    "passes; shap's kernel explainer gets our segments, its partition explainer cuts its own and blurs",
    "ours at most 1.10; shap 2.3 times our time",
)


def main(quick: bool = False) -> list[list[object]]:
    photo, model = photo_and_model()
    budget = QUICK_EVALUATIONS if quick else EVALUATIONS
    batch = best_batch(forwards, model, photo, 64)
    contestants = {
        LIMIT: lambda: forwards(model, photo, budget, batch),
        OURS: lambda: KernelShap(budget=budget, segments=Grid(SIDE, SIDE), adjust=False).explain(model, photo, TARGET),
        **{name: Peer("shapley_images", CONTEST.name, name, quick=quick) for name in (KERNEL, PARTITION)},
    }
    return hold(CONTEST, contestants, rounds=1 if quick else 2)


def peer(_contest: str, name: str, quick: bool) -> Work:
    """shap as its documentation uses it: pictures of 8 bits, and a function that makes them the network's inputs."""
    photo, model = photo_and_model()
    model.model.eval()
    budget = QUICK_EVALUATIONS if quick else EVALUATIONS
    return _kernel(photo, model, budget) if name == KERNEL else _partition(photo, model, budget)


def _kernel(photo: Tensor, model: TorchClassifier, budget: int) -> Work:
    picture = (photo[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    labels = Grid(SIDE, SIDE).labels(photo[0]).numpy()

    def scores(masks: "np.ndarray") -> "np.ndarray":
        found = []
        for start in range(0, len(masks), 16):
            batch = np.stack([np.where((mask[labels] > 0.5)[..., None], picture, 0) for mask in masks[start : start + 16]])
            found.append(_asked(model, batch)[:, TARGET])
        return np.concatenate(found)

    explainer = shap.KernelExplainer(scores, np.zeros((1, SIDE * SIDE)))
    return lambda: explainer.shap_values(np.ones((1, SIDE * SIDE)), nsamples=budget, l1_reg=0, silent=True)


def _partition(photo: Tensor, model: TorchClassifier, budget: int) -> Work:
    picture = (photo[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    explainer = shap.Explainer(lambda batch: _asked(model, batch), shap.maskers.Image("blur(32,32)", picture.shape))
    return lambda: explainer(picture[None], max_evals=budget, batch_size=50, outputs=[TARGET], silent=True)


def _asked(model: TorchClassifier, batch: "np.ndarray") -> "np.ndarray":
    with torch.no_grad():
        inputs = torch.from_numpy(np.asarray(batch, dtype=np.float32) / 255).permute(0, 3, 1, 2)
        return model.model(model.prepared(inputs)).numpy()
