"""Perceptual hashes: pictures that look alike have hashes that differ in few bits, also when one is flipped or turned."""

import torch
from torch import Tensor
from torch.nn.functional import interpolate

# Pictures are compared by which of two neighbors is brighter, on so many pixels a side. With the usual 9, frames of one sonar
# whose fan fills the picture all look alike.
SIDE = 17
# By less than a quarter of a gray level nothing is brighter: rounding would decide in black corners.
BRIGHTER = 1e-3
BITS = 2 * SIDE * (SIDE - 1)
# Pairs compared at once.
CHUNK = 256


def difference_hash(gray: Tensor) -> Tensor:
    """(8, BITS) bool of a gray picture (1, H, W): its difference hash (dHash, both ways), upright and in its seven other poses.

    The picture is shrunk to 17 x 17 pixels by averaging; a bit says whether a pixel is brighter than its neighbor.
    """
    small = interpolate(gray[None], (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False)[0, 0]
    poses = [turned for turn in range(4) for turned in (small.rot90(turn), small.rot90(turn).flip(1))]
    return torch.stack([_bits(pose) for pose in poses])


def joined(pairs: Tensor, count: int) -> Tensor:
    """(count,) int64: the group of each of `count` pictures, numbered as they first occur, where `pairs` (K, 2) belong together.

    A chain of pairs joins its ends as well.
    """
    parent = list(range(count))
    for first, second in pairs.tolist():
        low, high = sorted((_root(parent, first), _root(parent, second)))
        parent[high] = low
    roots = [_root(parent, place) for place in range(count)]
    numbers = {root: number for number, root in enumerate(dict.fromkeys(roots))}
    return torch.tensor([numbers[root] for root in roots], dtype=torch.int64, device="cpu")


def near_pairs(hashes: Tensor, most: int) -> Tensor:
    """(K, 2): the pairs first < second of hashes (N, 8, BITS) that differ in at most `most` bits in any pose."""
    upright = _signs(hashes[:, 0])
    found = []
    for start in range(0, len(hashes), CHUNK):
        poses = _signs(hashes[start : start + CHUNK].flatten(0, 1))
        alike = (poses @ upright[start:].T).view(-1, hashes.shape[1], len(hashes) - start).amax(1)
        pairs = (alike >= BITS - 2 * most).nonzero() + start
        found.append(pairs[pairs[:, 0] < pairs[:, 1]])
    return torch.cat(found) if found else torch.zeros(0, 2, dtype=torch.int64, device="cpu")


def _bits(small: Tensor) -> Tensor:
    return torch.cat([(small.diff(dim=0) > BRIGHTER).flatten(), (small.diff(dim=1) > BRIGHTER).flatten()])


def _signs(bits: Tensor) -> Tensor:
    """1 and -1: the product of two hashes is BITS less twice the number of bits in which they differ."""
    return bits.float() * 2 - 1


def _root(parent: list[int], place: int) -> int:
    while parent[place] != place:
        parent[place] = parent[parent[place]]  # halves the way for those who come after
        place = parent[place]
    return place
