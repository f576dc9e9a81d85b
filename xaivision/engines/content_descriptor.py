"""Five numbers of what a look at a masked part of a picture takes in, so that two looks can be held against each other."""

import torch
from torch import Tensor


def content_descriptors(images: Tensor, mask: Tensor) -> Tensor:
    """(n, 5) float64 of images (n, C, H, W) in [0, 1], all seen through the same mask (H, W): nothing else of them matters.

    Brightness, contrast, the share that is bright, and how far that reaches down and across, each from 0 to about 1.
    """
    gray = images.detach().double().cpu().mean(1)
    inside = mask.detach().cpu().bool()
    values = gray[:, inside]
    bright = (gray > values.amax(1)[:, None, None].clamp_min(1e-9) / 2).double() * inside
    total = bright.flatten(1).sum(1).clamp_min(1)
    extents = [_extent(bright.sum(2 - axis), total) for axis in (0, 1)]
    return torch.stack([values.mean(1), values.std(1, unbiased=False), total / inside.sum(), *extents], 1)


def _extent(profile: Tensor, total: Tensor) -> Tensor:
    """(n,) twice the standard deviation of the place along one side, as a share of that side."""
    places = (torch.arange(profile.shape[1], dtype=torch.float64, device="cpu") + 0.5) / profile.shape[1]
    mean = profile @ places / total
    spread = (profile * (places - mean[:, None]).square()).sum(1) / total
    return 2 * spread.clamp_min(0).sqrt()


def content_likeness(images: Tensor, whole: Tensor, mask: Tensor) -> Tensor:
    """(n,) float64 in (0, 1]: how alike images (n, C, H, W) look to the `whole` one (C, H, W) through the mask; 1: the same."""
    distances = content_descriptors(images, mask) - content_descriptors(whole[None], mask)
    likeness: Tensor = (-distances.norm(dim=1)).exp()
    return likeness
