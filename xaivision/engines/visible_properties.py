"""Properties of pictures that anybody can see, in numbers: what is learned from pictures may be no more than one of them."""

import torch
from torch import Tensor


def visible_properties(pictures: Tensor) -> dict[str, Tensor]:
    """Of each picture (N, C, H, W), by name, (N,) float64.

    "brightness" is the mean, "contrast" the standard deviation, "grain" the mean difference of neighbors. "light to the right"
    and "light lower down": where the light lies that a side has more than its darkest column or row, from -1 to 1.
    """
    gray = pictures.detach().cpu().double().mean(1)
    grain = (gray.diff(dim=1).abs().mean((1, 2)) + gray.diff(dim=2).abs().mean((1, 2))) / 2
    return {
        "brightness": gray.mean((1, 2)),
        "contrast": gray.std((1, 2), correction=0),
        "grain": grain,
        "light to the right": _middle(gray.sum(1)),
        "light lower down": _middle(gray.sum(2)),
    }


def _middle(sums: Tensor) -> Tensor:
    """(N,) the middle of what stands above the least of each row (N, n), the ends being -1 and 1."""
    ink = sums - sums.amin(1, keepdim=True)
    places = torch.linspace(-1, 1, sums.shape[1], dtype=torch.float64, device="cpu")
    whole = ink.sum(1)
    return torch.where(whole > 0, (ink * places).sum(1) / whole.where(whole > 0, 1.0), 0.0)
