"""Twins: two records that are the same but for one attribute, which is the class. What differs between them is the truth.

Source: Wilming et al., GECOBench, 2024, arXiv:2406.11547, whose twins are sentences.
"""

import torch
from torch import Tensor

from xaivision.core.random import generator
from xaivision.data.dataset import Part
from xaivision.data.known_answers.known_set import KnownSet

MEANS = "what differs from the twin, which is the same record of the other class"
SIDE, OBJECT = 16, 5
# Both crosses have as much ink, so that brightness does not tell them apart.
NOISE, BRIGHT = 0.15, 0.9


def twin_rows(columns: int = 8, altered: int = 2, learned: int = 2000, tested: int = 400, seed: int = 0) -> KnownSet:
    """Rows of `columns`, in pairs: the first `altered` columns of the second twin are moved by 1.5, the others are the same."""
    draws = generator(seed, "twin rows", columns, altered)
    pairs = (learned + tested) // 2
    mixing = torch.randn(columns, columns, generator=draws, device="cpu") / columns**0.5
    records = torch.randn(pairs, columns, generator=draws, device="cpu") @ (torch.eye(columns, device="cpu") + 0.5 * mixing)
    moved = records.clone()
    moved[:, :altered] += 1.5
    return _twins(
        "twin rows", records, moved, learned, tuple(f"altered {n}" if n < altered else f"same {n}" for n in range(columns))
    )


def twin_pictures(learned: int = 1200, tested: int = 400, seed: int = 0) -> KnownSet:
    """Pictures (1, 16, 16) in pairs: the same noise, and at the same place an upright or a slanting cross."""
    draws = generator(seed, "twin pictures")
    pairs = (learned + tested) // 2
    ground = NOISE + NOISE * torch.rand(pairs, 1, SIDE, SIDE, generator=draws, device="cpu")
    places = torch.randint(SIDE - OBJECT + 1, (pairs, 2), generator=draws, device="cpu").tolist()
    twins = []
    for form in _crosses():
        pictures = ground.clone()
        for picture, (top, left) in zip(pictures, places, strict=True):
            picture[0, top : top + OBJECT, left : left + OBJECT][form] = BRIGHT
        twins.append(pictures)
    return _twins("twin pictures", twins[0], twins[1], learned, cell=OBJECT)


def _crosses() -> tuple[Tensor, Tensor]:
    """(5, 5) an upright and a slanting cross, of nine pixels each."""
    upright, slanting = torch.zeros(2, OBJECT, OBJECT, dtype=torch.bool, device="cpu")
    upright[OBJECT // 2] = upright[:, OBJECT // 2] = True
    slanting |= torch.eye(OBJECT, dtype=torch.bool, device="cpu") | torch.eye(OBJECT, dtype=torch.bool, device="cpu").flip(0)
    return upright, slanting


def _twins(name: str, first: Tensor, second: Tensor, learned: int, names: tuple[str, ...] = (), cell: int = 1) -> KnownSet:
    """Both twins of a pair lie beside each other, so that no pair is taken apart."""
    inputs = torch.stack([first, second], 1).flatten(0, 1)
    targets = torch.arange(len(inputs), device="cpu") % 2
    differs = (first != second).repeat_interleave(2, 0)
    truth = differs.any(1) if differs.ndim == 4 else differs
    return KnownSet(
        name,
        Part(inputs[:learned], targets[:learned]),
        Part(inputs[learned:], targets[learned:]),
        truth[learned:],
        "association",
        MEANS,
        ("first twin", "second twin"),
        cell=cell,
        feature_names=names,
    )
