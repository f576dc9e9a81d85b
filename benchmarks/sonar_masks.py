"""How much of each method's map lies on the target of real sonar pictures, beside controls; the docs show the result.

Drowned victims (masks of an effigy on the river bed) and marine debris (crops of water-tank frames): a linear layer on
EfficientNet-Lite0's features is trained on each. Methods of few passes explain every test picture with a mask that is named
rightly, and all methods the first of these: not those that were learned from, whose maps could be right by heart.
`python -m benchmarks sonar_masks` goes on where it was stopped. XAIVISION_DATA names the folder that holds `sonar_images`. Where
XAIVISION_PAGES names a folder, maps of the first pictures are drawn there, beside their masks, and nothing is measured.
"""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import torch

from benchmarks.sonar_sets import SETS, SIDE, SonarSet
from xaivision.core.bootstrap import mean_interval
from xaivision.core.progress import track
from xaivision.core.sharing import sharing
from xaivision.engines.localization import mass_accuracy, pointing_hits, top_share
from xaivision.engines.superpixels import Slic
from xaivision.evaluation.comparison import Plan, compare
from xaivision.explainers.registry import explainer
from xaivision.report.figure import write_figures
from xaivision.report.scene_picture import scenes_png

RESULT = Path(__file__).resolve().parents[1] / "docs" / "results" / "sonar_masks.json"
# The first pictures, which every method explains.
PICTURES = {"victims": 12, "debris": 9}
DRAWN = 4
SEGMENTS = Slic(count=60)
CHEAP: dict[str, dict[str, Any]] = {
    "random": {},
    "sobel": {},
    "center_gaussian": {},
    "input_magnitude": {},
    "grad_cam": {},
    "hires_cam": {},
    "layer_cam": {},
    "saliency": {},
    "input_x_gradient": {},
    "smooth_grad": {"samples": 16},
    "integrated_gradients": {"steps": 32},
}
DEAR: dict[str, dict[str, Any]] = {
    "occlusion": {"window": 16, "stride": 8},
    "rise": {"budget": 240},
    "lime_image, seabed": {"segments": SEGMENTS, "budget": 300, "baseline": "seabed"},
    "lime_image": {"segments": SEGMENTS, "budget": 300, "baseline": "black"},
    "kernel_shap, seabed": {"segments": SEGMENTS, "budget": 300, "baseline": "seabed"},
    "kernel_shap": {"segments": SEGMENTS, "budget": 300, "baseline": "black"},
}
# The dear ones last, so that whoever stops early has the others of both sets.
METHODS = {**CHEAP, **DEAR}


def main(quick: bool = False) -> None:
    if pages := os.environ.get("XAIVISION_PAGES"):
        for name in PICTURES:
            draw(SETS[name](), Path(pages) / f"masks_{name}")
        return
    found = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() and not quick else {"side": SIDE, "sets": {}}
    asked = [("all", method) for method in CHEAP] + [("first", method) for method in METHODS]
    for part, method in asked[: 2 if quick else None]:
        for name in PICTURES:
            have = found["sets"].get(name, {}).get(part, {"rows": []})
            if method in {row["method"] for row in have["rows"]}:
                continue
            chosen = _set(name)
            most = 2 if quick else len(chosen.rows) if part == "all" else PICTURES[name]
            row = measured(method, chosen, most)
            told = {**_drawn(chosen, most), "rows": [*have["rows"], row]}
            found["sets"][name] = {**found["sets"].get(name, {}), **_about(chosen), part: told}
            print(name, part, row, flush=True)
            if not quick:
                RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


@cache
def _set(name: str) -> SonarSet:
    """Trained once in a run."""
    return SETS[name]()


def measured(label: str, chosen: SonarSet, most: int) -> dict[str, Any]:
    """Means over the first pictures with their intervals, and how many verdicts were not ok."""
    method = explainer(label.split(",")[0], **METHODS[label])
    assert chosen.masks is not None
    mass, rank, hits, doubted = [], [], [], 0
    for place, row in enumerate(track(chosen.rows[:most].tolist(), label)):
        with sharing():
            answer = method.explain(chosen.model, chosen.data.inputs[row : row + 1], seed=0)
        one = answer.as_attribution()
        values = one.feature_values.abs() if one.kind == "slope" else one.feature_values
        mask = chosen.masks[place : place + 1]
        mass.append(float(mass_accuracy(values, mask)))
        rank.append(float(top_share(values, mask, mask.flatten(1).sum(1))))
        hits.append(float(pointing_hits(values, mask)))
        doubted += answer.verdict.status != "ok"
    told = {name: _told(part) for name, part in (("mass", mass), ("rank", rank), ("pointing", hits))}
    return {"method": label, "control": method.about.control, **told, "doubted": doubted}


def draw(chosen: SonarSet, folder: Path) -> None:
    """A figure of every method on each of the first pictures, and one of their masks: for the eyes of whoever has the data."""
    assert chosen.masks is not None
    folder.mkdir(parents=True, exist_ok=True)
    rows = chosen.rows[:DRAWN]
    kinds = {label: explainer(label.split(",")[0], **given) for label, given in METHODS.items()}
    methods = {label: kind for label, kind in kinds.items() if not kind.about.control}
    plan = Plan(explainers=methods, controls={label: kind for label, kind in kinds.items() if kind.about.control}, metrics={})
    compared = compare(chosen.model, chosen.data.inputs[rows], None, plan)
    write_figures(compared, folder, [f"picture_{place}" for place in range(len(rows))])
    masks = [{"target": mask} for mask in chosen.masks[:DRAWN]]
    (folder / "masks.png").write_bytes(scenes_png(chosen.data.inputs[rows], masks))


def _told(values: list[float]) -> dict[str, Any]:
    known = torch.tensor(values, dtype=torch.float64)
    return {"mean": float(known.nanmean()), "interval": list(mean_interval(known))}


def _about(chosen: SonarSet) -> dict[str, Any]:
    return {
        "classes": list(chosen.data.class_names),
        "train": len(chosen.data.split.train),
        "test": len(chosen.data.split.test),
        "balanced_accuracy": chosen.balanced_accuracy,
    }


def _drawn(chosen: SonarSet, most: int) -> dict[str, Any]:
    assert chosen.masks is not None
    return {"explained": len(chosen.masks[:most]), "area": float(chosen.masks[:most].double().mean())}


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    main()
