"""Steps along the gradient to the nearest place where the decision turns, its numbers moved and its patterns swapped.

Each step is the shortest one by which the model's tangent would reach the other side: for a linear model that is the nearest
point itself, in the norm that is asked for. Source: Wachter et al., 2017, arXiv:1711.00399, for what is sought;
Moosavi-Dezfooli et al., DeepFool, 2016, arXiv:1511.04599, for the steps.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.searching import Ask, Asked, Search
from xaivision.engines.counterfactuals.shortest_step import shortest_step
from xaivision.engines.counterfactuals.space import Room

# How far beyond the border a step aims, as a share of the distance to it in the score: rounding must not bring it back.
BEYOND = 1e-3
# Steps that make the nearest point found nearer by less than this share are the last.
SETTLED = 1e-3
# At less than this pace a walk goes on from where it is, without asking what is nearest to its start: with several classes the
# tangent of the margin turns where another class comes between, and two such tangents can throw a walk to and fro.
STUCK = 0.3
# How far such a walk goes beyond what it sees before it: where borders meet at a sharp angle, bare projections creep.
FURTHER = 1.5


@dataclass(frozen=True)
class Walk:
    """At most `steps` steps from each of the starting places; `ways` of them are told apart by the columns that may move."""

    steps: int
    ways: int


def walked(room: Room, plan: Walk, generator: torch.Generator) -> Search:
    """Ask about rows ever nearer to the border: with all columns and with random halves of them, and with patterns swapped."""
    swapped = yield from _swapped(room)
    if not len(room.numbers):
        return
    masks = torch.rand(plan.ways, len(room.numbers), generator=generator, dtype=torch.float64, device="cpu") < 0.5
    masks[0] = True
    starts = swapped.repeat_interleave(plan.ways, 0)
    moving = masks.repeat(len(swapped), 1)
    yield from _stepped(room, starts, moving, plan)


def _swapped(room: Room) -> Generator[Ask, Asked, Tensor]:
    """The row, and the row with the one, two, three swaps of patterns that help most for their cost."""
    kept = [room.row]
    if room.choices:
        trials, places = [], []
        for place, (columns, patterns) in enumerate(room.choices):
            rows = room.row.repeat(len(patterns) - 1, 1)
            rows[:, columns] = patterns[1:].to(rows.dtype)
            trials.append(rows)
            places += [place] * len(rows)
        asked = yield Ask(torch.cat([room.row[None], *trials]))
        kept += _best_together(room, asked, places)
        yield Ask(torch.stack(kept))
    return torch.stack(kept[:4])


def _best_together(room: Room, asked: Asked, places: list[int]) -> list[Tensor]:
    """The best swap of each part, one added to the other, most helpful for its cost first."""
    gains = (asked.merits[1:] - asked.merits[0]) / asked.costs[1:].clamp_min(1e-12)
    together, seen, out = room.row.clone(), set[int](), []
    for number in gains.argsort(descending=True, stable=True).tolist():
        if places[number] in seen or not float(gains[number]) > 0:
            continue
        seen.add(places[number])
        columns = room.choices[places[number]][0]
        together = together.clone()
        together[columns] = asked.rows[1 + number, columns]
        out.append(together)
    return out


def _stepped(room: Room, starts: Tensor, moving: Tensor, plan: Walk) -> Search:
    """Newton's way from each start: to where the tangent crosses, from there anew; half as far where that was no help."""
    current, pace = starts, torch.ones(len(starts), 1, dtype=torch.float64, device="cpu")
    highest = torch.full((len(starts),), -torch.inf, dtype=torch.float64, device="cpu")
    goal, best, stuck = None, torch.full_like(highest, torch.inf), torch.zeros(len(starts), dtype=torch.bool, device="cpu")
    for _ in range(plan.steps):
        asked = yield Ask(room.rounded(current), slopes=True)
        assert asked.slopes is not None  # noqa: S101 - they were asked for
        merit, slope = asked.merits, asked.slopes[:, room.numbers].double() * moving
        goal = BEYOND * merit.abs() if goal is None else goal
        # What lands just short of the border, where values have steps, aims farther.
        goal = torch.where((merit <= 0) & (merit > -2 * goal), 2 * goal, goal)
        pace = torch.where(((merit <= highest) & (merit < 0))[:, None], pace / 2, (2 * pace).clamp_max(1))
        nearer = torch.where(merit > 0, asked.costs, torch.inf)
        settled = (merit > 0) & (nearer >= best * (1 - SETTLED))
        best, highest = torch.minimum(best, nearer), torch.maximum(highest, merit)
        if bool((settled | ~slope.any(1)).all()):
            return
        stuck |= pace[:, 0] < STUCK
        here = asked.rows[:, room.numbers].double()
        there = _crossing(room, Tangent(here, merit, slope, goal), stuck)
        current = asked.rows.double()
        current[:, room.numbers] = torch.where(stuck[:, None], there, here + pace * (there - here))
        stuck &= merit <= 0


class Tangent(NamedTuple):
    """Where walks are (m, d), how far over the border (m,), with which slope (m, d), and how far they want to be (m,)."""

    here: Tensor
    merit: Tensor
    slope: Tensor
    goal: Tensor


def _crossing(room: Room, tangent: Tangent, stuck: Tensor) -> Tensor:
    """(m, d) where the tangent has crossed: nearest to the row, or where a walk is `stuck` (m,) nearest to where it is."""
    here, merit, slope, goal = tangent
    numbers, weight = room.numbers, room.space.weight[room.numbers].clamp_min(1e-12)
    start = torch.where(stuck[:, None], here, room.value[numbers])
    start = torch.where(slope != 0, start, here)
    need = (goal - merit + (slope * (here - start)).sum(1)).clamp_min(0)
    bounds = (room.low - start).clamp_max(0), (room.high - start).clamp_min(0)
    there = start + shortest_step(slope, need, bounds, weight, room.space.norm)
    if bool(stuck.any()):  # projections, of which many lead to where all tangents are crossed, if there is such a place
        there = torch.where(stuck[:, None], start + shortest_step(slope, FURTHER * need, bounds, weight, 2.0), there)
    return torch.where(slope.any(1, keepdim=True), there, here)
