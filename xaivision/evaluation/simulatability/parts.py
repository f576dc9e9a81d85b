"""What people are told of a row: effects, rules, ways to another class, similar cases. Shuffled, it is told of other columns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.errors import InputError
from xaivision.core.examples import Examples
from xaivision.core.explanation import Explanation
from xaivision.core.narrative import Narrative
from xaivision.core.query import Query
from xaivision.core.rules import Condition, Rule, Rules
from xaivision.engines.table_bins import QUARTILES
from xaivision.explainers.rules.composite import is_composite, told_parts

MOST_CASES = 3


@dataclass(frozen=True, eq=False)
class Cases:
    """Known `rows` (B, k, F) that are like the query's inputs, and the classes `said` of them (B, k) by the model."""

    query: Query
    rows: Tensor
    said: Tensor


Part = Attribution | Rules | Counterfactuals | Cases


def parts_of(explanation: Explanation, model: ClassifierAdapter) -> tuple[Part, ...]:
    """What an explanation of table rows consists of, as people are told it.

    Raises: InputError, where it is of a kind that cannot be told in words.
    """
    if isinstance(explanation, Narrative) and is_composite(explanation):
        return tuple(part for one in told_parts(explanation) for part in parts_of(one, model))
    if isinstance(explanation, Examples):
        rows = explanation.examples[:, :MOST_CASES]
        return (Cases(explanation.query, rows, model(rows.flatten(0, 1)).argmax(1).view(rows.shape[:2])),)
    if isinstance(explanation, Attribution | Rules | Counterfactuals):
        return (explanation,)
    raise InputError(
        "`explainer` must give attributions, rules, counterfactuals, examples, or all of them as `composite` does. "
        f"Got {type(explanation).__name__}."
    )


def shown_rows(parts: Sequence[Part | Explanation]) -> Tensor:
    """(m, F) the rows of which the parts say what the model predicts: none of them may be asked about."""
    shown = [part.counterfactuals.flatten(0, 1) for part in parts if isinstance(part, Counterfactuals)]
    shown += [part.rows.flatten(0, 1) for part in parts if isinstance(part, Cases)]
    shown += [part.examples.flatten(0, 1) for part in parts if isinstance(part, Examples)]
    return torch.cat([parts[0].query.inputs[:0], *shown]).cpu()


def shuffled_parts(parts: tuple[Part, ...], known: Tensor, draw: torch.Generator) -> tuple[Part, ...]:
    """The same, with what is said of each column said of another: for the control, as readable as the explanation and untrue.

    Values stay such that they can be: a condition is cut at a quartile of the known rows (N, F) and holds for the row, an edit
    leads to the value of a known row, and a similar case has each of its values from another known row.

    Raises: InputError, where there is one column only, of which nothing else can be said than what is true.
    """
    if len(known[0]) < 2:
        raise InputError("`rows` must have two columns or more for a control. They have one. Leave it out: control=False.")
    known, query = known.cpu(), parts[0].query
    order = moved_columns(query.inputs.shape, draw)
    return tuple(_shuffled(part, known, order, draw) for part in parts)


def told_alike(parts: tuple[Part, ...], others: tuple[Part, ...]) -> list[int]:
    """Which inputs are told the same by both: those of which the same is said of every column, or nothing of any."""
    count = len(parts[0].query)
    pairs = [(_content(one), _content(other)) for one, other in zip(parts, others, strict=True)]
    return [place for place in range(count) if all(_alike(one[place], other[place]) for one, other in pairs)]


def _content(part: Part) -> Tensor | tuple[tuple[Rule, ...], ...]:
    if isinstance(part, Rules):
        return part.rules
    if isinstance(part, Attribution):
        return part.values
    return part.rows if isinstance(part, Cases) else part.counterfactuals


def _alike(one: Tensor | tuple[Rule, ...], other: Tensor | tuple[Rule, ...]) -> bool:
    return torch.equal(one, other) if isinstance(one, Tensor) and isinstance(other, Tensor) else one == other


def moved_columns(shape: torch.Size, draw: torch.Generator) -> Tensor:
    """(n, F) for each row and column another column: one round through all of them in an order that is drawn."""
    places = torch.rand(shape, generator=draw, dtype=torch.float64, device="cpu").argsort(1)
    return torch.zeros_like(places).scatter(1, places, places.roll(1, 1))


def _shuffled(part: Part, known: Tensor, order: Tensor, draw: torch.Generator) -> Part:
    if isinstance(part, Attribution):
        values = torch.zeros_like(part.values).scatter(1, order.to(part.values.device), part.values)
        return replace(part, values=values, players=None, interactions=None)
    if isinstance(part, Rules):
        return replace(part, rules=tuple(_moved_rules(part, index, known, order[index]) for index in range(len(order))))
    if isinstance(part, Counterfactuals):
        return replace(part, counterfactuals=_moved_edits(part, known, order, draw))
    donors = torch.randint(len(known), part.rows.shape, generator=draw, device="cpu")
    return replace(part, rows=known.gather(0, donors.flatten(0, 1)).view(part.rows.shape).to(part.rows))


def _moved_rules(told: Rules, index: int, known: Tensor, order: Tensor) -> tuple[Rule, ...]:
    row, query = told.query.inputs[index].cpu(), told.query

    def moved(one: Condition) -> Condition:
        column = int(order[one.feature])
        value = float(row[column])
        if query.category_names and query.category_names[column]:
            return Condition(column, value - 0.5, value + 0.5)
        return _beside(column, value, known[:, column], below=one.low is not None)

    return tuple(replace(rule, conditions=tuple(map(moved, rule.conditions))) for rule in told.rules[index])


def _beside(column: int, value: float, known: Tensor, *, below: bool) -> Condition:
    """The value's side of the nearest quartile below it, or above; of the other one where there is none on that side."""
    cuts = torch.quantile(known.double(), torch.tensor(QUARTILES, dtype=torch.float64, device="cpu")).tolist()
    under, over = [cut for cut in cuts if cut < value], [cut for cut in cuts if cut >= value]
    if under and (below or not over):
        return Condition(column, low=under[-1])
    return Condition(column, high=over[0])


def _moved_edits(told: Counterfactuals, known: Tensor, order: Tensor, draw: torch.Generator) -> Tensor:
    rows = told.query.inputs.cpu()
    edits = (told.counterfactuals.cpu() != rows[:, None]).transpose(1, 2)  # (n, F, k): of each column, in which of the k
    moved = torch.zeros_like(edits).scatter(1, order[:, :, None].expand_as(edits), edits).transpose(1, 2)
    values = torch.stack([_other_values(row, known, draw) for row in rows])
    return torch.where(moved, values[:, None], rows[:, None]).to(told.counterfactuals)


def _other_values(row: Tensor, known: Tensor, draw: torch.Generator) -> Tensor:
    """(F,) for each column a value of a known row that is not this row's; its own where all are."""
    chance = torch.rand(known.shape, generator=draw, dtype=torch.float64, device="cpu")
    donors = torch.where(known != row, chance, -1.0).argmax(0, keepdim=True)
    return known.gather(0, donors)[0]
