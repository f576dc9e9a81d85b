"""How far rows of a table are from each other, for judging what was found."""

from collections.abc import Sequence

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.space import Part, Space
from xaivision.evaluation.counterfactual_rights import Rights


def judging_space(rights: Rights, groups: Sequence[tuple[int, ...]], spread: Tensor, seen: Tensor) -> Space:
    """A space in which a number costs its change in units of its `spread` (F,), and a change of category 1, whatever the codes.

    Columns of one of the `groups`, such as the columns of a one-hot encoding, cost 1 together. `seen` (n, F): every row that
    will be compared.
    """
    linked = [group for group in groups if len(group) > 1]
    taken = {column for group in linked for column in group}
    alone = [(column,) for column in range(len(spread)) if column not in taken]
    patterned = torch.ones_like(rights.numbers)
    patterned[[column for (column,) in alone if bool(rights.numbers[column])]] = False
    return Space(
        low=rights.low,
        high=rights.high,
        step=torch.zeros_like(spread),
        direction=rights.direction,
        free=rights.free,
        weight=torch.where(patterned, 1.0, 1 / spread),
        parts=tuple(
            Part(group, seen.double()[:, group].unique(dim=0) if bool(patterned[group[0]]) else None)  # type: ignore[no-untyped-call]
            for group in (*linked, *alone)
        ),
    )
