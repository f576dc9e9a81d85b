"""The nearest row that stays on its side whatever training rows are deleted, where categories are swapped beside the numbers."""

from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.deletion import Logistic, influences, refitted
from xaivision.engines.counterfactuals.lasting import Lasting, Wish, lasting, worst_scores

SLACK = 1e-6
# What is added to the error that a worst deletion showed, and how often the margin is raised; what must be left for others that
# are nearly as bad, as a share of what the deletion costs.
SAFETY, MOST_TRIALS, OTHERS = 1.5, 10, 0.1
# How often the step from the last margin that was too little to the first that was enough is halved.
HALVINGS = 5
# Deletions that are carried out of each row that was found.
ALIKE = 6


class Swaps(NamedTuple):
    """Columns that change together, and the joint `patterns` (P, n) they may take."""

    columns: Tensor
    patterns: Tensor


def swapped_lasting(model: Logistic, table: Tensor, side: Tensor, asked: tuple[Wish, list[Swaps]]) -> Lasting:
    """What `lasting` finds from each row of the table (B, d) or from one with swaps, whichever is nearest.

    Swaps are tried in the order of what they cost at least, alone, and those together that give most, or most for their cost.
    Where none reaches the wish the one that comes nearest to it counts.
    """
    wish, swaps = asked
    return _joined([_of_one(model, *_take(table, side, place), (_wish_of(wish, place), swaps)) for place in range(len(table))])


def proven_lasting(
    model: Logistic, table: Tensor, side: Tensor, asked: tuple[Wish, list[Swaps]]
) -> tuple[Lasting, Tensor, Tensor]:
    """The same with the margin of each row that its worst deletion asks for, and (B,) these margins, and (B,) the scores on their
    side that are left when that deletion is carried out.

    The model is fitted again without the rows that endanger what was found. What its score then lacks to what the first order
    foresaw, and half as much again, is the margin of the next trial, until it stays on its side with half of that error to spare,
    and with a tenth of what the deletion costs: others are nearly as bad. Between the last two the least such margin is sought.
    """
    wish, swaps = asked
    effects, trials = influences(model), []
    for place in range(len(table)):
        tried = partial(_tried, model, effects, (*_take(table, side, place), _wish_of(wish, place), swaps))
        trials.append(least_that_lasts(tried, wish.margin))
    told = torch.tensor([[one.margin, one.left] for one in trials], dtype=torch.float64, device="cpu")
    return _joined([one.found for one in trials]), told[:, 0], told[:, 1]


class Trial(NamedTuple):
    """What a `margin` leads to: the `score` on its side of what was `found`, and what the worst deletion has `left` of it."""

    found: Lasting
    margin: float
    score: float
    left: float

    @property
    def foreseen(self) -> float:
        """What would be left to first order."""
        return float(self.found.worst)

    @property
    def error(self) -> float:
        return max(0.0, self.foreseen - self.left)

    @property
    def spare(self) -> float:
        """What has to be left."""
        return max((SAFETY - 1) * self.error, OTHERS * (self.score - self.foreseen))

    @property
    def needed(self) -> float:
        """The margin with which it would have had to be looked for."""
        return self.error + self.spare

    @property
    def next_margin(self) -> float:
        """The margin to try next, where it does not last."""
        return max(SAFETY * self.margin, self.needed)

    @property
    def lasts(self) -> bool:
        return self.left >= self.spare


def least_that_lasts(tried: Callable[[float], Trial], margin: float) -> Trial:
    """The trial with about the least margin from this one on that lasts; the last trial where none does."""
    search = margins_to_try(margin)
    asked = next(search)
    while True:
        try:
            asked = search.send(tried(asked))
        except StopIteration as end:
            found: Trial = end.value
            return found


def margins_to_try(margin: float) -> Generator[float, Trial, Trial]:
    """The margins to try one after the other, each told by its trial, up to about the least one that lasts."""
    short, trial = margin, (yield margin)
    for _ in range(MOST_TRIALS - 1):
        if trial.lasts or trial.foreseen < trial.margin - SLACK:
            break
        short, trial = trial.margin, (yield trial.next_margin)
    for _ in range(HALVINGS if trial.lasts and short < trial.margin else 0):
        middle = yield (short + trial.margin) / 2
        short, trial = (short, middle) if middle.lasts else (middle.margin, trial)
    return trial


def _tried(model: Logistic, effects: Tensor, asked: tuple[Tensor, Tensor, Wish, list[Swaps]], margin: float) -> Trial:
    row, side, wish, swaps = asked
    best = _of_one(model, row, side, (replace(wish, margin=margin), swaps))
    return Trial(best, margin, float(side * model.scores(best.rows)), left_after(model, effects, best.rows, (side, wish.k)))


def left_after(model: Logistic, effects: Tensor, row: Tensor, asked: tuple[Tensor, int]) -> float:
    """The least score on its side that is left of a row (1, d) after any of the worst deletions of `k` rows, carried out.

    The nearest row that lasts lies where several deletions are equally bad: the last of the rows is changed for the next ones.
    """
    side, k = asked
    inside = model.standardized(row)
    if not k:
        return float(side * (inside @ model.weights))
    order = (side.double() * inside @ effects.T)[0].argsort(stable=True)
    return min(float(side * (inside @ refitted(model, lot))) for lot in worst_lots(order, k))


def worst_lots(order: Tensor, k: int) -> list[Tensor]:
    """The deletions of `k` rows that are about the worst, of rows in the order of what they do: all but the last are the same."""
    return [torch.cat([order[: k - 1], order[last : last + 1]]) for last in range(k - 1, min(k - 1 + ALIKE, len(order)))]


def _take(table: Tensor, side: Tensor, place: int) -> tuple[Tensor, Tensor]:
    return table[place : place + 1], side[place : place + 1]


def _wish_of(wish: Wish, place: int) -> Wish:
    return replace(wish, low=wish.low[place : place + 1], high=wish.high[place : place + 1])


def _joined(found: list[Lasting]) -> Lasting:
    return Lasting(*(torch.cat([getattr(one, name) for one in found]) for name in ("rows", "worst", "dangerous")))


def _of_one(model: Logistic, row: Tensor, side: Tensor, asked: tuple[Wish, list[Swaps]]) -> Lasting:
    wish, swaps = asked
    own, options = model.standardized(row), _options(model, row, float(side), swaps)
    effects = influences(model)
    least = _least_costs(model, torch.cat(options), side, (own, wish, effects))
    best, nearest = None, torch.inf
    for place in least.argsort(stable=True).tolist():
        if best is not None and float(least[place]) >= nearest:
            break
        option = options[place]
        fixed = wish.low == wish.high
        low, high = (torch.where(fixed, option, end) for end in (wish.low, wish.high))
        found = lasting(model, option, side, replace(wish, low=low, high=high))
        reached = float(found.worst) >= wish.margin - SLACK
        cost = float((model.standardized(found.rows) - own).norm()) if reached else torch.inf
        if best is None or cost < nearest or (nearest == torch.inf and float(found.worst) > float(best.worst)):
            best, nearest = found, cost
    assert best is not None  # noqa: S101 - the row itself is an option
    return best


def _least_costs(model: Logistic, options: Tensor, side: Tensor, asked: tuple[Tensor, Wish, Tensor]) -> Tensor:
    """(m,) what each option costs at least: its swaps, and the way of its numbers to the margin if no row were deleted; infinite
    where with all numbers at the ends of their ranges the worst deletion of `effects` breaks it.
    """
    own, wish, effects = asked
    moving, weights = (wish.low != wish.high)[0], side.double() * model.weights[:-1]
    need = (wish.margin - side.double() * model.scores(options)).clamp_min(0)
    ends = torch.where(moving, torch.where(weights > 0, wish.high, wish.low), options)
    best, _ = worst_scores(model, effects, model.standardized(ends)[:, :-1], side.expand(len(options)), wish.k)
    length = weights[moving].norm().clamp_min(1e-12)
    least = ((model.standardized(options) - own).square().sum(1) + (need / length).square()).sqrt()
    return torch.where(best >= wish.margin, least, torch.inf)


def _options(model: Logistic, row: Tensor, side: float, swaps: list[Swaps]) -> list[Tensor]:
    groups = []
    for columns, patterns in swaps:
        moved = (patterns - row[0, columns]) / model.scale[columns]
        gain, cost = side * moved @ model.weights[columns], moved.norm(dim=1)
        groups.append([Swap(float(g), float(c), columns, one) for g, c, one in zip(gain, cost, patterns, strict=True)])
    return swapped(row, groups)


class Swap(NamedTuple):
    """What a swap of columns to a pattern gives, and costs."""

    gain: float
    cost: float
    columns: Tensor
    pattern: Tensor


def swapped(row: Tensor, groups: list[list[Swap]]) -> list[Tensor]:
    """The row itself, with single swaps that help, and with the best ones together, each (1, d)."""
    rated: list[Swap] = []
    options = [row]
    for swaps in groups:
        found = [one for one in swaps if one.gain > 0]
        options += [_with(row, [one]) for one in found]
        if found:
            rated += [max(found, key=lambda one: one.gain), max(found, key=lambda one: one.gain / one.cost)]
    by_gain = sorted(rated, key=lambda one: -one.gain)
    by_rate = sorted(rated, key=lambda one: -one.gain / one.cost)
    for order in (by_rate, by_gain):
        options += [_with(row, order[:count]) for count in range(2, len(order) + 1)]
    return options


def _with(row: Tensor, chosen: list[Swap]) -> Tensor:
    out = row.clone()
    for _, _, columns, pattern in reversed(chosen):  # of two swaps of one group the better one counts
        out[0, columns] = pattern
    return out
