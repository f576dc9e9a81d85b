"""Masks as text, short enough for a record: the lengths of runs that lie outside and inside in turn, row by row."""

import torch
from torch import Tensor

from xaivision.core.errors import InputError


def run_lengths(mask: Tensor) -> str:
    """`5 2 1` of a mask (2, 4) with the sixth and the seventh pixel; the first number counts what lies outside, 0 if nothing."""
    values = torch.cat([torch.zeros(1, dtype=torch.bool, device="cpu"), mask.detach().cpu().bool().flatten()])
    changes = (values[1:] != values[:-1]).nonzero().flatten()
    ends = torch.cat([changes, torch.tensor([mask.numel()], device="cpu")])
    return " ".join(map(str, ends.diff(prepend=torch.zeros(1, dtype=ends.dtype, device="cpu")).tolist()))


def mask_of_runs(text: str, shape: tuple[int, int]) -> Tensor:
    """(H, W) bool: the mask that `run_lengths` told.

    Raises: InputError, where the runs are not those of such a mask.
    """
    lengths = torch.tensor([int(part) for part in text.split()], device="cpu")
    if int(lengths.sum()) != shape[0] * shape[1] or bool((lengths < 0).any()):
        raise InputError(f"Runs of a mask {shape} must add up to {shape[0] * shape[1]} pixels. Got {int(lengths.sum())}.")
    return (torch.arange(len(lengths), device="cpu") % 2).bool().repeat_interleave(lengths).view(shape)
