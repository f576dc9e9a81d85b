"""How good a set of counterfactuals is: does it flip, how near, how sparse, how different, how like known cases, what is idle."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.errors import InputError
from xaivision.core.scores import Scores
from xaivision.core.wrapping import classifier
from xaivision.engines.counterfactuals.diversity import diversity
from xaivision.engines.neighbors import nearest

# Neighbors of the plausibility scores, as in the literature.
NEIGHBORS = 5


@dataclass(frozen=True, eq=False)
class _Judged:
    """What the scores are made of: everything in units of the columns' spread in the background (F,)."""

    model: Classifier
    found: Counterfactuals
    background: Tensor
    spread: Tensor

    @property
    def moved(self) -> Tensor:
        """(B, k, F) the changes, in units of the spread."""
        return (self.found.counterfactuals.double().cpu() - self.found.query.inputs.double().cpu()[:, None]) / self.spread


def counterfactual_quality(model: Classifier, found: Counterfactuals, background: Tensor) -> dict[str, Scores]:
    """For each measure (B,) values, the mean over the counterfactuals of an input that were found; undefined where none was.

    "validity": share of all that were asked for that the model, asked now, gives the class to reach. "proximity_l1",
    "proximity_l2": change in standard deviations of the `background` (N, F). "sparsity": changed columns. "diversity":
    determinant of the kernel 1 / (1 + L1 distance) of the set. "neighbor_agreement": share of the 5 nearest rows of the
    background that the model gives the class to reach. "distance_to_class": to the nearest of those. "redundancy": changes
    that can be taken back one by one with the class held.

    Raises: InputError, where the counterfactuals are no rows of a table, or the background has other columns.
    """
    if found.query.inputs.ndim != 2 or background.ndim != 2 or background.shape[1] != found.query.inputs.shape[1]:
        raise InputError("`background` must be rows with the columns of the counterfactuals. Got another shape.")
    spread = background.double().cpu().std(0, correction=0)
    judged = _Judged(classifier(model), found, background, torch.where(spread > 0, spread, 1.0))
    return {name: _scores(judged, name, *how) for name, how in MEASURES.items()}


def _scores(judged: _Judged, name: str, measure: Callable[[_Judged], Tensor], unit: str, higher: bool) -> Scores:
    values = measure(judged)
    if values.ndim == 2:
        held = judged.found.found.cpu()
        values = torch.where(held, values, 0).sum(1) / held.sum(1)  # undefined where none was found
    return Scores(name, judged.found.method, values, higher_is_better=higher, unit=unit)


def _validity(judged: _Judged) -> Tensor:
    rows = judged.found.counterfactuals
    goals = judged.found.goals.repeat_interleave(rows.shape[1])
    flips = judged.model(rows.flatten(0, 1)).argmax(1) == goals.to(rows.device)
    return (flips.view(rows.shape[:2]) & judged.found.found).double().mean(1).cpu()


def _diversity(judged: _Judged) -> Tensor:
    told = []
    for rows, held in zip(judged.found.counterfactuals.double().cpu(), judged.found.found.cpu(), strict=True):
        scaled = rows[held] / judged.spread
        told.append(diversity((scaled[:, None] - scaled[None]).abs().sum(2)) if len(scaled) else torch.nan)
    return torch.tensor(told, dtype=torch.float64, device="cpu")


def _agreement(judged: _Judged) -> Tensor:
    rows = judged.found.counterfactuals
    near, _ = nearest(
        (rows.cpu().double() / judged.spread).flatten(0, 1),
        judged.background.cpu().double() / judged.spread,
        min(NEIGHBORS, len(judged.background)),
    )
    predicted = judged.model(judged.background.to(rows)).argmax(1).cpu()
    goals = judged.found.goals.cpu().repeat_interleave(rows.shape[1])
    return (predicted[near] == goals[:, None]).double().mean(1).view(rows.shape[:2])


def _distance_to_class(judged: _Judged) -> Tensor:
    rows = judged.found.counterfactuals.cpu().double() / judged.spread
    predicted = judged.model(judged.background.to(judged.found.counterfactuals)).argmax(1).cpu()
    known = judged.background.cpu().double() / judged.spread
    out = torch.full(rows.shape[:2], torch.nan, dtype=torch.float64, device="cpu")
    for index, goal in enumerate(judged.found.goals.tolist()):
        cases = known[predicted == goal]
        if len(cases):
            out[index] = nearest(rows[index], cases, 1)[1][:, 0]
    return out


def _redundancy(judged: _Judged) -> Tensor:
    rows, inputs = judged.found.counterfactuals, judged.found.query.inputs
    changed = (rows != inputs[:, None]).nonzero()
    counts = torch.zeros(rows.shape[:2], dtype=torch.float64, device="cpu")
    if not len(changed):
        return counts
    index, place, column = changed.unbind(1)
    fewer = rows[index, place].clone()
    fewer[torch.arange(len(fewer), device=fewer.device), column] = inputs[index, column]
    holds = judged.model(fewer).argmax(1) == judged.found.goals[index].to(fewer.device)
    return counts.index_put_((index.cpu(), place.cpu()), holds.double().cpu(), accumulate=True)


MEASURES: dict[str, tuple[Callable[[_Judged], Tensor], str, bool]] = {
    "validity": (_validity, "share of those asked for", True),
    "proximity_l1": (lambda judged: judged.moved.abs().sum(2), "standard deviations", False),
    "proximity_l2": (lambda judged: judged.moved.norm(dim=2), "standard deviations", False),
    "sparsity": (lambda judged: (judged.moved != 0).double().sum(2), "changed columns", False),
    "diversity": (_diversity, "determinant", True),
    "neighbor_agreement": (_agreement, "share of neighbors", True),
    "distance_to_class": (_distance_to_class, "standard deviations", False),
    "redundancy": (_redundancy, "changes", False),
}
