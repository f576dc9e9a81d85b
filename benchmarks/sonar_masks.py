"""How much of each method's map lies on the target of real sonar pictures, beside controls; the docs show it.

Every drowned victim with a mask (an effigy on the river bed) and a crop around every piece of debris in the water-tank frames
with masks. Maps of what was learned from could be right by heart: each picture is explained by that of five linear layers on
EfficientNet-Lite0's features which learned from the other folds. All maps are of the class that the picture shows, whether it is
named rightly or not; the rightly named ones are counted once more alone. `python -m benchmarks sonar_masks` goes on where it was
stopped. XAIVISION_DATA names the folder that holds `sonar_images`. Where XAIVISION_PAGES names a folder, maps of four pictures of
each set are drawn there, beside their masks, and nothing is measured.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.sonar_sets import FOLDS, SETS, SonarSet, in_folds
from xaivision.core.bootstrap import mean_interval
from xaivision.core.progress import track
from xaivision.core.protocols import Explainer
from xaivision.core.sharing import sharing
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.localization import mass_accuracy, pointing_hits, top_share
from xaivision.engines.superpixels import Slic
from xaivision.evaluation.comparison import Plan, compare
from xaivision.explainers.registry import explainer
from xaivision.report.figure import write_figures
from xaivision.report.scene_picture import scenes_png

RESULT = Path(__file__).resolve().parents[1] / "docs" / "results" / "sonar_masks.json"
NAMES = ("victims", "debris")
# So many pictures by so many methods take minutes at this size. Maps of a layer have 2 x 2 cells then: they are asked for at
# twice the size as well.
SIDE = 64
SIDES = {f"{name}, 128 pixels": 128 for name in ("grad_cam", "hires_cam", "layer_cam")}
# How many pictures are drawn.
SHOWN = 4
SEGMENTS, BUDGET = Slic(count=30), 64
# A regression of Shapley values needs four coalitions a segment.
PLAYERS, COALITIONS = Slic(count=16), 96
SCORES = ("mass", "rank", "pointing")
# Those that take most passes last, so that whoever stops early has the others of both sets.
METHODS: dict[str, dict[str, Any]] = {
    "random": {},
    "sobel": {},
    "center_gaussian": {},
    "input_magnitude": {},
    "grad_cam": {},
    "hires_cam": {},
    "layer_cam": {},
    "saliency": {},
    "input_x_gradient": {},
    "layerwise_relevance": {},
    "smooth_grad": {"samples": 10},
    "integrated_gradients": {"steps": 20},
    "occlusion": {"window": 16, "stride": 8},
    "lime_image, seabed": {"segments": SEGMENTS, "budget": BUDGET, "baseline": "seabed"},
    "lime_image": {"segments": SEGMENTS, "budget": BUDGET, "baseline": "black"},
    **{label: {} for label in SIDES},
    "kernel_shap, seabed": {"segments": PLAYERS, "budget": COALITIONS, "baseline": "seabed"},
    "kernel_shap": {"segments": PLAYERS, "budget": COALITIONS, "baseline": "black"},
    "rise": {"budget": BUDGET},
}


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture (1, C, H, W) of the class `target` (1,), where its target lies (1, H, W), and a model that did not learn from it.

    `right`: whether the model names it rightly.
    """

    model: TorchClassifier
    inputs: Tensor
    target: Tensor
    mask: Tensor
    right: bool


def main(quick: bool = False) -> None:
    if pages := os.environ.get("XAIVISION_PAGES"):
        for name in NAMES:
            draw(SETS[name](), Path(pages) / f"masks_{name}")
        return
    known = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() and not quick else {}
    asked = {"side": SIDE, "folds": FOLDS}
    found = known if asked == {name: known.get(name) for name in asked} else {**asked, "sets": {}}
    for method in list(METHODS)[: 1 if quick else None]:
        for name in NAMES:
            told = found["sets"].setdefault(name, {"rows": []})
            if method in {row["method"] for row in told["rows"]}:
                continue
            row = measured(method, _pictures(name, SIDES.get(method, SIDE))[: 2 if quick else None])
            told |= {**_about(name), "rows": [*told["rows"], row]}
            print(name, told["rows"][-1], flush=True)
            if not quick:
                RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


@cache
def _sets(name: str, side: int) -> list[SonarSet]:
    """Trained once in a run."""
    return in_folds(name, side)


@cache
def _pictures(name: str, side: int) -> list[Picture]:
    return [picture for one in _sets(name, side) for picture in _pictures_of(one)]


def _pictures_of(one: SonarSet) -> list[Picture]:
    assert one.masks is not None
    inputs, targets = one.data.inputs[one.rows].split(1), one.data.targets[one.rows].split(1)
    right = (one.model(one.data.inputs[one.rows]).argmax(1) == one.data.targets[one.rows]).tolist()
    parts = zip(inputs, targets, one.masks.split(1), right, strict=True)
    return [Picture(one.model, picture, target, mask, hit) for picture, target, mask, hit in parts]


def _about(name: str) -> dict[str, Any]:
    """Of so many pictures with a mask; the accuracy is over classes without one, too."""
    sets, pictures = _sets(name, SIDE), _pictures(name, SIDE)
    return {
        "pictures": len(pictures),
        "right": sum(one.right for one in pictures),
        "classes": len(sets[0].data.class_names),
        "balanced_accuracy": sum(one.balanced_accuracy for one in sets) / FOLDS,
        "area": float(torch.cat([one.mask for one in pictures]).double().mean()),
    }


def measured(label: str, pictures: Sequence[Picture]) -> dict[str, Any]:
    """Means over the pictures with their intervals, and of the rightly named; how many verdicts were not ok."""
    parts = [of_one(label, picture) for picture in track(pictures, label)]
    columns = {name: torch.tensor([part[name] for part in parts], dtype=torch.float64) for name in SCORES}
    right = torch.tensor([one.right for one in pictures])
    return {
        "method": label,
        "control": _explainer(label).about.control,
        **{name: _told(column) for name, column in columns.items()},
        "named_rightly": {name: float(column[right].nanmean()) for name, column in columns.items()},
        "doubted": sum(part["doubted"] for part in parts),
    }


def _told(column: Tensor) -> dict[str, Any]:
    return {"mean": float(column.nanmean()), "interval": list(mean_interval(column))}


def _explainer(label: str) -> Explainer:
    return explainer(label.split(",")[0], **METHODS[label])


def of_one(label: str, picture: Picture) -> dict[str, Any]:
    """Where the method's map of the picture lies."""
    with sharing():
        answer = _explainer(label).explain(picture.model, picture.inputs, picture.target, seed=0)
    one = answer.as_attribution()
    values = one.feature_values.abs() if one.kind == "slope" else one.feature_values
    return {
        "mass": float(mass_accuracy(values, picture.mask)),
        "rank": float(top_share(values, picture.mask, picture.mask.flatten(1).sum(1))),
        "pointing": float(pointing_hits(values, picture.mask)),
        "doubted": answer.verdict.status != "ok",
    }


def draw(chosen: SonarSet, folder: Path) -> None:
    """A figure of every method on each of the first pictures, and one of their masks: for the eyes of whoever has the data."""
    assert chosen.masks is not None
    folder.mkdir(parents=True, exist_ok=True)
    rows = chosen.rows[:SHOWN]
    kinds = {label: _explainer(label) for label in METHODS if label not in SIDES}
    methods = {label: kind for label, kind in kinds.items() if not kind.about.control}
    plan = Plan(explainers=methods, controls={label: kind for label, kind in kinds.items() if kind.about.control}, metrics={})
    compared = compare(chosen.model, chosen.data.inputs[rows], None, plan)
    write_figures(compared, folder, [f"picture_{place}" for place in range(len(rows))])
    masks = [{"target": mask} for mask in chosen.masks[:SHOWN]]
    (folder / "masks.png").write_bytes(scenes_png(chosen.data.inputs[rows], masks))


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    main()
