"""Importance by permutation: how far the black box's probabilities move when one column is shuffled among the rows.

Blocks of at least 20,000 rows go to the model in one call: copies of the same rows, each with another column shuffled. A block is
filled once; from call to call only the shuffled columns are written and put back, so that what the ranking adds to the model's
own time does not grow with the width of the table.

Source: Breiman, Random forests, 2001, doi:10.1023/A:1010933404324; Fisher, Rudin, Dominici, 2019, arXiv:1801.01489.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from xaivision.core.progress import track
from xaivision.core.random import generator
from xaivision.surrogates.candidates import Candidates
from xaivision.surrogates.decision_tree import Floats

BLOCK_ROWS = 20_000
# Rows that the model is asked about in all, where nobody says how many: shuffled copies times columns.
USUAL_CALLS, FEWEST_ROWS, MOST_ROWS, MOST_REPEATS = 2_000_000, 50, 1_000, 5
# Values that those rows hold in all: beyond, one shuffle has to do. 7,000 columns of 60 rows hold 3 billion.
USUAL_VALUES = 2_000_000_000

Asked = Callable[[Tensor], Floats]


def permutation_importances(
    ask: Asked, inputs: Tensor, candidates: Candidates, *, rows: int | None = None, repeats: int | None = None, seed: int = 0
) -> Floats:
    """(F,) mean change of the probabilities (half the sum of absolute changes, from 0 to 1) when a column is shuffled.

    `ask`: (B, F) to (B, K) probabilities. Columns that are the same are shuffled together, and each has what the first has;
    constant ones have 0. `rows`: so many of the inputs, drawn, None for as many as two million calls allow; `repeats`: shuffles
    of each column.
    """
    chosen = _chosen(inputs, candidates, rows, seed)
    again = repeats or _usual_repeats(len(chosen) * len(candidates.usable), inputs.shape[1])
    shuffles = torch.stack([chosen[_shuffle(len(chosen), seed, number)] for number in range(again)])
    jobs = [(column, number) for column in candidates.usable for number in range(again)]
    copies = math.ceil(BLOCK_ROWS / len(chosen))
    block = chosen.repeat(min(copies, len(jobs)), 1)
    before = ask(chosen)
    found = np.zeros(inputs.shape[1])
    parts = [jobs[start : start + copies] for start in range(0, len(jobs), copies)]
    for part in track(parts, "shuffling columns"):
        written = [(copy, column, number) for copy, (first, number) in enumerate(part) for column in candidates.together(first)]
        after = _asked(ask, block[: len(part) * len(chosen)], chosen, shuffles, torch.tensor(written, device=chosen.device))
        changes = np.abs(after.reshape(len(part), len(chosen), -1) - before).sum(2) / 2
        for (first, _), change in zip(part, changes.mean(1), strict=True):
            found[list(candidates.together(first))] += change / again
    return found


def _asked(ask: Asked, block: Tensor, rows: Tensor, shuffles: Tensor, written: Tensor) -> Floats:
    """What is said of a block of copies of the rows (n, F), in which `written` (m, 3) is shuffled: copy, column, shuffle.

    The block is afterwards what it was. All its values are written at once: one by one they would take as long as the model.
    """
    n, width = rows.shape
    copy, column, number = (part[:, None] for part in written.unbind(1))
    own = torch.arange(n, device=rows.device) * width + column
    places, values = (copy * n * width + own).flatten(), block.view(-1)
    values[places] = shuffles.flatten(1)[number, own].flatten()
    try:
        return ask(block)
    finally:
        values[places] = rows.view(-1)[own.flatten()]


def _chosen(inputs: Tensor, candidates: Candidates, rows: int | None, seed: int) -> Tensor:
    usual = min(MOST_ROWS, max(FEWEST_ROWS, USUAL_CALLS // max(1, len(candidates.usable))))
    count = min(len(inputs), rows or usual)
    drawn = torch.randperm(len(inputs), generator=generator(seed, "permutation ranking", "rows"))[:count]
    return inputs[drawn.sort().values.to(inputs.device)].contiguous()


def _usual_repeats(calls: int, width: int) -> int:
    """As many shuffles of each column as are usual for so many rows in one of each."""
    return max(1, min(MOST_REPEATS, USUAL_CALLS // max(1, calls), USUAL_VALUES // max(1, calls * width)))


def _shuffle(count: int, seed: int, number: int) -> Tensor:
    """A cycle through the rows in random order: every row gets the value of another one."""
    order = torch.randperm(count, generator=generator(seed, "permutation ranking", number))
    found = torch.empty_like(order)
    found[order] = order.roll(1)
    return found
