"""Which of the rows that are handed out for an input are told: counterfactuals, and the steps on the way to one."""

import math

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.explainers.registry import explainers
from xaivision.report.wording import number


def steps_of(result: Counterfactuals, index: int) -> list[int]:
    """The places of the steps: before the first that reaches its class, and changed in nothing but what that one changes."""
    if not bool(result.found[index].any()):
        return []
    before, rows = result.query.inputs[index], result.counterfactuals[index]
    end = int(result.first[index])
    moved = rows[:end] != before
    within = (~moved | (rows[:end] == rows[end])).flatten(1).all(1) & moved.flatten(1).any(1)
    return within.nonzero().flatten().tolist()


def steps_to_it(result: Counterfactuals, index: int) -> int:
    """Of how many steps the way is, the last one included; 0 where what is handed out is no way."""
    found, rows = result.found[index], result.counterfactuals[index]
    end = int(result.first[index])
    again = (rows[end + 1 :] == rows[end]).flatten(1).all(1) & ~found[end + 1 :]
    ended = bool(found[end]) and bool(again.any())
    steps = len(steps_of(result, index))
    return steps + 1 if steps or ended else 0


def in_order(result: Counterfactuals, index: int, place: int) -> list[int]:
    """The columns that change in what is handed out at this place: in the order of the steps that change them, and otherwise the
    dearest first, as far as it is known what they cost.
    """
    before, rows = result.query.inputs[index].flatten(), result.counterfactuals[index].flatten(1)
    steps = rows[steps_of(result, index)] != before
    costs = None if result.column_costs is None else result.column_costs[index, place].nan_to_num(0).tolist()
    columns = (rows[place] != before).nonzero().flatten().tolist()
    return sorted(columns, key=lambda column: (-int(steps[:, column].sum()), 0.0 if costs is None else -costs[column]))


def cost_at(result: Counterfactuals, index: int, place: int) -> str:
    """`2.31`, what it costs to become what is handed out at this place; empty where that is not known."""
    told = math.nan if result.costs is None else float(result.costs[index, place])
    return "" if math.isnan(told) else number(told)


def told_of(result: Counterfactuals, index: int) -> list[int]:
    """The places of all that is changed, each row once: the others say again that nothing more was found."""
    before, rows = result.query.inputs[index], result.counterfactuals[index]
    changed = (rows != before).flatten(1).any(1)
    again = [any(bool((rows[place] == one).all()) for one in rows[:place]) for place in range(len(rows))]
    return [place for place in changed.nonzero().flatten().tolist() if result.found[index, place] or not again[place]]


def called(result: Counterfactuals, place: int, rank: int) -> str:
    """What is handed out at this place, told as the one of this rank from 0: its number, or what it is where each is its own."""
    kinds: tuple[str, ...] = getattr(explainers().get(result.method), "kinds", ())
    return kinds[place] if kinds else f"{rank + 1}."
