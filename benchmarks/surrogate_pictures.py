"""Surrogates of a picture model over numbers with names: trees for EfficientNet-Lite0 on simulated sonar."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks.contest import Contest, write
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.dataset import Dataset
from xaivision.data.registry import load_dataset
from xaivision.models.frozen_features import network_of
from xaivision.models.transfer import train
from xaivision.surrogate_making import surrogate
from xaivision.surrogates.likeness_reading import likenesses
from xaivision.surrogates.picture_reading import concept_scores, grid_statistics
from xaivision.surrogates.reading import Measured
from xaivision.surrogates.segment_reading import segment_statistics

PICTURES, QUICK_PICTURES, SIDE, READ, EXAMPLES = 200, 60, 96, 8, 6
PENALTY = 10.0
CONTEST = Contest(
    "surrogate_pictures",
    "Surrogates of a picture model",
    f"EfficientNet-Lite0 with a linear layer, trained on {PICTURES} simulated sonar pictures of {SIDE} pixels in five classes; "
    f"a tree of depth 5 over the best {READ} of the numbers that are read, by mutual information. Agreement with the network on "
    "pictures that nothing was learned from, beside that of as many numbers drawn at random; R2 of its probabilities; accuracy "
    "of both",
    "fidelity with its limits, for each way to read a picture",
)
COLUMNS = ["read", "numbers", "agreement", "random numbers", "R2", "tree", "network", "first question"]


class Features(nn.Module):
    """(B, C, H, W) pictures in [0, 1] to (B, D): what the model's linear layer is given."""

    def __init__(self, model: TorchClassifier) -> None:
        super().__init__()
        self.classifier = model

    def forward(self, pictures: Tensor) -> Tensor:
        with self.classifier.held(), torch.no_grad():
            network = network_of(self.classifier)
            return torch.cat([network.features(self.classifier.prepared(part)) for part in pictures.split(16)])


def main(quick: bool = False) -> list[list[object]]:
    data = load_dataset("sonar_simulator", count=QUICK_PICTURES if quick else PICTURES, size=SIDE)
    model = train(data).classifier
    rows: list[list[object]] = []
    for name, make in readings(data, model).items():
        reading = make()
        study = surrogate(model, data, k=READ, reading=reading, draws=10, resamples=2)
        found = study.fidelity
        numbers = (found.agreement, study.random.agreement, found.r2, found.accuracy, found.black_box_accuracy)
        tree = study.surrogate.tree
        rows.append([name, len(reading.names), *(f"{one.value:.3f}" for one in numbers), reading.names[int(tree.feature[0])]])
        print("surrogate_pictures:", *rows[-1], flush=True)
        if not quick:
            write(CONTEST, COLUMNS, rows)
    return rows


def readings(data: Dataset, model: TorchClassifier) -> dict[str, Callable[[], Measured]]:
    """Ways to read a picture, each made of the pictures to learn from alone."""
    seen = Features(model)
    return {
        "statistics of a 3 x 3 grid": lambda: grid_statistics(1),
        "statistics of 40 superpixels": segment_statistics,
        "likeness to six pictures of each class": lambda: like_examples(data, seen),
        "four concepts": lambda: concepts(data, seen),
    }


def like_examples(data: Dataset, seen: nn.Module) -> Measured:
    """The first pictures of each class among those to learn from."""
    rows, targets = data.train
    chosen = [number for label in range(len(data.class_names)) for number in (targets == label).nonzero().flatten()[:EXAMPLES]]
    names = [f"like {data.class_names[int(targets[number])]}, training picture {int(number)}" for number in chosen]
    return likenesses(names, seen, rows[torch.stack(chosen)])


def concepts(data: Dataset, seen: nn.Module) -> Measured:
    """Directions in the network's own features along which sizes grow that the simulator knows, by ridge regression."""
    assert data.masks is not None
    features = seen(data.train.inputs).double()
    shadow, target = (data.masks[name][data.split.train].double() for name in ("shadow", "target"))
    lines = torch.linspace(0, 1, shadow.shape[1], dtype=torch.float64)
    values = torch.stack(
        [
            target.mean((1, 2)),
            shadow.mean((1, 2)),
            (shadow.sum(2) > 0).double().mean(1),
            (target.mean(2) * lines).sum(1) / target.mean(2).sum(1).clamp_min(1e-9),
        ],
        1,
    )
    centered, wanted = features - features.mean(0), (values - values.mean(0)) / values.std(0)
    gram = centered.T @ centered + PENALTY * len(features) * torch.eye(features.shape[1], dtype=torch.float64)
    directions = torch.linalg.solve(gram, centered.T @ wanted).T
    return concept_scores(
        ["size of the target", "size of the shadow", "height of the shadow", "place of the target"], seen, directions
    )
