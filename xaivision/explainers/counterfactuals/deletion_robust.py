"""Counterfactuals that survive the deletion of training rows: the right to an explanation beside the right to be forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Literal, NamedTuple

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Note
from xaivision.core.origin import told_settings
from xaivision.core.question import Question, question
from xaivision.core.targets import Targets
from xaivision.engines.counterfactuals.lasting import Lasting, Wish
from xaivision.engines.counterfactuals.swapped_lasting import Swaps
from xaivision.engines.counterfactuals.whole_lasting import Grid, made_whole
from xaivision.explainers.background import check_background, fitting_background
from xaivision.explainers.counterfactuals.deletion_words import dangerous_rows, deletions
from xaivision.explainers.counterfactuals.lesson_learned import Influence
from xaivision.explainers.counterfactuals.survives_deletion import SurvivesDeletion
from xaivision.explainers.counterfactuals.table_space import Columns, free_columns, linked_groups
from xaivision.explainers.counterfactuals.trained_again import TrainedAgain
from xaivision.explainers.counterfactuals.wishes import Column, check_columns

# The plain counterfactual lies this far over the border, in log odds.
OVER = 1e-4
# Rounding of what is left after the worst deletion.
REACHED = 1e-6
# A category of fewer rows than so many times those that may be deleted is no way out.
RARE = 10

# What is cheaper by less than this share costs the same.
SAME = 1e-6

# What rounding to the dtype of the inputs may take of the score; how often the margin is raised, by how much, where the worst
# deletion, carried out, breaks whole numbers.
ROUNDED, RAISES, MORE = OVER / 2, 4, 1.5

# The plain counterfactuals and those that last.
Pair = tuple[Lasting, Lasting]


class Asked(NamedTuple):
    """What was `found` for B rows, on which `side`, with which `margins`, whether each `holds` (B,), and whether that means the
    worst deletion `carried` out.
    """

    found: Lasting
    side: Tensor
    margins: Tensor
    holds: Tensor
    carried: bool


@dataclass(frozen=True, eq=False, repr=False)
class DeletionRobustCounterfactuals:
    """For a logistic regression or a torch network, beside the nearest counterfactual the nearest one that holds whatever `k`
    training rows go.

    `background` (N, F) and `labels` (N,) are the training rows and their classes, `ridge` the factor of squared weights beside
    the mean loss: of a regression those of standardized columns (scikit-learn's `C` is 1 / (2 * ridge * N), from which it is read
    where none is given), of a network its own (half of torch's `weight_decay`; a small one where there was none). The model must
    have been trained on them. `influence`: how deletions move a network. "auto" and "last_layer" move its last linear layer,
    which is fitted again; "all" moves all of its parameters, at most 2,000. Both are approximations, and the search is a local
    one. "auto" takes a regression for what it is. `k`: how many rows may be deleted, as a share of all below 1. `margin`: the log
    odds that must be left after the worst deletion, to first order; "auto" carries that deletion out for each row and takes what
    makes it harmless. With 0 the worst breaks most. `features_to_vary`: the columns that may change, within the ranges of
    the background and the schema, in whole numbers where the schema says so. `linked`: columns that change together to values
    that occur together in the background, such as those of a category; groups of the schema are linked already, and codes stay
    codes. They are swapped where numbers alone do not reach, or only at a higher cost. For other wishes beside, such as one-way
    columns or a cost, give `SurvivesDeletion` as `constraint` to the methods that take these.
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

    # What is handed out of each row, as tables call it.
    kinds: ClassVar[tuple[str, str]] = ("nearest", "lasting")

    background: Tensor
    labels: Tensor
    ridge: float | None = None
    k: float = 0.005
    margin: float | Literal["auto"] = "auto"
    features_to_vary: Literal["all"] | Sequence[Column] = "all"
    linked: Sequence[Sequence[Column]] = ()
    influence: Influence = "auto"

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_background(self.background)
        self._promise.check(self.background)
        check_columns(self.features_to_vary, self.linked)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Counterfactuals:
        """(B, 2, F) rows: the nearest counterfactual, and the nearest one that lasts. Notes name their costs and the rows whose
        deletion endangers the lasting one most.

        Raises: CapabilityError, where the model is neither the logistic regression of its training rows nor a network that was
        trained on them.
        """
        with question(self, model, inputs, targets, seed=seed) as q:
            known = self._promise.known(q, fitting_background(q, self.background).cpu())
            rows = q.query.inputs.detach().cpu().double()
            side = -known.scores(rows).sign()
            swaps = self._swaps(q)
            wish = self._wish(q, rows, self.deletions)
            nothing = replace(wish, k=0, margin=OVER)
            plain, _ = self._whole(q, known, nothing, _foreseen(known.nearest(rows, side, (nothing, swaps)), side, OVER))
            if self.margin == "auto":
                robust, margins, exact = known.proven(rows, side, (wish, swaps))
                asked = Asked(robust, side, margins, (robust.worst >= margins - REACHED) & (exact > 0), carried=True)
            else:
                asked = _foreseen(known.nearest(rows, side, (wish, swaps)), side, wish.margin)
            robust, lasts = self._whole(q, known, wish, asked)
            plain = _nearer(known, rows, (plain, robust), lasts)
            return self._answer(q, known, (plain, robust), (side, lasts))

    @property
    def deletions(self) -> int:
        """How many rows may be deleted."""
        return self._promise.deletions(len(self.background))

    @property
    def _promise(self) -> SurvivesDeletion:
        """What is asked of the lasting one."""
        return SurvivesDeletion(self.labels, self.ridge, self.k, self.margin, self.influence)

    def _wish(self, q: Question, rows: Tensor, k: int) -> Wish:
        table, free = self.background.detach().cpu().double(), self._free(q)
        free[[column for group in self._groups(q) for column in group]] = False  # these are swapped, and do not move
        lowest, highest = table.amin(0), table.amax(0)
        for number, feature in enumerate(Columns(q).features):
            if feature.low is not None or feature.high is not None:
                ends = torch.stack([lowest[number], highest[number]]).clamp(feature.low, feature.high)
                lowest[number], highest[number] = ends
        low = torch.where(free, torch.minimum(lowest, rows), rows)
        high = torch.where(free, torch.maximum(highest, rows), rows)
        return Wish(k, OVER if self.margin == "auto" else max(OVER, float(self.margin)), low, high)

    def _whole(self, q: Question, known: TrainedAgain, wish: Wish, asked: Asked) -> tuple[Lasting, Tensor]:
        """What was found as it is handed out, with whole numbers where the schema says so, and (B,) whether it still holds."""
        inputs, whole = q.query.inputs.detach().cpu(), Columns(q).whole
        rows, holds = asked.found.rows.to(inputs.dtype).double(), asked.holds.clone()
        for place in holds.nonzero().flatten().tolist():
            grid = Grid(inputs[place].double(), whole, wish.low[place], wish.high[place], known.scale)
            side, margin = asked.side[place : place + 1], float(asked.margins[place])
            for _ in range(RAISES):
                spare = partial(_spare, known, inputs.dtype, (side, wish.k, margin - ROUNDED))
                row = made_whole(asked.found.rows[place], grid, spare).to(inputs.dtype).double()[None]
                foreseen = float(spare(row)) >= 0
                holds[place] = foreseen and (not asked.carried or known.left(row, side, wish.k) > 0)
                rows[place] = row[0]
                if bool(holds[place]) or not foreseen:
                    break
                margin *= MORE
        return Lasting(rows, *known.worst(rows, asked.side, wish.k)), holds

    def _free(self, q: Question) -> Tensor:
        """(F,) which columns may change."""
        return free_columns(Columns(q), self.features_to_vary)

    def _groups(self, q: Question) -> list[tuple[int, ...]]:
        columns = Columns(q)
        linked = linked_groups(columns, self.linked)
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
        start = known.standardized(inputs.detach().cpu())
        moved = torch.stack([known.standardized(one.rows) - start for one in pair], 1)
        costs = moved.norm(dim=2).masked_fill(~found.cpu(), torch.nan)
        self._say(q, known, pair[1], costs)
        told = scores.gather(1, asked[:, None]).view(-1, 2)
        shown = torch.where(found[..., None], rows, inputs[:, None])
        return q.counterfactuals(
            shown,
            goals,
            told,
            found,
            costs=costs.to(inputs.device),
            cost_unit="standard deviations, by the root of their squares",
            column_costs=moved[..., : inputs.shape[1]].abs().to(inputs.device),  # less the constant that a regression appends
        )

    def _say(self, q: Question, known: TrainedAgain, lasting: Lasting, costs: Tensor) -> None:
        found, (plain, robust) = ~costs.isnan(), costs.T
        doubt = f"; {known.doubt}" if known.doubt else ""
        for index, whole in enumerate(found.tolist()):
            if not all(whole):
                q.note(Note("warn", _missing(*whole) + doubt, (index,)))
                continue
            more = float(robust[index] / plain[index] - 1)
            text = (
                f"it costs {float(robust[index]):.3g} to last through {deletions(self.deletions)}{known.condition}, {more:.0%} "
                f"more than the nearest counterfactual ({float(plain[index]):.3g} standard deviations); "
                f"{dangerous_rows(lasting.dangerous[index].tolist())}"
            )
            q.note(Note("ok", text + doubt, (index,)))


def _missing(plain: bool, robust: bool) -> str:
    """What was not found of a pair."""
    if robust:
        return "not found: the nearest counterfactual; beside the lasting one none was found that turns the decision"
    if plain:
        return (
            "not found: one that lasts; within the ranges the search found none that holds after the worst deletion, with the "
            "margin for what is not foreseen"
        )
    return "not found: within the ranges the search found no counterfactual, and so none that lasts"


def _nearer(known: TrainedAgain, rows: Tensor, pair: Pair, lasts: Tensor) -> Lasting:
    """The plain ones, or where a local search has found one that lasts nearer than these, that one, which flips as well."""
    plain, robust = ((known.standardized(one.rows) - known.standardized(rows)).norm(dim=1) for one in pair)
    nearer = lasts & (robust < (1 - SAME) * plain)
    return replace(pair[0], rows=torch.where(nearer[:, None], pair[1].rows, pair[0].rows))


def _foreseen(found: Lasting, side: Tensor, margin: float) -> Asked:
    return Asked(found, side, torch.full_like(found.worst, margin), found.worst >= margin - REACHED, carried=False)


def _spare(known: TrainedAgain, dtype: torch.dtype, asked: tuple[Tensor, int, float], rows: Tensor) -> Tensor:
    """(m,) by how much rows, as they are handed out, keep more of their score than asked after the worst deletion."""
    side, k, margin = asked
    return known.worst(rows.to(dtype).double(), side.expand(len(rows)), k)[0] - margin
