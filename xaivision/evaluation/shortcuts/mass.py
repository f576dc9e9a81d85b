"""Where explanations of a model lie: on a suspect region, on the target, beside what controls put there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import nan

import torch
from torch import Tensor

from xaivision.core.bootstrap import NOTHING, Interval, mean_interval
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import CapabilityError
from xaivision.core.progress import track
from xaivision.core.protocols import Explainer
from xaivision.core.sharing import sharing
from xaivision.engines.localization import mass_accuracy, top_share
from xaivision.evaluation.shortcuts.pictures import Pictures, fitting
from xaivision.explainers.registry import explainer

CONTROLS = ("random", "sobel", "center_gaussian")


@dataclass(frozen=True)
class MassShare:
    """Of one method: the mean share of positive relevance that lies in a region of mean share `area`, over `pictures`.

    `rank`: of as many largest values as the region has pixels, the share inside. Intervals are 95 % bootstrap over pictures.
    A map without contrast has the region's area for both. `doubted`: explanations whose verdict is not ok.
    """

    method: str
    control: bool
    pictures: int
    area: float
    mass: float
    interval: Interval
    rank: float
    rank_interval: Interval
    doubted: int = 0


def masses_of(
    model: ClassifierAdapter,
    pictures: Pictures,
    rows: list[int],
    region: Callable[[int], Tensor],
    methods: Mapping[str, Explainer],
    seed: int,
) -> tuple[tuple[MassShare, ...], dict[str, str]]:
    """The shares of each method and control in the region (H, W) of each row, given as the picture was found; and who refused.

    The predicted class is explained. Slopes count by size, contributions where they are positive. Pictures whose region vanishes
    at the model's size are left out.
    """
    inputs, masks = _fitted(model, pictures, rows, region)
    if not len(inputs):
        return (), {}
    shares, refusals = [], {}
    for name, method in {**methods, **{name: explainer(name) for name in CONTROLS}}.items():
        try:
            shares.append(_share(name, method, model, inputs, masks, seed))
        except CapabilityError as refusal:
            refusals[name] = str(refusal)
    return tuple(shares), refusals


def _fitted(
    model: ClassifierAdapter, pictures: Pictures, rows: list[int], region: Callable[[int], Tensor]
) -> tuple[Tensor, Tensor]:
    """(n, C, H, W) pictures as the model takes them, and (n, H, W) bool their regions, none of which is empty."""
    inputs, masks = [], []
    for row in track(rows, "looking at regions"):
        picture, mask = pictures.subject(row).picture, region(row)
        # The mask goes through what the picture goes through, as a gray picture.
        fitted = fitting(mask.to(picture)[None].expand(len(picture), -1, -1), model.image_format)[0] >= 0.5
        if bool(fitted.any()):
            inputs.append(fitting(picture, model.image_format))
            masks.append(fitted)
    if not inputs:
        return torch.zeros(0, device="cpu"), torch.zeros(0, device="cpu")
    return torch.stack(inputs), torch.stack(masks)


def _share(name: str, method: Explainer, model: ClassifierAdapter, inputs: Tensor, masks: Tensor, seed: int) -> MassShare:
    mass, rank, doubted = [], [], 0
    for row in track(range(len(inputs)), name):
        with sharing():
            explanation = method.explain(model, inputs[row : row + 1], seed=seed)
        answer = explanation.as_attribution()
        values = answer.feature_values.abs() if answer.kind == "slope" else answer.feature_values
        here = masks[row : row + 1].expand(len(values), -1, -1)
        mass.append(float(mass_accuracy(values, here).nanmean()))
        rank.append(float(top_share(values, here, here.flatten(1).sum(1)).nanmean()))
        doubted += explanation.verdict.status != "ok"
    area = float(masks.double().mean())
    return MassShare(name, method.about.control, len(inputs), area, *_told(mass), *_told(rank), doubted=doubted)


def _told(values: list[float]) -> tuple[float, Interval]:
    known = torch.tensor(values, dtype=torch.float64, device="cpu")
    if not bool(known.isfinite().any()):
        return nan, NOTHING
    low, high = mean_interval(known)
    return float(known.nanmean()), (max(low, 0.0), min(high, 1.0))
