"""What the boosted trees of kernel SHAP save on photos: its error with them and without, at as many evaluations.

Nothing is timed. There is no truth for fifty segments; the error is how far apart the answers of several seeds are. Both ways
share the coalitions of a seed, and their scores. `python -m benchmarks shapley_photos` takes about ten minutes.
"""

from math import sqrt

import torch
from torch import Tensor

from benchmarks.contest import OURS, Contest, photo_and_model, write
from xaivision.core.progress import track
from xaivision.core.sharing import sharing
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.kernel_shap import KernelShap
from xaivision.facade import load_sample_images

PHOTOS, SEEDS, COUNTS = ("chelsea", "astronaut", "coffee"), 4, (256, 512, 1024)
QUICK_PHOTOS, QUICK_SEEDS, QUICK_COUNTS = ("chelsea",), 2, (256,)
PLAIN, TREES = f"{OURS} kernel_shap, adjust=False", f"{OURS} kernel_shap, adjust=True"
CONTEST = Contest(
    "shapley_photos",
    "Shapley values of photos, by evaluations",
    f"SLIC segments (about 50), EfficientNet-Lite0 on {len(PHOTOS)} photos of 224 pixels, the logit of the predicted class; "
    f"error of one answer as a share of the values, from how far apart those of {SEEDS} seeds are",
    "the boosted trees lower the error",
)


def main(quick: bool = False) -> list[list[object]]:
    """Errors of both ways at each number of evaluations; `quick`: one photo, one number, and nothing is written."""
    _, model = photo_and_model()
    photos = load_sample_images(QUICK_PHOTOS if quick else PHOTOS, model)
    seeds, counts = (QUICK_SEEDS, QUICK_COUNTS) if quick else (SEEDS, COUNTS)
    errors: dict[str, list[list[float]]] = {PLAIN: [], TREES: []}
    for index in track(range(len(photos)), "photos"):
        plain, trees = answers(model, photos[index : index + 1], seeds, counts)
        whole = torch.cat([plain[-1], trees[-1]]).mean(0).norm()
        for name, found in ((PLAIN, plain), (TREES, trees)):
            errors[name].append([float(spread(one) / whole) for one in found])
            print(f"photo {index}, {name}: {[round(error, 3) for error in errors[name][-1]]}", flush=True)
        apart, chance = (plain[-1].mean(0) - trees[-1].mean(0)).norm() / whole, errors[PLAIN][-1][-1] / sqrt(seeds)
        print(f"photo {index}: the means of both are {float(apart):.3f} apart, by chance up to {chance:.3f}", flush=True)
    rows: list[list[object]] = [
        [name, *(f"{sum(one[place] for one in mine) / len(mine):.3f}" for place in range(len(counts)))]
        for name, mine in errors.items()
    ]
    if not quick:
        write(CONTEST, ["method", *(f"{count} evaluations" for count in counts)], rows)
    return rows


def answers(model: TorchClassifier, photo: Tensor, seeds: int, counts: tuple[int, ...]) -> tuple[list[Tensor], list[Tensor]]:
    """For each number of evaluations the values (seeds, M) of the segments, without the trees and with them."""
    found: tuple[list[list[Tensor]], list[list[Tensor]]] = ([[] for _ in counts], [[] for _ in counts])
    for seed in range(seeds):
        with sharing():  # a smaller number of evaluations is the beginning of a larger one
            for place, count in reversed(list(enumerate(counts))):
                for adjust in (False, True):
                    asked = KernelShap(budget=count, adjust=adjust).explain(model, photo, seed=seed)
                    assert asked.players is not None
                    labels = asked.players[0].flatten()
                    sums = torch.zeros(int(labels.max()) + 1, dtype=torch.float64)
                    found[adjust][place].append(sums.index_add(0, labels, asked.values[0].double().flatten()))
    return [torch.stack(one) for one in found[0]], [torch.stack(one) for one in found[1]]


def spread(values: Tensor) -> Tensor:
    """The root of the mean squared distance (seeds, M) of one answer from the mean of all that could be drawn."""
    return (values - values.mean(0)).square().sum(1).sum().div(len(values) - 1).sqrt()
