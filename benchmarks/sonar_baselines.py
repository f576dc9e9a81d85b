"""What stands in for absent parts of a sonar picture, and how far it leads off the data; the docs show it.

Half of each picture goes, pixel by pixel as in `evaluation/audit/removal_shift.py`, and in blocks of an eighth of the side, which
is how segments go. `python -m benchmarks sonar_baselines` goes on where it stopped. XAIVISION_DATA names the folder that holds
`sonar_images`; without it, the generated pictures alone are measured.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.sonar_sets import SETS, SonarSet
from xaivision.core.bootstrap import interval_of, resample_counts
from xaivision.core.random import generator
from xaivision.engines.baselines import reference_inputs
from xaivision.engines.neighbors import nearest
from xaivision.engines.two_samples import weighted_auc, win_shares
from xaivision.evaluation.audit.used_removals import Remove, imputing, replacing

RESULT = Path(__file__).resolve().parents[1] / "docs" / "results" / "sonar_baselines.json"
NAMES = ("black", "mean", "blur", "noise", "imputed", "seabed")
INPUTS, REFERENCES, BLOCKS, VERSIONS = 80, 300, 8, 2


def main(quick: bool = False) -> None:
    found = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() and not quick else {"rows": []}
    done = {row["set"] for row in found["rows"]}
    for name in ("simulated", "six_classes", "victims") if "XAIVISION_DATA" in os.environ else ("simulated",):
        if name not in done:
            found["rows"] += measured(name, SETS[name](), 8 if quick else INPUTS)
            print(found["rows"][-len(NAMES) :], flush=True)
            if not quick:
                RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def measured(name: str, chosen: SonarSet, most: int) -> list[dict[str, Any]]:
    """A row for each way to fill, on test pictures of all classes, with training pictures for reference."""
    order = torch.randperm(len(chosen.data.split.test), generator=generator(0, "inputs"))[:most]
    inputs = chosen.data.test.inputs[order]
    reference = chosen.data.train.inputs[torch.randperm(len(chosen.data.split.train), generator=generator(0, "reference"))]
    reference = reference[:REFERENCES]
    removals = {fill: _removal(fill, inputs) for fill in NAMES}
    pixels = torch.stack([_half(torch.arange(inputs[0, 0].numel()), version) for version in range(VERSIONS)])
    blocks = torch.stack([_half(_blocks(inputs.shape[-1]), version) for version in range(VERSIONS)])
    told = {
        "pixels": _shifts(chosen, inputs, removals, pixels, reference),
        "blocks": _shifts(chosen, inputs, removals, blocks, reference),
    }
    return [
        {"set": name, "fill": fill, "inputs": len(inputs), **{way: found[fill] for way, found in told.items()}} for fill in NAMES
    ]


def _removal(fill: str, inputs: Tensor) -> Remove:
    if fill == "imputed":
        return imputing(inputs, 0)
    return replacing(inputs, reference_inputs(fill, inputs, generator(0, "fill")))


def _shifts(
    chosen: SonarSet, inputs: Tensor, removals: Mapping[str, Remove], gone: Tensor, reference: Tensor
) -> dict[str, dict[str, Any]]:
    """By the name of each fill: the AUC of the model's doubt as `removal_shift` has it, and how much farther the data are."""
    originals, own = _entropy(chosen, inputs), _far(inputs, reference)
    weights, numbers = resample_counts(len(inputs)), torch.arange(len(inputs))
    found = {}
    for fill, remove in removals.items():
        versions = [remove(numbers, one.expand(len(inputs), -1)) for one in gone]
        wins = win_shares(torch.stack([_entropy(chosen, one) for one in versions], 1), originals)
        far = torch.stack([_far(one, reference) for one in versions]).mean(0)
        interval = interval_of(weighted_auc(wins, weights))
        found[fill] = {"auc": float(wins.mean()), "interval": list(interval), "ratio": float(far.sum() / own.sum())}
    return found


def _half(numbers: Tensor, version: int) -> Tensor:
    """(P,) bool: the positions of a random half of the numbers."""
    count = int(numbers.max()) + 1
    chosen = torch.zeros(count, dtype=torch.bool)
    chosen[torch.randperm(count, generator=generator(0, "half", version))[: count // 2]] = True
    return chosen[numbers]


def _blocks(side: int) -> Tensor:
    """(side * side,) the number of the block of each position."""
    places = torch.arange(side) * BLOCKS // side
    return (places[:, None] * BLOCKS + places).flatten()


def _far(inputs: Tensor, reference: Tensor) -> Tensor:
    """(n,) distance to the nearest reference."""
    return nearest(inputs.flatten(1).double(), reference.flatten(1).double(), 1)[1][:, 0]


def _entropy(chosen: SonarSet, inputs: Tensor) -> Tensor:
    return torch.special.entr(chosen.model(inputs).double().softmax(1)).sum(1)


if __name__ == "__main__":
    main()
