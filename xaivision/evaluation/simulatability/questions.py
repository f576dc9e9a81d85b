"""What people are asked: the same rows before and after, balanced, none of them explained or shown with its prediction."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.explanation import Explanation
from xaivision.core.random import generator
from xaivision.evaluation.simulatability.cells import Cells, among, first_of_equal
from xaivision.evaluation.simulatability.design import Design
from xaivision.evaluation.simulatability.items import MOST_EDITS, changed_pairs
from xaivision.evaluation.simulatability.parts import Part, parts_of, shown_rows

# Of each cell so many rows are tried for changes: of most rows few columns turn nothing.
TRIED = 200
# So often rows are drawn anew in place of those whose every change an explanation has shown.
ROUNDS = 20
TURNING = f", with changes of 1 to {MOST_EDITS} columns that turn the prediction and others that do not,"

Explain = Callable[[Tensor], Explanation]


@dataclass(frozen=True, eq=False)
class Questions:
    """`rows` (n, F) that are asked about and `numbers` (n,), which of the rows given they are; `right` (n,), the class that the
    model predicts. In the counterfactual simulation `changed` (n, F) are the rows of which that is the class.

    `explained` (m,): which of the rows given are explained, by `parts`: other rows in the forward simulation, the same in the
    counterfactual one. `doubted`: those of them whose explanation the library warns of.
    """

    rows: Tensor
    numbers: Tensor
    right: Tensor
    changed: Tensor | None
    explained: Tensor
    parts: tuple[Part, ...]
    doubted: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Pool:
    """The `rows` (n, F) of a table that questions are drawn from, with the `predicted` class and the cell of each."""

    model: ClassifierAdapter
    explain: Explain
    rows: Tensor
    predicted: Tensor
    cells: Cells


def forward_questions(pool: Pool, design: Design, seed: int) -> Questions:
    """Explained rows to learn from, and others to be asked about.

    Raises: InputError, where a cell has too few rows that no explanation has shown.
    """
    draw = generator(seed, "study", "rows")
    items, learned = design.shares("forward", len(pool.cells.names))
    free = first_of_equal(pool.rows)
    explained = _mixed(pool.cells.alike(learned, free, draw), draw)
    parts, doubted = _parts(pool, explained)
    free[explained] = False
    numbers = _mixed(pool.cells.alike(items, free & ~among(pool.rows.cpu(), shown_rows(parts)), draw), draw)
    return Questions(_rows(pool, numbers), numbers, pool.predicted[numbers], None, explained, parts, doubted)


def counterfactual_questions(pool: Pool, design: Design, seed: int) -> Questions:
    """Explained rows, each with one changed row: in every cell half of them turn the prediction, with as many edits.

    Raises: InputError, where a cell has too few rows with a change of both kinds that no explanation has shown.
    """
    draw = generator(seed, "study", "rows")
    items, _ = design.shares("counterfactual", len(pool.cells.names))
    tried = pool.cells.some(TRIED, draw)
    changes = _changes(pool, tried, None, seed)
    free = torch.zeros(len(pool.rows), dtype=torch.bool, device="cpu")
    free[list(changes)] = True
    free &= first_of_equal(pool.rows)
    for _ in range(ROUNDS):
        numbers, turns = _half_turning(pool.cells.alike(items, free, draw, TURNING), draw)
        parts, doubted = _parts(pool, numbers)
        barred = torch.cat([shown_rows(parts), _rows(pool, numbers).cpu()])
        shown = numbers[among(_chosen(changes, numbers, turns), barred)]
        anew = _changes(pool, shown, barred, seed)
        changes.update(anew)
        lost = [number for number in shown.tolist() if number not in anew]
        if not lost:
            changed = _chosen(changes, numbers, turns).to(pool.rows)
            right = pool.model(changed).argmax(1).cpu()
            return Questions(_rows(pool, numbers), numbers, right, changed, numbers, parts, doubted)
        free[lost] = False
    raise InputError(
        f"`rows` must have changes of 1 to {MOST_EDITS} columns that no explanation shows. In {ROUNDS} draws some had none. "
        "Give more rows, or ask about fewer."
    )


def _half_turning(chosen: Tensor, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """(n,) the chosen rows (cells, each) in an order that is drawn, and whether the change of each turns: half in every cell."""
    turns = (torch.arange(chosen.shape[1], device="cpu") % 2).expand(chosen.shape)
    order = torch.randperm(chosen.numel(), generator=draw, device="cpu")
    return chosen.flatten()[order], turns.flatten()[order]


def _changes(pool: Pool, numbers: Tensor, barred: Tensor | None, seed: int) -> dict[int, tuple[Tensor, Tensor]]:
    """By the number of a row a changed row that is decided alike and one that is not, none of them barred; rows without are left
    out.
    """
    if not len(numbers):
        return {}
    try:
        found = changed_pairs(pool.model, _rows(pool, numbers), pool.rows, generator(seed, "study", "changes"), barred)
    except InputError:  # none has any
        return {}
    return dict(zip(numbers[found.numbers].tolist(), zip(found.kept.cpu(), found.turned.cpu(), strict=True), strict=True))


def _chosen(changes: dict[int, tuple[Tensor, Tensor]], numbers: Tensor, turns: Tensor) -> Tensor:
    return torch.stack([changes[number][turn] for number, turn in zip(numbers.tolist(), turns.tolist(), strict=True)])


def _parts(pool: Pool, numbers: Tensor) -> tuple[tuple[Part, ...], tuple[int, ...]]:
    """What is told of these rows, and which of them the library warns of.

    Raises: InputError, where an explanation is one that must not be shown.
    """
    explanation = pool.explain(_rows(pool, numbers))
    judged = list(zip(numbers.tolist(), explanation.verdicts, strict=True))
    for number, verdict in judged:
        if verdict.status == "refuse":
            raise InputError(f"`explainer` must give explanations that can be shown. That of row {number}: {verdict.reasons[0]}")
    doubted = tuple(number for number, verdict in judged if verdict.status == "warn")
    return parts_of(explanation, pool.model), doubted


def _rows(pool: Pool, numbers: Tensor) -> Tensor:
    return pool.rows[numbers.to(pool.rows.device)]


def _mixed(chosen: Tensor, draw: torch.Generator) -> Tensor:
    return chosen.flatten()[torch.randperm(chosen.numel(), generator=draw, device="cpu")]
