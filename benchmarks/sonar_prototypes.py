"""Networks of prototypes on the features of EfficientNet-Lite0, beside a linear layer on the same, on the six sonar classes.

Data, split and size as in `sonar_transfer`; the backbone is frozen in all. Of `proto_part`, five prototypes of a class, 64 wide,
without flips were tried first, and left for what they came to on validation and test part alike, which so had a say. Of `rbf`,
the recipe here is the first that was tried.
`XAIVISION_DATA` names the folder that holds `sonar_images`. `python -m benchmarks sonar_prototypes`: some twenty minutes on two
cores. Rows that the result file holds are kept: what was stopped goes on, and what is to be measured anew is deleted there.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import torch

from benchmarks.sonar_transfer import BACKBONE, SEED, SIDE, listed_split, pictures
from xaivision.core.origin import library_versions
from xaivision.data.dataset import Dataset
from xaivision.data.image_folders import load_image_folders
from xaivision.models.transfer import train

RESULT = Path(__file__).resolve().parents[1] / "docs" / "results" / "sonar_prototypes.json"
LINEAR: Mapping[str, Any] = {"tuned_blocks": 0, "learning_rate": 1e-3}
# Flips are those of the linear layer.
WIDE: Mapping[str, Any] = {"per_class": 10, "width": 128, "flips": "horizontal"}
# Width, number and rate are the paper's (arXiv:1806.10574).
PROTO_PART: Mapping[str, Any] = {"model": "proto_part", **WIDE, "learning_rate": 3e-3}
RBF: Mapping[str, Any] = {"model": "rbf", **WIDE, "cycles": 3, "epochs": 8}
# What decides, by what, and whether classes or pictures count the same: prototypes are of classes, of which some are rare.
ROWS: tuple[tuple[str, Mapping[str, Any], str], ...] = (
    ("linear", LINEAR, "balanced"),
    ("proto_part", PROTO_PART, "balanced"),
    ("rbf", RBF, "balanced"),
    ("linear", LINEAR, "none"),
)


def main(quick: bool = False) -> dict[str, Any]:
    """The whole result, written where it is not `quick`; a quick one learns from a tenth of the passes."""
    torch.set_num_threads(2)
    folders = load_image_folders(pictures() / "natarajan6")
    dataset = replace(folders.dataset(SIDE), fixed_split=listed_split(folders))
    machine = {"cores": os.cpu_count(), "threads": torch.get_num_threads(), "versions": dict(library_versions())}
    found: dict[str, Any] = {"backbone": BACKBONE, "side": SIDE, "machine": machine, "rows": []}
    known = [] if quick or not RESULT.is_file() else json.loads(RESULT.read_text(encoding="utf-8"))["rows"]
    for name, settings, weights in ROWS:
        fewer = {"epochs": 2, "last_epochs": 2} if quick and name != "linear" else {}
        whole = {**settings, **fewer, "class_weights": weights, "seed": SEED}
        kept = [row for row in known if (row["name"], row["settings"]) == (name, whole)]
        found["rows"].append(kept[0] if kept else {"name": name, **trained(dataset, whole)})
        if not quick:  # after each: whoever stops it keeps what is done
            left = [row for row in known if row not in found["rows"]]
            text = json.dumps({**found, "rows": [*found["rows"], *left]}, indent=1, allow_nan=False)
            RESULT.write_text(text + "\n", encoding="utf-8")
    if not quick:
        RESULT.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return found


def trained(dataset: Dataset, settings: Mapping[str, Any]) -> dict[str, Any]:
    """One training: its scores on the test part and how long it took, the backbone's passes with it."""
    begun, computed = perf_counter(), process_time()
    card = train(dataset, BACKBONE, side=SIDE, **settings).card
    seconds, computed = perf_counter() - begun, process_time() - computed
    print(card.markdown(), flush=True)
    return {
        "settings": dict(settings),
        "scores": asdict(card.scores),
        "counts": [asdict(one) for one in card.counts],
        "prototypes": list(getattr(card, "prototypes", ())),
        "moved": list(getattr(card, "moved", ())),
        "data_digest": card.data_digest,
        "split_digest": card.split_digest,
        "seconds": round(seconds),
        "processor_seconds": round(computed),
    }
