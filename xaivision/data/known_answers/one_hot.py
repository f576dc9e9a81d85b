"""The simplified problem: rows with one value that is not zero, whose sign is the class.

Source: Shah, Jain, Netrapalli, Do input gradients highlight discriminative features?, 2021, arXiv:2102.12781.
"""

import torch

from xaivision.core.random import generator
from xaivision.data.dataset import Part
from xaivision.data.known_answers.known_set import KnownSet


def one_hot(features: int = 10, learned: int = 10000, tested: int = 200, seed: int = 0) -> KnownSet:
    """Rows (F,) that are 1 or -1 at one place and 0 elsewhere; the class is the sign. `truth`: that place."""
    draws = generator(seed, "one hot", features)
    count = learned + tested
    places = torch.randint(features, (count,), generator=draws, device="cpu")
    targets = torch.randint(2, (count,), generator=draws, device="cpu")
    truth = torch.nn.functional.one_hot(places, features).bool()
    rows = truth.float() * (2.0 * targets - 1)[:, None]
    return KnownSet(
        "one hot",
        Part(rows[:learned], targets[:learned]),
        Part(rows[learned:], targets[learned:]),
        truth[learned:],
        "association",
        "the one column that is not zero: its sign is the class",
        ("negative", "positive"),
    )
