"""Questions for whoever simulates a model: changed rows of which half turn the decision."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.evaluation.simulatability.cells import among

# Draws of changed rows an input, among which one of each kind must be.
DRAWS, MOST_EDITS = 200, 3


@dataclass(frozen=True, eq=False)
class Pairs:
    """`rows` (n, F), each with a changed row that is decided alike, `kept` (n, F), and one that is not, `turned` (n, F).
    `numbers` (n,): which of the rows given they are.
    """

    rows: Tensor
    kept: Tensor
    turned: Tensor
    numbers: Tensor


def changed_pairs(
    model: ClassifierAdapter, rows: Tensor, background: Tensor, generator: torch.Generator, barred: Tensor | None = None
) -> Pairs:
    """Of each row one changed row of each kind, with as many edits: 1 to 3 columns with values of known rows.

    Rows of which no two such were drawn are left out. Both have as many changed columns: their number tells nothing. No changed
    row is one of the `barred` (m, F).

    Raises: InputError, where no row has both.
    """
    predicted = model(rows).argmax(1).cpu()
    numbers, kept, turned = [], [], []
    for number, row in enumerate(rows):
        drawn = edited(row.cpu(), background.cpu(), generator)
        if barred is not None:
            drawn = drawn[~among(drawn, barred.cpu())]
        if not len(drawn):
            continue
        edits = (drawn != row.cpu()).sum(1)
        flips = model(drawn.to(rows)).argmax(1).cpu() != predicted[number]
        for size in torch.randperm(MOST_EDITS, generator=generator, device="cpu") + 1:
            same = (edits == size) & ~flips
            other = (edits == size) & flips
            if bool(same.any()) and bool(other.any()):
                kept.append(drawn[same][0])
                turned.append(drawn[other][0])
                numbers.append(number)
                break
    if not numbers:
        raise InputError(
            f"`rows` must turn with 1 to {MOST_EDITS} changed columns now and then. Of {DRAWS} drawn for each, none did."
        )
    which = torch.tensor(numbers, device="cpu")
    return Pairs(rows[which.to(rows.device)], torch.stack(kept).to(rows), torch.stack(turned).to(rows), which)


def edited(row: Tensor, background: Tensor, generator: torch.Generator, count: int = DRAWS) -> Tensor:
    """(count, F) the row with 1 to 3 columns, drawn evenly, with other values, each of a known row of its own."""
    columns = len(row)
    sizes = torch.randint(1, min(MOST_EDITS, columns) + 1, (count, 1), generator=generator, device="cpu")
    order = torch.rand(count, columns, generator=generator, dtype=torch.float64, device="cpu").argsort(1).argsort(1)
    donors = torch.randint(len(background), (count, columns), generator=generator, device="cpu")
    return torch.where(order < sizes, background.gather(0, donors), row)
