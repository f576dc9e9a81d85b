"""LIME on sonar pictures by how it is set: segmentation x what hides x fit x what its best segments are worth; the docs show it.

The table of the study of arXiv:2408.12837 in miniature, done anew on generated pictures, on its own six classes and on drowned
victims, with a linear layer on frozen features for each real set. `python -m benchmarks sonar_segmentations` goes on where it was
stopped. XAIVISION_DATA names the folder that holds `sonar_images`; without it, the generated pictures alone are measured.
"""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.sonar_sets import SETS, SonarSet
from xaivision.core.progress import track
from xaivision.core.random import generator
from xaivision.core.sharing import sharing
from xaivision.engines.baselines import reference_inputs
from xaivision.engines.removals import segment_means
from xaivision.engines.superpixels import Quickshift, Segmenter, Slic
from xaivision.explainers.lime_image import LimeImage

RESULT = Path(__file__).resolve().parents[1] / "docs" / "results" / "sonar_segmentations.json"
PICTURES = {"simulated": 25, "six_classes": 20, "victims": 20}
# Real pictures are this small, so that so many of them take minutes: each is one of 600 passes of a network, twelve times.
SIDE = 64
SEGMENTATIONS: dict[str, Segmenter] = {
    "quickshift(4, 200, 0.2)": Quickshift(),
    "quickshift, tuned": Quickshift(),
    "SLIC 50": Slic(count=50),
    "SLIC 100": Slic(count=100),
}
FILLS = ("segment_mean", "black", "seabed")
# What the study compares comes first, so that whoever stops early has it of every set.
FIRST = (("SLIC 100", "black"), ("SLIC 100", "seabed"), ("quickshift(4, 200, 0.2)", "segment_mean"), ("SLIC 50", "segment_mean"))
BUDGET, TOP, DRAWS, SEEDS = 300, 5, 10, 2


def main(quick: bool = False) -> None:
    found = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() and not quick else {"sets": {}, "rows": []}
    done = {(row["set"], row["segmentation"], row["fill"]) for row in found["rows"]}
    ways = [(way, fill) for way in SEGMENTATIONS for fill in FILLS]
    for way, fill in sorted(ways, key=lambda one: one not in FIRST)[: 1 if quick else None]:
        for name in PICTURES if "XAIVISION_DATA" in os.environ else ("simulated",):
            if (name, way, fill) not in done:
                found["sets"][name] = {
                    "side": _set(name).data.inputs.shape[-1],
                    "balanced_accuracy": _set(name).balanced_accuracy,
                }
                told = measured(_set(name), way, fill, 3 if quick else PICTURES[name])
                found["rows"].append({"set": name, "segmentation": way, "fill": fill, **told})
                print(found["rows"][-1], flush=True)
                if not quick:
                    RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


@cache
def _set(name: str) -> SonarSet:
    """Trained once in a run."""
    return SETS[name]() if name == "simulated" else SETS[name](SIDE)


def measured(chosen: SonarSet, way: str, fill: str, most: int) -> dict[str, Any]:
    """Means over the first pictures that the model is right about."""
    parts = []
    for row in track(_spread(chosen, most), f"{way}, {fill}"):
        picture = chosen.data.inputs[row : row + 1]
        mask = None if chosen.masks is None else chosen.masks[(chosen.rows == row).nonzero().flatten()[0]]
        parts.append(of_one(chosen, picture, mask, way, fill))
    told = {name: _mean([part[name] for part in parts]) for name in parts[0]}
    return {**told, "pictures": len(parts)}


def of_one(chosen: SonarSet, picture: Tensor, mask: Tensor | None, way: str, fill: str) -> dict[str, float]:
    """What LIME's answer on one picture is worth, by two seeds."""
    labels = segments_of(way, picture[0])
    method = LimeImage(segments=labels, baseline=fill, budget=max(BUDGET, int(labels.max()) + 3))
    with sharing():
        answers = [method.explain(chosen.model, picture, seed=seed) for seed in range(SEEDS)]
    worth = [_worth(one.feature_values[0], labels) for one in answers]
    top = [one.argsort(descending=True)[:TOP] for one in worth]
    hidden = _hidden(fill, picture, labels)
    random = [torch.randperm(int(labels.max()) + 1, generator=generator(draw, "random five"))[:TOP] for draw in range(DRAWS)]
    target = int(answers[0].query.targets[0])
    fit = answers[0].diagnostics.local_fit
    assert fit is not None
    return {
        "segments": float(int(labels.max()) + 1),
        "fit": float(fit[0]),
        "top_drop": _drop(chosen, picture, hidden, labels, top[:1], target),
        "random_drop": _drop(chosen, picture, hidden, labels, random, target),
        "inside": float("nan") if mask is None else float(mask[torch.isin(labels, top[0])].double().mean()),
        "area": float("nan") if mask is None else float(mask.double().mean()),
        "repeatable": len(set(top[0].tolist()) & set(top[1].tolist())) / len(top[0]),
    }


def segments_of(way: str, picture: Tensor) -> Tensor:
    """The label map; lime's quickshift as it comes, and once more tuned where it is degenerate."""
    segmenter = SEGMENTATIONS[way]
    labels = segmenter.labels(picture)
    if way.endswith("tuned"):
        again = segmenter.retuned(picture, int(labels.max()) + 1)
        labels = labels if again is None else again.labels(picture)
    if int(labels.max()) == 0:  # a single segment cannot be compared with any: its first pixel is made another
        labels = labels.clone()
        labels[0, 0] = 1
    return labels


def _worth(values: Tensor, labels: Tensor) -> Tensor:
    return torch.zeros(int(labels.max()) + 1, dtype=torch.float64).index_add_(0, labels.flatten(), values.flatten().double())


def _hidden(fill: str, picture: Tensor, labels: Tensor) -> Tensor:
    if fill == "segment_mean":
        return segment_means(picture[0], labels)
    return reference_inputs(fill, picture, generator(0, "hidden"))[0]


def _drop(chosen: SonarSet, picture: Tensor, hidden: Tensor, labels: Tensor, sets: list[Tensor], target: int) -> float:
    """The mean fall of the target's probability where these segments are hidden."""
    versions = torch.stack([torch.where(torch.isin(labels, one), hidden, picture[0]) for one in sets])
    chances = chosen.model(torch.cat([picture, versions])).double().softmax(1)[:, target]
    return float((chances[0] - chances[1:]).mean())


def _spread(chosen: SonarSet, most: int) -> list[int]:
    """Rows, as many of each class as there are, in the order of the set."""
    rows: dict[int, list[int]] = {}
    for row in chosen.rows.tolist():
        rows.setdefault(int(chosen.data.targets[row]), []).append(row)
    turns = [row for turn in range(most) for mine in rows.values() for row in mine[turn : turn + 1]]
    return sorted(turns[:most])


def _mean(values: list[float]) -> float | None:
    known = torch.tensor(values, dtype=torch.float64)
    mean = float(known.nanmean())
    return None if mean != mean else mean


if __name__ == "__main__":
    main()
