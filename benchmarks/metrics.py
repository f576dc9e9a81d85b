"""Metrics on one photo and one map, beside Quantus and the forward passes that they need.

Quantus is a peer for development only (its license is the GPL): it takes part where it can be imported, as the group `quantus` of
pyproject.toml installs it.
"""

from importlib.util import find_spec

import numpy as np
import torch
from torch import Tensor

from benchmarks.contest import LIMIT, OURS, Contest, hold, photo_and_model
from benchmarks.limit import best_batch, forwards
from benchmarks.networks import InPixels
from benchmarks.peers import Peer
from benchmarks.timing import Work
from xaivision.core.attribution import Attribution
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.registry import metric
from xaivision.explainers.registry import explainer

TARGET = 282  # a cat: what EfficientNet-Lite0 names first
STEPS, RUNS = 64, 128
QUANTUS = "Quantus"
METRICS = {
    "deletion": (STEPS + 1, f"Deletion with {STEPS} steps"),
    "faithfulness_correlation": (RUNS + 1, f"Faithfulness correlation with {RUNS} sets"),
}


def main(quick: bool = False) -> list[list[object]]:
    photo, model = photo_and_model()
    rows = []
    for name, (passes, title) in METRICS.items():
        contest = Contest(
            name,
            title,
            f"EfficientNet-Lite0, one photo of 224 pixels, against {passes} forward passes",
            "ours at most 1.10",
        )
        batch = best_batch(forwards, model, photo, passes)
        contestants: dict[str, Work | Peer] = {
            LIMIT: lambda count=passes, size=batch: forwards(model, photo, count, size),
            OURS: _ours(name, model, map_of(model)),
        }
        if find_spec("quantus") is not None:
            contestants[QUANTUS] = Peer("metrics", name, QUANTUS, quick=quick)
        else:
            print("Quantus is not installed (uv pip install --group quantus): it does not take part.")
        rows += hold(contest, contestants, rounds=1 if quick else 3)
    return rows


def values_like(photo: Tensor) -> Tensor:
    """Values that all differ: what a map shows does not matter to what it costs to judge it."""
    return torch.randn(photo.shape, generator=torch.Generator().manual_seed(0))


def map_of(model: TorchClassifier) -> Attribution:
    photo, _ = photo_and_model()
    asked = explainer("integrated_gradients", baseline="black", steps=2).explain(model, photo, TARGET)
    return asked.with_values(values_like(photo))


def _ours(name: str, model: TorchClassifier, map_: Attribution) -> Work:
    settings = {"steps": STEPS} if name == "deletion" else {"budget": RUNS, "baseline": "black"}
    judge = metric(name, **settings)
    return lambda: judge.evaluate(model, map_)


def peer(contest: str, _name: str, _quick: bool) -> Work:
    """What the process of Quantus runs: the same map, as many steps or sets, black for what is replaced."""
    import quantus

    photo, model = photo_and_model()
    values = values_like(photo).numpy()
    pixels = photo.shape[-1] * photo.shape[-2]
    common = {"normalise": False, "abs": False, "perturb_baseline": 0.0, "disable_warnings": True}
    if contest == "deletion":
        judge = quantus.PixelFlipping(features_in_step=pixels // STEPS, **common)
    else:
        judge = quantus.FaithfulnessCorrelation(nr_runs=RUNS, subset_size=pixels // 5, **common)
    network = InPixels(model).eval()
    return lambda: judge(
        model=network, x_batch=photo.numpy(), y_batch=np.array([TARGET]), a_batch=values, softmax=True, channel_first=True
    )
