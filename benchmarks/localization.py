"""How much of each method's map lies on the object that the model names, on real photos with outlined objects.

The photos (92 of COCO 2017, of which 32 show an object of the class that EfficientNet-Lite0 names first) are not part of this
repository: the environment variable XAIVISION_DATA names the folder that holds `localisation`. `python -m benchmarks
localization` measures anew what the page on gradient methods shows; that takes most of an hour. `main(only=...)` measures
the named methods alone and keeps what is known of the others.
"""

import csv
import json
import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from benchmarks.contest import photo_and_model
from xaivision.core.progress import track
from xaivision.core.protocols import Explainer
from xaivision.core.sharing import sharing
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.fitting import fitted
from xaivision.data.images import load_images
from xaivision.engines.localization import mass_accuracy, pointing_hits
from xaivision.explainers.registry import EXPLAINERS, explainer, missing_settings

RESULT = Path(__file__).resolve().parents[1] / "docs" / "results" / "localization.json"
# Settings that keep the whole to minutes; every other method has its defaults.
SETTINGS: dict[str, dict[str, object]] = {
    "integrated_gradients": {"steps": 64},
    "blur_integrated_gradients": {"steps": 64},
    "occlusion": {"window": 32, "stride": 16},
    "score_cam": {"channels": 64},
}
# So many that the default of 200 samples goes through all of them: nothing is left to chance.
BACKGROUND = 12
WITH_BACKGROUND = ("expected_gradients", "deep_lift_shap")
NOT_ASKED = {
    "captum": "it is no method of its own",
    "nearest_examples": "its maps are of the examples",
}
DRAWS = 10


def main(quick: bool = False, only: Collection[str] = ()) -> list[dict[str, object]]:
    """A row for each method; `quick`: three photos, and nothing is written. `only`: the methods to measure, all if empty."""
    folder = Path(os.environ["XAIVISION_DATA"]) / "localisation"
    _, model = photo_and_model()
    photos, masks = photos_and_masks(folder, model, most=3 if quick else None)
    background = other_photos(folder, model)
    rows = []
    for name in [name for name in EXPLAINERS if name not in NOT_ASKED and (not only or name in only)]:
        given = {"background": background} if name in WITH_BACKGROUND else SETTINGS.get(name, {})
        if missing := missing_settings(EXPLAINERS[name], given):
            print(f"{name}: not asked, it needs {', '.join(missing)}")
            continue
        row = measured(explainer(name, **given), model, photos, masks)
        print(row, flush=True)
        rows += [row] if row is not None else []
    if not quick:
        write(rows, {"photos": len(photos), "area": float(masks.flatten(1).mean())}, only)
    return rows


def write(rows: list[dict[str, object]], about: Mapping[str, object], only: Collection[str]) -> None:
    """The rows, best first, with those of the other methods as they were where only some were measured."""
    known = json.loads(RESULT.read_text(encoding="utf-8"))["rows"] if only else []
    rows = [*rows, *(row for row in known if row["method"] not in only)]
    rows.sort(key=lambda row: float(str(row["pointing"])), reverse=True)
    told = {name: {"background": f"{BACKGROUND} other photos"} for name in WITH_BACKGROUND}
    listed = {str(row["method"]) for row in rows}
    settings = {name: given for name, given in {**SETTINGS, **told}.items() if name in listed}
    RESULT.write_text(json.dumps({**about, "rows": rows, "settings": settings}, indent=1) + "\n", encoding="utf-8")


def other_photos(folder: Path, model: TorchClassifier) -> Tensor:
    """(12, 3, H, W) the first of those photos that no method is asked about."""
    with (folder / "images.csv").open(newline="") as file:
        others = [row["file"] for row in csv.DictReader(file) if not row["lite0_matched_coco_category"]][:BACKGROUND]
    return load_images([folder / name for name in others], model.image_format)


def photos_and_masks(folder: Path, model: TorchClassifier, most: int | None = None) -> tuple[Tensor, Tensor]:
    """Photos (B, 3, H, W) as the model takes them, and where the objects of the named class are, (B, H, W)."""
    with (folder / "images.csv").open(newline="") as file:
        chosen = [row for row in csv.DictReader(file) if row["lite0_matched_coco_category"]][:most]
    with (folder / "segments.csv").open(newline="") as file:
        segments = [row for row in csv.DictReader(file) if row["isthing"] == "1"]
    photos = load_images([folder / row["file"] for row in chosen], model.image_format)
    return photos, torch.stack([_mask(folder, row, segments, model) for row in chosen])


def _mask(folder: Path, photo: dict[str, str], segments: list[dict[str, str]], model: TorchClassifier) -> Tensor:
    wanted = [
        int(one["value"])
        for one in segments
        if one["segments_file"] == photo["segments_file"] and one["category"] == photo["lite0_matched_coco_category"]
    ]
    with Image.open(folder / photo["segments_file"]) as picture:
        numbers = torch.tensor(list(picture.tobytes()), dtype=torch.long).view(picture.height, picture.width)
    assert model.image_format is not None
    inside = torch.isin(numbers, torch.tensor(wanted)).float()
    return fitted(inside[None], replace(model.image_format, channels=1, interpolation="nearest"), "the outline")[0]


def measured(method: Explainer, model: TorchClassifier, photos: Tensor, masks: Tensor) -> dict[str, object] | None:
    """Means over the photos, with how many verdicts were not ok; None where the method does not fit the model."""
    name = method.about.name
    draws = DRAWS if method.about.chance else 1
    hits, mass, doubted = [], [], 0
    for index in track(list(range(len(photos))), name):
        try:
            values, ok = _maps(method, model, photos[index : index + 1], draws)
        except TypeError as refusal:  # a CapabilityError: the method has no rule for this network
            print(f"{name}: {refusal}")
            return None
        here = masks[index : index + 1].expand(draws, -1, -1)
        hits.append(float(pointing_hits(values, here).mean()))
        mass.append(float(mass_accuracy(values, here).nanmean()))
        doubted += not ok
    return {
        "method": name,
        "control": method.about.control,
        "pointing": sum(hits) / len(hits),
        "mass": float(torch.tensor(mass, dtype=torch.float64).nanmean()),
        "doubted": doubted,
    }


def _maps(method: Explainer, model: TorchClassifier, photo: Tensor, draws: int) -> tuple[Tensor, bool]:
    with sharing():
        found = [method.explain(model, photo, seed=seed) for seed in range(draws)]
    answers = [one.as_attribution() for one in found]
    # A slope's sign says in which direction a value would have to move, not for or against what it speaks.
    maps = torch.cat([one.feature_values.abs() if one.kind == "slope" else one.feature_values for one in answers])
    return maps, all(one.verdict.status == "ok" for one in found)
