"""Counterfactuals of a surrogate: the cheapest way into a leaf of another class, and whether the black box follows."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Note
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.origin import told_settings
from xaivision.core.progress import track
from xaivision.core.question import Question, question
from xaivision.core.targets import Targets
from xaivision.surrogates.fidelity import Measure, share
from xaivision.surrogates.leaf_entries import Entry, LeafEntries
from xaivision.surrogates.reading import Columns
from xaivision.surrogates.tree_path import as_tree

# Candidate rows times columns that go to the black box in one call.
MOST_VALUES = 20_000_000


@dataclass(frozen=True, eq=False)
class LeafCounterfactuals:
    """The cheapest entry into a leaf of another class that the black box follows. `background` (n, F): rows of known values.

    Entries are tried from the cheapest on: into each leaf by its violated conditions alone, ever farther inward among the known
    values that fit, and then by all columns that the surrogate reads, taken from a known row of that leaf. Without a `black_box`
    the cheapest is the answer; with one the cheapest that it follows, among up to `tries`, or else the cheapest.
    A change costs its share of the column's median absolute deviation, a category 1.
    """

    about: ClassVar[About] = About(
        name="leaf_counterfactuals",
        answers="Which of the surrogate's conditions would have to be otherwise for another class, at the least cost?",
        misleads="It is the surrogate that certainly turns. The black box does so where it agrees with it, which is checked and "
        "reported, not promised. Columns that move together in the world are moved apart.",
        cost="1 forward of the surrogate an input, and up to `tries` of the black box where one is given",
        source="Karim et al., Interpreting black-box ML models for high dimensional datasets, 2022, arXiv:2208.13405",
        needs=Access.SCORES,
        domains=("tabular",),
        opens=True,
        training_data=True,
    )

    background: Tensor
    black_box: ClassifierAdapter | None = field(default=None, repr=False)
    tries: int = 200

    __repr__ = told_settings

    def __post_init__(self) -> None:
        if not isinstance(self.background, Tensor) or self.background.ndim != 2 or not len(self.background):
            raise InputError("`background` must be known rows (n, F). Give those that the surrogate has learned from.")
        if isinstance(self.tries, bool) or not isinstance(self.tries, int) or self.tries < 1:
            raise InputError(f"`tries` must be a positive integer. Got {self.tries!r}.")

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Counterfactuals:
        """One counterfactual (B, 1, F) an input; `targets` are the classes to reach, None for the cheapest other one.

        Raises: CapabilityError, where the model is no surrogate of kind 'tree' over columns.
        """
        with question(self, model, inputs, targets, seed=seed) as q:
            surrogate = as_tree(q.model)
            if not isinstance(surrogate.reading, Columns):
                raise CapabilityError(
                    "A leaf counterfactual changes columns. This surrogate reads numbers measured on its inputs."
                )
            now = surrogate(q.query.inputs).argmax(1)
            entries = LeafEntries(surrogate, self.background.detach().cpu().numpy())
            chosen = self._chosen(entries, q.query.inputs, now, None if targets is None else q.query.targets)
            changed = torch.from_numpy(np.stack([one.row for one in chosen])).to(q.query.inputs)
            goals = torch.tensor([one.goal for one in chosen], device=changed.device)
            after = surrogate(changed)
            found = (after.argmax(1) == goals) & (now != goals)
            self._doubt(q, chosen, found, (now == goals) & (targets is not None))
            costs = torch.tensor([one.cost for one in chosen], dtype=torch.float64, device=found.device)
            return q.counterfactuals(
                changed[:, None],
                goals,
                after.gather(1, goals[:, None]),
                found[:, None],
                costs=costs.masked_fill(~found, torch.nan)[:, None],
                cost_unit=entries.unit,
            )

    def _chosen(self, entries: LeafEntries, inputs: Tensor, now: Tensor, goals: Tensor | None) -> list[Entry]:
        """For each input the cheapest entry that the black box follows, or the cheapest."""
        rows = inputs.detach().cpu().numpy()

        def ways(number: int) -> list[Entry]:
            label, goal = int(now[number]), None if goals is None else int(goals[number])
            nowhere = Entry(rows[number], label if goal is None else goal, 0.0)
            return entries.of(rows[number], label, goal)[: self.tries] or [nowhere]

        # Some inputs at a time: the ways of all of them are rows by the thousands.
        together = max(1, MOST_VALUES // (self.tries * inputs.shape[1]))
        parts = [range(start, min(start + together, len(rows))) for start in range(0, len(rows), together)]
        found = (self._first_followed([ways(number) for number in part], inputs) for part in track(parts, "asking the black box"))
        return [entry for part in found for entry in part]

    def _first_followed(self, ways: list[list[Entry]], like: Tensor) -> list[Entry]:
        if self.black_box is None:
            return [one[0] for one in ways]
        every = [entry for one in ways for entry in one]
        rows = torch.from_numpy(np.stack([entry.row for entry in every])).to(like)
        goals = torch.tensor([entry.goal for entry in every])
        follows = iter((self.black_box(rows).argmax(1).cpu() == goals).tolist())
        asked = [[(entry, next(follows)) for entry in one] for one in ways]
        return [next((entry for entry, followed in one if followed), one[0][0]) for one in asked]

    def _doubt(self, q: Question, chosen: list[Entry], found: Tensor, already: Tensor) -> None:
        for number in (~found).nonzero().flatten().tolist():
            nowhere = "no leaf of another class can be entered by what may change"
            there = "the surrogate gives it the class to reach as it is: there is nothing to change"
            q.note(Note("warn", there if already[number] else nowhere, (number,)))
        if self.black_box is None or not bool(found.any()):
            return
        changed = torch.from_numpy(np.stack([one.row for one in chosen])).to(q.query.inputs)
        follows = self.black_box(changed).argmax(1).cpu() == torch.tensor([one.goal for one in chosen])
        for number in (found.cpu() & ~follows).nonzero().flatten().tolist():
            q.note(Note("warn", "the surrogate turns, and the black box does not follow", (number,)))


def follow_rate(black_box: ClassifierAdapter, result: Counterfactuals) -> tuple[Measure, Tensor]:
    """The share of counterfactuals that turn the black box as well, and (B,) bool which do.

    Over those found for inputs that the black box gives another class than the one to reach.
    """
    goals, found = result.goals, result.found[:, 0]
    before = black_box(result.query.inputs).argmax(1)
    after = black_box(result.counterfactuals[:, 0]).argmax(1)
    asked = found & (before != goals)
    follows = asked & (after == goals)
    return share(follows[asked].cpu().numpy()), follows
