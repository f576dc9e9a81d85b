"""The steps in which a column's numbers come: whole numbers, tenths, hundredths, or none."""

import torch
from torch import Tensor

MOST_DECIMALS = 6
# A column shows its decimals only where rounding of its dtype cannot pass for them.
BLURRED = 0.01


def steps_of(table: Tensor) -> Tensor:
    """(F,) the largest power of ten, 1 at most, whose multiples all values of a column of the table (n, F) are; 0 for none."""
    eps = torch.finfo(table.dtype).eps
    values = table.detach().cpu().double()
    steps = torch.zeros(values.shape[1], dtype=torch.float64, device="cpu")
    for decimals in range(MOST_DECIMALS, -1, -1):
        scaled = values * 10**decimals
        slack = 4 * eps * scaled.abs() + 1e-9
        fits = ((scaled - scaled.round()).abs() <= slack).all(0) & (slack <= BLURRED).all(0)
        steps[fits] = 10.0**-decimals
    return steps
