"""Pictures without a property: what a probe's region, or a property of the whole picture, is replaced by."""

import torch
from torch import Tensor

from xaivision.core.random import generator
from xaivision.engines.reverberation import reverberation
from xaivision.evaluation.shortcuts.probe import Probe, Subject

# Blocks of seabed elsewhere, which stand against a region: about so many on the shorter side, of so many pixels at least.
BLOCKS, SMALLEST_BLOCK = 14, 4


def can_be_removed(probe: Probe) -> bool:
    """Whether there is a picture without the property: frames and files cannot be taken away, nor can grain."""
    return probe.region is not None or probe.without is not None


def without(probe: Probe, subject: Subject, typical: Tensor, noise: Tensor) -> Tensor:
    """(C, H, W) the picture without the property: seabed where it lies, or the `typical` traits (F,) of the set."""
    if probe.region is not None:
        return under_seabed(subject.picture, probe.region(subject), noise)
    if probe.without is not None:
        return probe.without(subject, typical)
    return subject.picture


def under_seabed(picture: Tensor, region: Tensor, noise: Tensor) -> Tensor:
    """(C, H, W) the picture with seabed in the region (H, W), by the statistics of the rest."""
    return torch.where(region, reverberation(picture, noise, everywhere=True, covered=region), picture)


def elsewhere(region: Tensor, avoided: Tensor, seed: int, row: int) -> Tensor:
    """(H, W) bool: blocks drawn at random, of about the area of the region (H, W), that touch neither it nor what is `avoided`.

    Fewer, where there is no more room.
    """
    height, width = region.shape
    side = max(SMALLEST_BLOCK, min(height, width) // BLOCKS)
    rows, columns = torch.arange(height, device="cpu") // side, torch.arange(width, device="cpu") // side
    blocks = rows[:, None] * (int(columns.max()) + 1) + columns
    sizes = blocks.flatten().bincount()
    taken = torch.zeros(len(sizes), dtype=torch.bool, device="cpu")
    taken[blocks[region | avoided]] = True
    free = (~taken).nonzero().flatten()
    order = free[torch.randperm(len(free), generator=generator(seed, "elsewhere", row), device="cpu")]
    enough = sizes[order].cumsum(0) - sizes[order] < int(region.sum())
    return torch.isin(blocks, order[enough])


def noise_for(picture: Tensor, seed: int) -> Tensor:
    """(H, W) standard normal, the same for all pictures of one size."""
    shape = picture.shape[1:]
    return torch.randn(shape, generator=generator(seed, "seabed"), dtype=torch.float64, device="cpu")
