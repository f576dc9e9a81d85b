"""What is measured of a set of counterfactuals of a table, each measure with its card."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.random import generator
from xaivision.engines.counterfactuals.diversity import diversity
from xaivision.engines.counterfactuals.placing import placed
from xaivision.engines.counterfactuals.space import Space
from xaivision.engines.neighbors import nearest
from xaivision.evaluation.counterfactual_rights import Rights

# Neighbors of the agreement, and of the local outlier factor, as in the literature.
NEIGHBORS, OUTLIER_NEIGHBORS = 5, 20
# Copies of a counterfactual with noise of this share of a standard deviation on what has changed.
COPIES, NOISE = 100, 0.1


@dataclass(frozen=True, eq=False)
class Judged:
    """What the measures are made of. Distances are those of the `space`: numbers in units of their `spread` (F,) in the
    `background` (N, F), and a change of category, or of columns that the schema links, 1.
    """

    model: ClassifierAdapter
    found: Counterfactuals
    background: Tensor
    spread: Tensor
    rights: Rights
    space: Space
    seed: int

    @cached_property
    def moved(self) -> Tensor:
        """(B, k, F) what each change counts, linked columns at the first of them."""
        return self.space.pieces(self.found.query.inputs.cpu()[:, None], self.found.counterfactuals.cpu())

    @cached_property
    def places(self) -> Tensor:
        """(B, k, E) the counterfactuals as points."""
        return placed(self.space, self.found.counterfactuals.cpu())

    @cached_property
    def known(self) -> Tensor:
        """(N, E) the background as points."""
        return placed(self.space, self.background.cpu())

    @cached_property
    def together(self) -> Tensor:
        """(F, F) which columns change with a column."""
        linked = torch.eye(len(self.spread), dtype=torch.bool, device="cpu")
        for part in self.space.parts:
            linked[part.columns[0], part.columns] = True
        return linked

    @cached_property
    def predicted(self) -> Tensor:
        """(N,) what the model predicts of the background."""
        return self.model(self.background.to(self.found.counterfactuals)).argmax(1).cpu()

    def reaches(self, rows: Tensor, owners: Tensor) -> Tensor:
        """(n,) whether each row (n, F) has the class that its owner (n,) was to reach."""
        return (self.model(rows).argmax(1) == self.found.goals[owners.to(self.found.goals.device)].to(rows.device)).cpu()


def validity(judged: Judged) -> Tensor:
    """(B,)"""
    rows = judged.found.counterfactuals
    owners = torch.arange(len(rows), device="cpu").repeat_interleave(rows.shape[1])
    flips = judged.reaches(rows.flatten(0, 1), owners)
    return (flips.view(rows.shape[:2]) & judged.found.found.cpu()).double().mean(1)


def varied(judged: Judged) -> Tensor:
    """(B,)"""
    told = []
    for rows, held in zip(judged.found.counterfactuals.cpu(), judged.found.found.cpu(), strict=True):
        told.append(diversity(judged.space.between(rows[held], rows[held])) if bool(held.any()) else torch.nan)
    return torch.tensor(told, dtype=torch.float64, device="cpu")


def neighbor_agreement(judged: Judged) -> Tensor:
    """(B, k)"""
    rows = judged.places
    near, _ = nearest(rows.flatten(0, 1), judged.known, min(NEIGHBORS, len(judged.known)))
    goals = judged.found.goals.cpu().repeat_interleave(rows.shape[1])
    return (judged.predicted[near] == goals[:, None]).double().mean(1).view(rows.shape[:2])


def distance_to_class(judged: Judged) -> Tensor:
    """(B, k)"""
    rows = judged.places
    out = torch.full(rows.shape[:2], torch.nan, dtype=torch.float64, device="cpu")
    for index, goal in enumerate(judged.found.goals.tolist()):
        cases = judged.known[judged.predicted == goal]
        if len(cases):
            out[index] = nearest(rows[index], cases, 1)[1][:, 0]
    return out


def local_outlier(judged: Judged) -> Tensor:
    """(B, k)"""
    from sklearn.neighbors import LocalOutlierFactor

    if len(judged.known) < 2:
        return torch.full(judged.places.shape[:2], torch.nan, dtype=torch.float64, device="cpu")
    usual = LocalOutlierFactor(min(OUTLIER_NEIGHBORS, len(judged.known) - 1), novelty=True).fit(judged.known.numpy())
    inside = usual.predict(judged.places.flatten(0, 1).numpy()) == 1
    return torch.from_numpy(inside).double().view(judged.places.shape[:2])


def violations(judged: Judged) -> Tensor:
    """(B, k)"""
    rows, inputs = judged.found.counterfactuals.cpu(), judged.found.query.inputs.cpu()
    before = inputs[:, None].expand_as(rows)
    return judged.rights.violations(before.flatten(0, 1), rows.flatten(0, 1)).view(rows.shape[:2])


def redundancy(judged: Judged) -> Tensor:
    """(B, k)"""
    rows, inputs = judged.found.counterfactuals, judged.found.query.inputs
    changed = judged.moved.nonzero()
    counts = torch.zeros(rows.shape[:2], dtype=torch.float64, device="cpu")
    if not len(changed):
        return counts
    index, place, column = changed.to(rows.device).unbind(1)
    linked = judged.together.to(rows.device)[column]
    fewer = torch.where(linked, inputs[index], rows[index, place])
    return counts.index_put_((index.cpu(), place.cpu()), judged.reaches(fewer, index).double(), accumulate=True)


def robustness(judged: Judged) -> Tensor:
    """(B, k)"""
    rows, inputs = judged.found.counterfactuals.cpu(), judged.found.query.inputs.cpu()
    draw = generator(judged.seed, "robustness")
    noise = torch.randn(COPIES, rows.shape[2], generator=draw, dtype=torch.float64, device="cpu") * NOISE * judged.spread
    alone = torch.isin(torch.arange(rows.shape[2], device="cpu"), judged.space.numbers)
    moved = ((rows != inputs[:, None]) & alone).double()
    copies = rows.double()[:, :, None] + moved[:, :, None] * noise
    owners = torch.arange(len(rows), device="cpu").repeat_interleave(rows.shape[1] * COPIES)
    held = judged.reaches(copies.flatten(0, 2).to(judged.found.counterfactuals), owners)
    return held.view(*rows.shape[:2], COPIES).double().mean(2)


def seconds(judged: Judged) -> Tensor:
    """(B,)"""
    count = len(judged.found.goals)
    return torch.full((count,), judged.found.diagnostics.seconds / count, dtype=torch.float64, device="cpu")


class Measure(NamedTuple):
    """(B,) values or (B, k), of which the mean over those found counts, in a `unit`."""

    about: AboutEvaluator
    measure: Callable[[Judged], Tensor]
    unit: str


def _measure(
    measure: Callable[[Judged], Tensor], unit: str, card: tuple[str, bool, str, str], *, cost: str = "none", source: str = ""
) -> Measure:
    name, higher, answers, misleads = card
    return Measure(
        AboutEvaluator(
            name=name,
            answers=answers,
            misleads=misleads,
            cost=cost,
            source=source or "Pawelczyk et al., CARLA, 2021, arXiv:2108.00783",
            higher_is_better=higher,
            domains=("tabular",),
        ),
        measure,
        unit,
    )


UNIT = "standard deviations, and 1 a changed category"
DICE = "Mothilal et al., 2020, arXiv:1905.07697"
MEASURES: tuple[Measure, ...] = (
    _measure(
        validity,
        "share of those asked for",
        (
            "validity",
            True,
            "How many of the counterfactuals asked for does the model, asked now, give the class to reach?",
            "A model that changes its mind over noise makes everything valid: look at distance and plausibility too.",
        ),
        cost="1 forward a counterfactual",
    ),
    _measure(
        lambda judged: judged.moved.sum(2),
        UNIT,
        (
            "proximity_l1",
            False,
            "How much changes, all columns together?",
            "Standard deviations are no costs: a year of age and a step of salary differ. To any other category it is as far.",
        ),
    ),
    _measure(
        lambda judged: judged.moved.norm(dim=2),
        UNIT,
        ("proximity_l2", False, "How far is it?", "One large change counts more than many small ones of the same sum."),
    ),
    _measure(
        lambda judged: (judged.moved != 0).double().sum(2),
        "changed columns",
        (
            "sparsity",
            False,
            "How many columns change, linked ones counted once?",
            "One that changes out of reach is sparse as well.",
        ),
    ),
    _measure(
        varied,
        "determinant",
        (
            "diversity",
            True,
            "How different are the counterfactuals of one input from each other?",
            "Far and absurd ones are the most diverse of all. A single one has none.",
        ),
        source=DICE,
    ),
    _measure(
        neighbor_agreement,
        "share of neighbors",
        (
            "neighbor_agreement",
            True,
            "Does the model give the class to reach to known rows around it?",
            "Where one class holds most known rows it is high for anything, and low for anything of a rare class.",
        ),
        cost="1 forward a row of the background",
    ),
    _measure(
        distance_to_class,
        UNIT,
        (
            "distance_to_class",
            False,
            "How far is the nearest known row with that class?",
            "The known row may be an odd one itself.",
        ),
        cost="1 forward a row of the background",
    ),
    _measure(
        local_outlier,
        "share within",
        (
            "local_outlier",
            True,
            "Does it lie where known rows are as dense as around their own neighbors?",
            "In many columns everything is about as far as everything else, and hardly anything is an outlier.",
        ),
        source="Breunig et al., LOF, 2000, doi:10.1145/335191.335388",
    ),
    _measure(
        violations,
        "changes and constraints",
        (
            "violations",
            False,
            "How many changes are of what may not change, the wrong way, out of range or, of linked columns, to what never is "
            "seen together, and how many constraints are not kept?",
            "It knows only what schema and wishes say: a change that nobody forbade can be out of reach all the same.",
        ),
    ),
    _measure(
        redundancy,
        "changes",
        (
            "redundancy",
            False,
            "How many changes can be taken back, one by one, with the class held?",
            "Two changes that are needed only together count as needed, and one that makes others safe as idle.",
        ),
        cost="1 forward a changed column",
    ),
    _measure(
        robustness,
        "share of copies",
        (
            "robustness",
            True,
            "Does it still hold when what has changed is carried out by a tenth of a standard deviation off?",
            "Far counterfactuals are robust ones. It says nothing of a model that is trained again.",
        ),
        cost=f"{COPIES} forwards a counterfactual",
        source="after Pawelczyk et al., Probabilistically robust recourse, 2023, arXiv:2203.06768",
    ),
    _measure(
        seconds,
        "seconds",
        ("seconds", False, "How long did one input take?", "It is time on this machine, shared evenly by the inputs of a batch."),
    ),
)
