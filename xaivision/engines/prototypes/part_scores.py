"""Whether prototypes mean parts: scores of which parts they are found at, from arrays alone."""

import torch
from torch import Tensor


def part_shares(hits: Tensor, visible: Tensor, own: Tensor) -> Tensor:
    """(P, K) float64: in which share of the pictures of its class that show part k a prototype is found at part k.

    `hits` (B, P, K), `visible` (B, K), `own` (B, P): whether the picture is of the prototype's class. NaN where no such
    picture shows the part: a part that cannot be seen is not missed.

    Source: Huang et al., 2022, arXiv:2212.05946, section 3.1.
    """
    counted = own[:, :, None] & visible[:, None]
    found = (hits & counted).double().sum(0)
    return found / _or_nan(counted.double().sum(0))


def consistency(shares: Tensor, threshold: float) -> Tensor:
    """(P,) float64: 1 where a prototype is at one and the same part in at least this share of pictures, 0 where it is not.

    NaN where its class shows no part.

    Source: Huang et al., 2022, arXiv:2212.05946, equation 1; the threshold is 0.8 there.
    """
    best = shares.nan_to_num(-1.0).amax(1)
    return torch.where(best < 0, torch.nan, (best >= threshold).double())


def stability(hits: Tensor, noisy: Tensor, own: Tensor) -> Tensor:
    """(P,) float64: the share of pictures of its class in which a prototype is at the very same parts under noise.

    `hits` (B, P, K), `noisy` (D, B, P, K) of D draws of noise, `own` (B, P). NaN without a picture of its class.

    Source: Huang et al., 2022, arXiv:2212.05946, equation 2.
    """
    same = (noisy == hits).all(3).double().mean(0)
    return (same * own).sum(0) / _or_nan(own.double().sum(0))


def purity(hits: Tensor, similarity: Tensor, count: int) -> Tensor:
    """(P,) float64: of the `count` pictures most like a prototype, of any class, the share that it finds at one same part.

    `hits` (B, P, K), `similarity` (B, P); of fewer pictures all count.

    Source: Nauta et al., 2023, PIP-Net, CVPR 2023, section 5; ten pictures there.
    """
    nearest = similarity.argsort(dim=0, descending=True, stable=True)[:count]
    at = hits.gather(0, nearest[:, :, None].expand(-1, -1, hits.shape[2]))
    return at.double().mean(0).amax(1)


def box_overlap(first: Tensor, second: Tensor) -> Tensor:
    """(...,) float64: the area that two boxes (..., 4), top, left, bottom, right, share, as a part of what they cover together.

    What stands in for `stability` where no parts are known, boxes with and without noise. Ours, from no paper.
    """
    one, other = first.double(), second.double()
    sides = (torch.minimum(one[..., 2:], other[..., 2:]) - torch.maximum(one[..., :2], other[..., :2])).clamp_min(0)
    shared = sides.prod(-1)
    return shared / (_area(one) + _area(other) - shared)


def _area(boxes: Tensor) -> Tensor:
    return (boxes[..., 2:] - boxes[..., :2]).prod(-1)


def _or_nan(counts: Tensor) -> Tensor:
    return torch.where(counts > 0, counts, torch.nan)
