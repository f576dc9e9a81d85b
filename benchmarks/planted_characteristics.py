"""What prototypes rest on where it is planted, the hue or the texture of a square: mean scores of five trainings of each.

`python -m benchmarks planted_characteristics`: two minutes on one core. Strengths of the changes are the paper's, but of pictures
as small as these waves are smaller, and texture is smoothed more, which has more noise here than photos have. Pictures are those
of the training part. Rows that the result file holds are kept: what is to be
measured anew is deleted there.
"""

import json
from pathlib import Path
from typing import Any

from xaivision.core.origin import library_versions
from xaivision.data.planted_properties import load
from xaivision.engines.prototypes.picture_changes import CHANGES
from xaivision.explainers.prototypes.characteristics import explain_prototypes
from xaivision.models.transfer import train

RESULT = Path(__file__).resolve().parents[1] / "docs" / "results" / "planted_characteristics.json"
SETTINGS = {"model": "proto_part", "backbone": "three_convolutions", "width": 32, "per_class": 3, "batch_size": 32}
COUNT, SEEDS = 300, 5


def main(quick: bool = False) -> dict[str, Any]:
    """The whole result, written where it is not `quick`; a quick one is of one short training of each."""
    settings = {**SETTINGS, "epochs": 2, "cycles": 1} if quick else SETTINGS
    seeds = range(1 if quick else SEEDS)
    found: dict[str, Any] = {"count": COUNT, "settings": SETTINGS, "changes": list(CHANGES), "versions": dict(library_versions())}
    kept = [] if quick or not RESULT.is_file() else json.loads(RESULT.read_text(encoding="utf-8"))["rows"]
    known = {(one["planted"], one["seed"]): one for one in kept}
    asked = [(planted, seed) for planted in ("hue", "texture") for seed in seeds]
    found["rows"] = [known.get(one) or row(*one, settings) for one in asked]
    if not quick:
        RESULT.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return found


def row(planted: Any, seed: int, settings: dict[str, Any]) -> dict[str, Any]:
    """One training: its accuracy, the score of each change in the mean over prototypes, its size in that over pictures."""
    dataset = load("planted_properties", count=COUNT, planted=planted)
    model = train(dataset, seed=seed, **settings)
    why = explain_prototypes(model.classifier, dataset.train[0])
    each = {
        "planted": planted,
        "seed": seed,
        "accuracy": model.card.scores.accuracy,
        "scores": why.overall.nanmean(0).tolist(),
        "sizes": why.sizes.mean(0).tolist(),
        "classes": [why.overall[why.owners == label].nanmean(0).tolist() for label in range(len(dataset.class_names))],
    }
    print(each, flush=True)
    return each
