"""What the record of a picture keeps of each stage: plain values, which a file can hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.question import Question
from xaivision.core.sharing import shared_scores
from xaivision.core.targets import Output, TargetScore
from xaivision.engines.mask_evidence import MaskEvidence, mask_evidence, points_inside
from xaivision.engines.mask_pieces import mask_pieces
from xaivision.engines.mask_runs import run_lengths
from xaivision.engines.pointed_objects.segmented_object import SegmentedObject
from xaivision.engines.points import SEPARATION, EvidencePoint, PointStability

# Where a segmenter answers with more candidates, their numbers are kept and not their masks.
MASKS_KEPT = 4
ANY_OTHER = "any other class"
# A map whose values differ by no more than this share of the largest is the same everywhere.
EVEN = 1e-9


@dataclass(frozen=True, eq=False)
class Outlined:
    """What a segmenter found (`found`) for `points` of a map (H, W) of `evidence`, and the `region` (H, W) that is left of it.

    `share`: of its evidence, that the region was cut down to; None where it was left whole.
    """

    found: SegmentedObject
    region: Tensor
    points: Sequence[EvidencePoint]
    evidence: Tensor
    share: float | None


def prediction_record(q: Question, index: int) -> dict[str, Any]:
    """What the model says of one picture: the predicted class, the one that is explained, and the next; with their scores.

    Where the class is explained against another, `against` which, and the explained number in its unit.
    """
    scores = shared_scores(q.model, q.query.inputs)[index : index + 1]
    first, second = scores[0].double().topk(2).indices.tolist()
    unit = "probability" if q.model.gives_probabilities else q.query.score_unit
    output: Output = "probability" if q.model.gives_probabilities else "score"

    def told(place: int) -> float:
        chosen = torch.tensor([place], device=scores.device)
        return float(TargetScore(chosen, output=output, score_unit=q.query.score_unit).of(scores)[0])

    names = q.query.class_names
    named = {"predicted": first, "target": int(q.query.targets[index]), "runner_up": second}
    return {
        "unit": unit,
        **{which: names[place] if names else f"class {place}" for which, place in named.items()},
        **{f"{which}_score": told(place) for which, place in named.items()},
        **_contrast(q, index),
    }


def _contrast(q: Question, index: int) -> dict[str, Any]:
    query = q.query
    if not query.target.contrasts:
        return {}
    against = ANY_OTHER
    if query.against is not None:
        number = int(query.against[index])
        against = query.class_names[number] if query.class_names else f"class {number}"
    return {"against": against, "explained": float(query.scores[index]), "explained_unit": query.unit}


def attribution_record(maps: Sequence[Attribution]) -> dict[str, Any]:
    """Who made the map, and its seconds: a picture's share of those of its batch, for all seeds, also where a job knew them."""
    seconds = sum(one.diagnostics.seconds for one in maps)
    return {
        "method": maps[0].method,
        "kind": maps[0].kind,
        "maps": len(maps),
        "seconds": seconds / len(maps[0].query),
        "all_seconds": seconds,
    }


def points_record(points: Sequence[EvidencePoint], evidence: Tensor) -> dict[str, Any]:
    """The points, rows and columns counted from 0, and whether the map is the same everywhere."""
    return {
        "points": [{"row": one.row, "column": one.column, "evidence": one.evidence, "positive": one.positive} for one in points],
        "even": float(evidence.max() - evidence.min()) <= EVEN * float(evidence.abs().max()),
    }


def stability_record(moved: PointStability, evidence: Tensor) -> dict[str, Any]:
    """How far the first point of a map (H, W) lies from itself over the seeds, in pixels; steady: no farther than two points of
    one object.
    """
    return {
        "seeds": len(moved.points),
        "mean_distance": moved.mean_distance,
        "largest_distance": moved.largest_distance,
        "steady": moved.largest_distance <= SEPARATION * min(evidence.shape),
    }


def region_record(of: Outlined) -> dict[str, Any]:
    """The region's shares, what it was cut down from, and the masks that the segmenter chose among."""
    held, outline = mask_evidence(of.region, of.evidence), mask_evidence(of.found.mask.cpu(), of.evidence)
    return {
        "score": of.found.score,
        "scores": None if of.found.scores is None else of.found.scores.tolist(),
        "chosen": of.found.chosen,
        "candidates": _candidates(of),
        "area": held.area,
        "mass": held.mass,
        "area_over_mass": held.area_over_mass,
        "pieces": mask_pieces(of.region).count,
        "refined": of.share,
        **({"outline": _told(outline)} if of.share is not None else {}),
        "points_inside": points_inside(of.points, of.region),
    }


def _candidates(of: Outlined) -> list[dict[str, Any]]:
    """Each with its shares of picture and evidence; few of them with their masks, as `run_lengths`."""
    masks = of.found.candidates.cpu().bool()
    kept = len(masks) <= MASKS_KEPT
    return [{**_told(mask_evidence(one, of.evidence)), **({"mask": run_lengths(one)} if kept else {})} for one in masks]


def _told(held: MaskEvidence) -> dict[str, float]:
    return {"area": held.area, "mass": held.mass}
