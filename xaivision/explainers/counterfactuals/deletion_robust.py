"""Counterfactuals that survive the deletion of training rows: the right to an explanation beside the right to be forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError
from xaivision.core.question import Question, question
from xaivision.core.settings import check_number_from_zero, check_positive_number
from xaivision.core.targets import Targets
from xaivision.engines.counterfactuals.lasting import Lasting, Wish
from xaivision.engines.counterfactuals.swapped_lasting import Swaps
from xaivision.explainers.background import check_background, fitting_background
from xaivision.explainers.counterfactuals.table_space import Columns
from xaivision.explainers.counterfactuals.trained_again import Influence, Lesson, TrainedAgain, trained_again
from xaivision.explainers.counterfactuals.wishes import Column

# The plain counterfactual lies this far over the border, in log odds.
OVER = 1e-4
# Rounding of what is left after the worst deletion.
REACHED = 1e-6
MOST_NAMED = 5
# A category of fewer rows than so many times those that may be deleted is no way out.
RARE = 10

# What is cheaper by less than this share costs the same.
SAME = 1e-6

# The plain counterfactuals and those that last.
Pair = tuple[Lasting, Lasting]


@dataclass(frozen=True, eq=False)
class DeletionRobustCounterfactuals:
    """For a logistic regression or a torch network, beside the nearest counterfactual the nearest one that holds whatever `k`
    training rows go.

    `background` (N, F) and `labels` (N,) are the training rows and their classes, `ridge` the factor of squared weights beside
    the mean loss: of a regression those of standardized columns (scikit-learn's `C` is 1 / (2 * ridge * N)), of a network its own
    (half of torch's `weight_decay`; a small one where there was none). The model must have been trained on them. `influence`: how
    deletions move a network. "auto" and "last_layer" move its last linear layer, which is fitted again; "all" moves all of its
    parameters, at most 2,000. Both are approximations, and the search is a local one. "auto" takes a regression for what it is.
    `k`: how many rows may be deleted, as a share of all below 1. `margin`: the log odds that must be left after the worst
    deletion, to first order; "auto" carries that deletion out for each row and takes what makes it harmless. With 0 the worst
    deletion breaks it. `features_to_vary`: the columns that may change, within the range of the background. `linked`: columns
    that change together to values that occur together in the background, such as those of a category; groups of the schema are
    linked already, and codes stay codes. They are swapped where numbers alone do not reach, or only at a higher cost.
    """

    about: ClassVar[About] = About(
        name="deletion_robust_counterfactuals",
        answers="What would have had to be different, so that it still holds after others had their data deleted?",
        misleads="The most dangerous deletion is foreseen to first order and carried out; another may be worse: it is no proof. "
        "It holds for the same training on the rows that are left, and not for new rows. A network that is trained again from "
        "the start moves farther than its last layer does, and by its seed alone.",
        cost="2 forwards an input and 1 a row of the background, and some fits of the regression; thousands of a network",
        source="Krishna, Ma and Lakkaraju, ROCERF, 2023, arXiv:2302.04288",
        needs=Access.SCORES,
        domains=("tabular",),
        training_data=True,
    )

    background: Tensor
    labels: Tensor
    ridge: float
    k: float = 0.005
    margin: float | Literal["auto"] = "auto"
    features_to_vary: Literal["all"] | Sequence[Column] = "all"
    linked: Sequence[Sequence[Column]] = ()
    influence: Influence = "auto"

    def __post_init__(self) -> None:
        check_background(self.background)
        check_positive_number("ridge", self.ridge)
        check_number_from_zero("k", self.k)
        if self.margin != "auto":
            check_number_from_zero("margin", self.margin)
        labels = self.labels
        if not isinstance(labels, Tensor) or labels.shape != self.background.shape[:1] or not set(labels.tolist()) <= {0, 1}:
            raise InputError(f"`labels` must be class 0 or 1 of each of {len(self.background)} rows of the background.")
        if self.deletions >= len(self.background):
            raise InputError(f"`k` must leave some of {len(self.background)} rows of the background. Got {self.k}.")
        if self.influence not in get_args(Influence):
            raise InputError(f"`influence` must be one of 'auto', 'last_layer', 'all'. Got {self.influence!r}.")

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Counterfactuals:
        """(B, 2, F) rows: the nearest counterfactual, and the nearest one that lasts. Notes name their costs and the rows whose
        deletion endangers the lasting one most.

        Raises: CapabilityError, where the model is neither the logistic regression of its training rows nor a network that was
        trained on them.
        """
        with question(self, model, inputs, targets, seed=seed) as q:
            known = self._known(q)
            rows = q.query.inputs.detach().cpu().double()
            side = -known.scores(rows).sign()
            swaps = self._swaps(q)
            plain = known.nearest(rows, side, (self._wish(q, rows, 0, OVER), swaps))
            if self.margin != "auto":
                left = max(OVER, float(self.margin))
                robust = known.nearest(rows, side, (self._wish(q, rows, self.deletions, left), swaps))
                lasts = robust.worst >= left - REACHED
            else:
                wish = self._wish(q, rows, self.deletions, OVER)
                robust, margins, exact = known.proven(rows, side, (wish, swaps))
                lasts = (robust.worst >= margins - REACHED) & (exact > 0)
            plain = _nearer(known, rows, (plain, robust), lasts)
            return self._answer(q, known, (plain, robust), (side, lasts))

    @property
    def deletions(self) -> int:
        """How many rows may be deleted."""
        return round(self.k * len(self.background)) if self.k < 1 else round(self.k)

    def _known(self, q: Question) -> TrainedAgain:
        table = fitting_background(q, self.background).cpu()
        return trained_again(q, Lesson(table, 2.0 * self.labels.cpu().double() - 1, self.ridge), self.influence)

    def _wish(self, q: Question, rows: Tensor, k: int, margin: float) -> Wish:
        table, free = self.background.detach().cpu().double(), self._free(q)
        free[[column for group in self._groups(q) for column in group]] = False  # these are swapped, and do not move
        low = torch.where(free, torch.minimum(table.amin(0), rows), rows)
        high = torch.where(free, torch.maximum(table.amax(0), rows), rows)
        return Wish(k, margin, low, high)

    def _free(self, q: Question) -> Tensor:
        """(F,) which columns may change."""
        columns = Columns(q)
        free = torch.tensor([one.mutable for one in columns.features] or [True] * columns.count, device="cpu")
        if not isinstance(self.features_to_vary, str):
            named = torch.zeros_like(free)
            named[[columns.number(column) for column in self.features_to_vary]] = True
            free &= named
        return free

    def _groups(self, q: Question) -> list[tuple[int, ...]]:
        columns = Columns(q)
        linked = [tuple(columns.number(column) for column in group) for group in self.linked]
        taken = {column for group in linked for column in group}
        known = [group for group in columns.groups.values() if len(group) > 1 or columns.categories(group[0])]
        return linked + [group for group in known if not taken & set(group)]

    def _swaps(self, q: Question) -> list[Swaps]:
        """What the groups that may change may become: what stands on few rows falls with them, and is left out."""
        table, free = self.background.detach().cpu().double(), self._free(q)
        swaps = []
        for group in self._groups(q):
            if bool(free[list(group)].all()):
                columns = torch.tensor(group, device="cpu")
                patterns, counts = table[:, columns].unique(dim=0, return_counts=True)  # type: ignore[no-untyped-call]
                swaps.append(Swaps(columns, patterns[counts >= RARE * self.deletions]))
        return [one for one in swaps if len(one.patterns)]

    def _answer(self, q: Question, known: TrainedAgain, pair: Pair, sides: tuple[Tensor, Tensor]) -> Counterfactuals:
        inputs, (side, lasts) = q.query.inputs, sides
        rows = torch.stack([one.rows for one in pair], 1).to(inputs)
        goals = (side > 0).long().to(inputs.device)
        scores = q.model(rows.flatten(0, 1))
        asked = goals.repeat_interleave(2)
        found = (scores.argmax(1) == asked).view(-1, 2)
        found[:, 1] &= lasts.to(found.device)
        self._say(q, known, pair, found.cpu())
        told = scores.gather(1, asked[:, None]).view(-1, 2)
        return q.counterfactuals(torch.where(found[..., None], rows, inputs[:, None]), goals, told, found)

    def _say(self, q: Question, known: TrainedAgain, pair: Pair, found: Tensor) -> None:
        start = known.standardized(q.query.inputs.detach().cpu())
        inside = [known.standardized(one.rows) for one in pair]
        plain, robust = ((one - start).norm(dim=1) for one in inside)
        doubt = f"; {known.doubt}" if known.doubt else ""
        for index in range(len(start)):
            if not bool(found[index].all()):
                text = (
                    "not found: within the ranges no row holds after the worst deletion, with the margin for what is not foreseen"
                )
                q.note(Note("warn", text + doubt, (index,)))
                continue
            rows = ", ".join(map(str, pair[1].dangerous[index, :MOST_NAMED].tolist())) or "none"
            more = float(robust[index] / plain[index] - 1)
            text = (
                f"it costs {float(robust[index]):.3g} to last through {self.deletions} deletions, {more:.0%} more than the "
                f"nearest counterfactual ({float(plain[index]):.3g} standard deviations); the most dangerous rows are {rows}"
            )
            q.note(Note("ok", text + doubt, (index,)))


def _nearer(known: TrainedAgain, rows: Tensor, pair: Pair, lasts: Tensor) -> Lasting:
    """The plain ones, or where a local search has found one that lasts nearer than these, that one, which flips as well."""
    plain, robust = ((known.standardized(one.rows) - known.standardized(rows)).norm(dim=1) for one in pair)
    nearer = lasts & (robust < (1 - SAME) * plain)
    return replace(pair[0], rows=torch.where(nearer[:, None], pair[1].rows, pair[0].rows))
