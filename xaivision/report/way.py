"""Which of the rows that are handed out for an input are told: counterfactuals, and the steps on the way to one."""

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.explainers.registry import explainers


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


def in_order(result: Counterfactuals, index: int, columns: list[int]) -> list[int]:
    """These columns, which change on the way to what is reached, in the order of the steps that change them."""
    before, rows = result.query.inputs[index], result.counterfactuals[index]
    steps = rows[steps_of(result, index)] != before
    return sorted(columns, key=lambda column: -int(steps[:, column].sum()))


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
