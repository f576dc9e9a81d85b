"""The nearest row that stays on its side whatever `k` training rows are deleted, where the score is no linear function.

At each step every deletion that was the worst on the way is foreseen anew at the place that was reached, with its slope: the
nearest place to the row where all these tangents hold is the next. For a linear score the tangents are the half-spaces of
`lasting`, and the answers the same. Elsewhere it is a local search, from the row, from swaps of categories and from known rows.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.deletion import worst_deletion, worst_move
from xaivision.engines.counterfactuals.lasting import Lasting, Wish, outside, projected
from xaivision.engines.counterfactuals.lasting_starts import Asked, Deletable, Walks, first_walks
from xaivision.engines.counterfactuals.swapped_lasting import Trial, margins_to_try, worst_lots

# Steps of a search, how far beyond the margin they aim, and what still counts as the same place, in standard deviations.
STEPS, AIM, SAME = 40, 1e-5, 1e-6
# The deletions that are remembered on the way, and the walks of a row that the next margin takes up.
REMEMBERED, KEPT = 8, 3
# How often ranges that are left are met in a projection.
CORNERS = 30


def curved_lasting(model: Deletable, asked: Asked) -> Lasting:
    """The nearest rows that were found, rounded, whose score on their side is what the wish says after the worst deletion, to
    first order; where none was found, the one that came nearest to it.
    """
    margins = torch.full_like(asked.side, asked.wish.margin, dtype=torch.float64)
    return _answer(model, asked, _solved(model, asked, first_walks(model, asked), margins))


def proven_curved(model: Deletable, asked: Asked) -> tuple[Lasting, Tensor, Tensor]:
    """The same with the margin of each row that its worst deletion, carried out, asks for; (B,) these margins, and (B,) the
    scores on their side that it leaves. As `proven_lasting`, for all rows in step.
    """
    searches = [margins_to_try(asked.wish.margin) for _ in asked.table]
    wanted = {place: next(search) for place, search in enumerate(searches)}
    done: dict[int, Trial] = {}
    walks = first_walks(model, asked)
    while wanted:
        margins = torch.zeros(len(asked.table), dtype=torch.float64, device="cpu")
        margins[list(wanted)] = torch.tensor(list(wanted.values()), dtype=torch.float64, device="cpu")
        active = walks.owner.new_tensor(list(wanted))
        tried = _solved(model, asked, _of(walks, torch.isin(walks.owner, active)), margins)
        walks = _best_first(walks, tried)
        for place, trial in _trials(model, asked, tried, wanted).items():
            try:
                wanted[place] = searches[place].send(trial)
            except StopIteration as end:
                done[place] = end.value
                del wanted[place]
    trials = [done[place] for place in range(len(searches))]
    told = torch.tensor([[one.margin, one.left] for one in trials], dtype=torch.float64, device="cpu")
    found = Lasting(*(torch.cat([getattr(one.found, name) for one in trials]) for name in ("rows", "worst", "dangerous")))
    return found, told[:, 0], told[:, 1]


class Solved(NamedTuple):
    """Of `walks` the nearest `points` (m, d) that hold, their `cost` (m,), infinite where none does, and `worst` scores (m,)."""

    walks: Walks
    points: Tensor
    cost: Tensor
    worst: Tensor


def _trials(model: Deletable, asked: Asked, tried: Solved, wanted: dict[int, float]) -> dict[int, Trial]:
    found = _answer(model, asked, tried)
    trials = {}
    for place, one in enumerate(sorted(set(tried.walks.owner.tolist()))):
        row = Lasting(*(getattr(found, name)[place : place + 1] for name in ("rows", "worst", "dangerous")))
        side = float(asked.side[one])
        score = side * float(model.sensitivities(row.rows)[0])
        trials[one] = Trial(row, wanted[one], score, left_of(model, row.rows, side, asked.wish.k))
    return trials


def left_of(model: Deletable, row: Tensor, side: float, k: int) -> float:
    """The least score on its side that is left of a row (1, d) after any of the worst deletions of `k` rows, carried out."""
    scores, beta = model.sensitivities(row)
    if not k:
        return side * float(scores)
    order = (side * beta @ model.effects.T)[0].argsort(stable=True)
    return float((side * model.without(row, worst_lots(order, k))).min())


def _answer(model: Deletable, asked: Asked, solved: Solved) -> Lasting:
    """The nearest of each row's walks, as it is when rounded."""
    owners = solved.walks.owner
    chosen = []
    for owner in sorted(set(owners.tolist())):
        own = (owners == owner).nonzero().flatten()
        held = bool(solved.cost[own].isfinite().any())
        chosen.append(own[solved.cost[own].argmin() if held else solved.worst[own].argmax()])
    picked = torch.stack(chosen)
    rows = solved.points[picked].to(asked.dtype).double()
    worst, dangerous, _ = worst_of(model, rows, asked.side[owners[picked]], asked.wish.k)
    return Lasting(rows, worst, dangerous)


def worst_of(model: Deletable, table: Tensor, side: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
    """(m,) scores on their side after the worst deletion of `k` rows, to first order, (m, k) which rows, most dangerous first,
    and (m, q) how far that moves the parameters.
    """
    scores, beta = model.sensitivities(table)
    on_side = side[:, None] * beta
    lost, rows = worst_deletion(model.effects, on_side, k)
    return side * scores + lost, rows, worst_move(model.effects, on_side, rows)


class Field(NamedTuple):
    """What holds for walks (m, ...): the `own` row, where its numbers `start`, its `side`, `margin` and ranges."""

    own: Tensor
    start: Tensor
    side: Tensor
    margin: Tensor
    low: Tensor
    high: Tensor

    def take(self, places: Tensor) -> "Field":
        return Field(*(one[places] for one in self))


def _field(asked: Asked, walks: Walks, margins: Tensor) -> Field:
    low, high = asked.wish.low[walks.owner].double(), asked.wish.high[walks.owner].double()
    fixed = low == high  # what is swapped stays at what it was swapped to
    ends = (torch.where(fixed, walks.start, end) for end in (low, high))
    own = asked.table[walks.owner].double()
    return Field(own, walks.start, asked.side[walks.owner].double(), margins[walks.owner], *ends)


def _solved(model: Deletable, asked: Asked, walks: Walks, margins: Tensor) -> Solved:
    """Every walk to where it settles, or to its last step."""
    field = _field(asked, walks, margins)
    here, points = walks.first.clone(), walks.first.clone()
    moves: list[list[Tensor]] = [[] for _ in here]
    pace, cost = torch.ones_like(field.margin), torch.full_like(field.margin, torch.inf)
    highest, last = torch.full_like(cost, -torch.inf), torch.full_like(cost, -torch.inf)
    going = torch.arange(len(here), device="cpu")
    for _ in range(STEPS):
        now, place = field.take(going), here[going]
        worst, _, moved = worst_of(model, place, now.side, asked.wish.k)
        length = torch.where(worst >= now.margin, ((place - now.own) / model.scale).norm(dim=1), torch.inf)
        nearer = (length < cost[going]) | (cost[going].isinf() & (worst > highest[going]))
        points[going[nearer]], highest[going[nearer]] = place[nearer], worst[nearer]
        cost[going] = torch.minimum(cost[going], length)
        for number, move in zip(going.tolist(), moved, strict=True):
            if not any(torch.equal(move, one) for one in moves[number]):
                moves[number] = [*moves[number][1 - REMEMBERED :], move]
        pace[going] = torch.where((worst < last[going]) & (worst < now.margin), pace[going] / 2, (2 * pace[going]).clamp_max(1))
        last[going] = worst
        step = _next(model, now, place, [moves[number] for number in going.tolist()]) - place
        here[going] = place + pace[going, None] * step
        going = going[(step / model.scale).norm(dim=1) > SAME]
        if not len(going):
            break
    return Solved(walks, points, cost, highest)


def _next(model: Deletable, field: Field, here: Tensor, moves: list[list[Tensor]]) -> Tensor:
    """(m, d) the nearest place to each row, within its ranges, where the tangents here of all remembered deletions hold."""
    owners = torch.tensor([place for place, own in enumerate(moves) for _ in own], device="cpu")
    scores, slopes = model.tangents(here[owners], torch.stack([move for own in moves for move in own]))
    side = field.side[owners]
    slopes = side[:, None] * slopes * model.scale * (field.low < field.high)[owners]
    needs = field.margin[owners] + AIM - side * scores + (slopes * (here / model.scale)[owners]).sum(1)
    start, low, high = (one / model.scale for one in (field.start, field.low, field.high))
    found = [
        _met(start[place], (slopes[owners == place], needs[owners == place]), Wish(0, 0.0, low[place], high[place]))
        for place in range(len(here))
    ]
    return torch.minimum(torch.maximum(torch.stack(found) * model.scale, field.low), field.high)


def _met(start: Tensor, planes: tuple[Tensor, Tensor], ranges: Wish) -> Tensor:
    """The nearest point to the start within the ranges, beyond all planes or as far as the ranges let."""
    most = torch.maximum(planes[0] * ranges.low, planes[0] * ranges.high).sum(1)
    normals, needs = list(planes[0]), torch.minimum(planes[1], most).tolist()
    point = start
    for _ in range(CORNERS):
        point = projected(start, torch.stack(normals), torch.tensor(needs, dtype=torch.float64, device="cpu"))
        broken = outside(point, ranges)
        if not broken:
            break
        normals += [normal for normal, _ in broken]
        needs += [end for _, end in broken]
    return point


def _best_first(walks: Walks, tried: Solved) -> Walks:
    """The best walks of each row that was tried, to be taken up where they ended; those of other rows as they are."""
    owner, kept = tried.walks.owner, []
    order = torch.where(tried.cost.isfinite(), tried.cost, 1e9 - tried.worst)
    for one in sorted(set(owner.tolist())):
        own = (owner == one).nonzero().flatten()
        kept.append(own[order[own].argsort(stable=True)[:KEPT]])
    best = torch.cat(kept)
    others = ~torch.isin(walks.owner, owner)
    return Walks(
        torch.cat([walks.owner[others], owner[best]]),
        torch.cat([walks.start[others], tried.walks.start[best]]),
        torch.cat([walks.first[others], tried.points[best]]),
    )


def _of(walks: Walks, places: Tensor) -> Walks:
    return Walks(*(one[places] for one in walks))
