"""How well the object that a segmenter finds at the point of largest evidence agrees with the annotated one; the docs show it.

On the 32 photos of COCO 2017 with an object of the class that EfficientNet-Lite0 names first, and on sonar pictures with masks:
generated ones, drowned victims, marine debris. Beside a point drawn at random, and beside what VALE's published scripts do: the
last of three masks, and x and y in each other's place. `python -m benchmarks segmented_objects` goes on where it was stopped.
XAIVISION_DATA names the folder that holds `localisation` and `sonar_images`; the weights of MobileSAM are beside it, in
`models/mobile_sam.pt`.
"""

import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.contest import photo_and_model
from benchmarks.localization import photos_and_masks
from benchmarks.sonar_sets import SETS
from xaivision.core.bootstrap import mean_interval
from xaivision.core.errors import InputError
from xaivision.core.progress import track
from xaivision.core.random import generator
from xaivision.core.sharing import fingerprint, sharing
from xaivision.core.targets import Output, Target, TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.baselines import Baseline, reference_inputs
from xaivision.engines.mask_effects import mask_effects
from xaivision.engines.mask_evidence import points_inside
from xaivision.engines.pointed_objects import sam_point
from xaivision.engines.pointed_objects.naming import POINT_SEGMENTERS
from xaivision.engines.pointed_objects.sam_point import SamPoint
from xaivision.engines.pointed_objects.segmented_object import PointSegmenter, SegmentedObject, best_by_evidence
from xaivision.engines.points import EvidencePoint, evidence_points, standing_out
from xaivision.engines.superpixels import Slic
from xaivision.explainers.registry import explainer

RESULT = Path(__file__).resolve().parents[1] / "docs" / "results" / "segmented_objects.json"
# A seeded draw of so many of each sonar set's test pictures.
SONAR = {"simulated": 12, "victims": 12, "debris": 12}
BUDGET, SEGMENTS = 400, Slic(count=60)
DRAWS = 3
SAM = "mobile_sam"
# Of the same three masks, or of a point in the wrong place: the first is `SamPoint(..., choose="evidence")`.
BESIDE = {
    "mobile_sam, choose=evidence": "evidence",
    "mobile_sam, last mask": "last",
    "mobile_sam, x and y swapped": "swapped",
}
Points = tuple[EvidencePoint, ...]
# From a picture, its points and its map to a mask; None where there is none.
Finder = Callable[[Tensor, Points, Tensor], Tensor | None]


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures (B, C, H, W), where their objects are, (B, H, W), what of the class is explained, and what replaces what is gone.

    A logit of one class of a thousand rests on what it is like; one of a few may be high wherever nothing is.
    """

    model: TorchClassifier
    inputs: Tensor
    objects: Tensor
    output: Output
    baseline: Baseline


class RememberingSam:
    """Segment Anything, which reads no map: of the same picture and points it is asked once."""

    def __init__(self, weights: Path) -> None:
        self._sam = SamPoint(weights, "vit_t")
        self._known: dict[tuple[bytes, Points], SegmentedObject] = {}

    def segmented(self, image: Tensor, points: Sequence[EvidencePoint], evidence: Tensor) -> SegmentedObject:
        key = (fingerprint(image), tuple(replace(point, evidence=1.0) for point in points))
        if key not in self._known:
            self._known[key] = self._sam.segmented(image, points, evidence)
        return self._known[key]


def main(quick: bool = False, only: Collection[str] = ()) -> None:
    """`quick`: two pictures of each set, and nothing is written. `only`: the sets to measure, all if empty."""
    sam_point.REMEMBERED = 64  # each picture is encoded once, for all points, faults and maps: 4 MB each
    found = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() and not quick else {"sets": {}}
    found |= {"budget": BUDGET, "segments": SEGMENTS.count, "draws": DRAWS}
    for name in only or ("photos", *SONAR):
        for method in METHODS:
            have = found["sets"].setdefault(name, {"rows": []})
            missing = [label for label in finders() if not _known(have["rows"], method, label)]
            if not missing:
                continue
            pictures = _pictures(name, quick)
            have |= {"pictures": len(pictures.inputs), "area": float(pictures.objects.double().mean())}
            have["rows"] += measured(method, pictures, missing)
            print(name, *have["rows"][-len(missing) :], sep="\n", flush=True)
            if not quick:
                RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _known(rows: list[dict[str, Any]], method: str, label: str) -> bool:
    return any((row["method"], row["segmenter"]) == (method, label) for row in rows)


METHODS: dict[str, Callable[[Baseline], Any]] = {
    "kernel_shap": lambda baseline: explainer("kernel_shap", segments=SEGMENTS, budget=BUDGET, baseline=baseline),
    "grad_cam": lambda _baseline: explainer("grad_cam"),
}


@cache
def finders() -> dict[str, Finder]:
    """Every segmenter, with Segment Anything last, as it should be and as it should not."""
    found: dict[str, Finder] = {label: partial(_found, one) for label, one in POINT_SEGMENTERS.items()}
    sam = RememberingSam(Path(os.environ["XAIVISION_DATA"]).parent / "models" / "mobile_sam.pt")
    return found | {SAM: partial(_found, sam)} | {label: partial(_beside, sam, way) for label, way in BESIDE.items()}


def _found(one: PointSegmenter, image: Tensor, points: Points, evidence: Tensor) -> Tensor | None:
    try:
        return one.segmented(image, points, evidence).mask
    except InputError:  # there is no point, or nothing at a random one
        return None


def _beside(sam: RememberingSam, way: str, image: Tensor, points: Points, evidence: Tensor) -> Tensor | None:
    if not points:
        return None
    if way == "swapped":  # the pictures are square: the point is on them
        return _found(sam, image, tuple(EvidencePoint(point.column, point.row, point.evidence) for point in points), evidence)
    candidates = sam.segmented(image, points, evidence).candidates
    return candidates[-1] if way == "last" else best_by_evidence(candidates, evidence).mask


@cache
def _pictures(name: str, quick: bool) -> Pictures:
    if name == "photos":
        _, model = photo_and_model()
        photos, masks = photos_and_masks(Path(os.environ["XAIVISION_DATA"]) / "localisation", model, most=2 if quick else None)
        return Pictures(model, photos, masks.bool(), "score", "black")
    chosen = SETS[name]()
    assert chosen.masks is not None
    order = torch.randperm(len(chosen.rows), generator=generator(0, "segmented objects", name))[: 2 if quick else SONAR[name]]
    return Pictures(chosen.model, chosen.data.inputs[chosen.rows[order]], chosen.masks[order].bool(), "probability", "seabed")


def measured(method: str, pictures: Pictures, labels: list[str]) -> list[dict[str, Any]]:
    """A row for each of these segmenters."""
    maps = _maps(method, pictures)
    known = [_points(values, image) for values, image in zip(maps, pictures.inputs, strict=True)]
    rows = []
    for label in labels:
        finder = finders()[label]
        masks = [finder(*asked) for asked in track(list(zip(pictures.inputs, known, maps, strict=True)), label)]
        drawn = enumerate(zip(pictures.inputs, maps, strict=True)) if label not in BESIDE else ()
        chance = [[finder(image, one, values) for one in random_points(values, number)] for number, (image, values) in drawn]
        rows.append({"method": method, "segmenter": label, **_told(pictures, known, masks, chance)})
    return rows


def _points(values: Tensor, image: Tensor) -> Points:
    """The point of largest evidence; none where nothing in the map is positive."""
    try:
        return evidence_points(values, detail=standing_out(image))
    except InputError:
        return ()


def random_points(values: Tensor, number: int) -> list[tuple[EvidencePoint]]:
    """`DRAWS` points of this picture, each alone, from anywhere in it; they say that they are positive."""
    height, width = values.shape
    places = torch.randint(height * width, (DRAWS,), generator=generator(0, "random points", number)).tolist()
    return [(EvidencePoint(place // width, place % width, 1.0),) for place in places]


def overlap(mask: Tensor | None, truth: Tensor) -> float:
    """Intersection over union; 0 for no mask."""
    return 0.0 if mask is None else float((mask & truth).sum() / (mask | truth).sum())


def _maps(method: str, pictures: Pictures) -> list[Tensor]:
    asked = METHODS[method](pictures.baseline)
    target = Target(output=pictures.output)
    found = []
    for one in track(list(pictures.inputs[:, None]), method):
        with sharing():
            found.append(asked.explain(pictures.model, one, target, seed=0).as_attribution().feature_values[0].double().cpu())
    return found


def _told(
    pictures: Pictures,
    points: list[Points],
    masks: list[Tensor | None],
    chance: list[list[Tensor | None]],
) -> Mapping[str, Any]:
    objects = pictures.objects
    hits = [points_inside(one, truth) == 1 for one, truth in zip(points, objects, strict=True)]
    random = [sum(overlap(mask, truth) for mask in drawn) / DRAWS for drawn, truth in zip(chance, objects, strict=False)]
    kept = {number: mask for number, mask in enumerate(masks) if mask is not None and bool(mask.any())}
    return {
        "without_evidence": sum(not one for one in points),
        "point_in_object": sum(hits) / len(hits),
        "iou": _mean([overlap(mask, truth) for mask, truth in zip(masks, objects, strict=True)]),
        "random_point_iou": _mean(random) if random else None,
        "found": len(kept),
        **_effects(pictures, torch.tensor(list(kept)), torch.stack(list(kept.values()))),
    }


def _effects(pictures: Pictures, rows: Tensor, masks: Tensor) -> dict[str, Any]:
    inputs, model = pictures.inputs[rows], pictures.model
    substitutes = reference_inputs(pictures.baseline, inputs, generator(0, "segmented objects"))
    target = TargetScore(model(inputs).argmax(1), output="probability", score_unit=model.score_unit)
    found = mask_effects(model, inputs, substitutes, target, masks)
    parts = ("deletion", "shifted_deletion", "sufficiency", "shifted_sufficiency")
    return {part: _mean(getattr(found, part).tolist()) for part in parts}


def _mean(values: list[float]) -> dict[str, Any]:
    known = torch.tensor(values, dtype=torch.float64)
    return {"mean": float(known.nanmean()), "interval": list(mean_interval(known))}


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    main()
