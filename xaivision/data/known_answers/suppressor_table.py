"""Tables in which some columns carry the class, and others only help to read it: suppressors, which are no answer themselves.

Source: Haufe et al., On the interpretation of weight vectors of linear models in multivariate neuroimaging, 2014,
doi:10.1016/j.neuroimage.2013.10.067; Clark et al., XAI-TRIS, 2023, arXiv:2306.12816.
"""

import torch

from xaivision.core.random import generator
from xaivision.data.dataset import Part
from xaivision.data.known_answers.known_set import KnownSet

NAMES = (
    "informative",
    "suppressor",
    "second informative",
    "second suppressor",
    "redundant",
    *(f"noise {n}" for n in range(1, 6)),
)
CARRYING = ("informative", "second informative", "redundant")


def suppressor_pair(learned: int = 2000, tested: int = 500, seed: int = 0) -> KnownSet:
    """Rows (2,): what the class is the sign of, plus a disturbance; and the disturbance alone. `truth`: the first."""
    draws = generator(seed, "suppressor pair")
    count = learned + tested
    signal, disturbance = torch.randn(2, count, generator=draws, dtype=torch.float64, device="cpu")
    rows = torch.stack([signal + disturbance, disturbance], 1).float()
    return _set("suppressor pair", rows, signal > 0, torch.tensor([True, False]), ("informative", "suppressor"), learned)


def suppressor_table(learned: int = 2000, tested: int = 500, seed: int = 0) -> KnownSet:
    """Rows (10,): two signals under disturbances, the two disturbances, a copy of the first signal with noise, and noise.

    The class is the sign of the sum of both signals. `truth`: the columns that it is associated with.
    """
    draws = generator(seed, "suppressor table")
    count = learned + tested
    first, second, one, other, *noise = torch.randn(10, count, generator=draws, dtype=torch.float64, device="cpu")
    copy = first + 0.7 * noise.pop()
    rows = torch.stack([first + one, one, second + other, other, copy, *noise], 1).float()
    truth = torch.tensor([name in CARRYING for name in NAMES])
    return _set("suppressor table", rows, first + second > 0, truth, NAMES, learned)


def _set(
    name: str, rows: torch.Tensor, positive: torch.Tensor, truth: torch.Tensor, names: tuple[str, ...], learned: int
) -> KnownSet:
    targets = positive.long()
    return KnownSet(
        name,
        Part(rows[:learned], targets[:learned]),
        Part(rows[learned:], targets[learned:]),
        truth.expand(len(rows) - learned, -1).contiguous(),
        "association",
        "the columns that the class is associated with; a suppressor helps the model, and tells nothing of the class",
        ("negative", "positive"),
        feature_names=names,
    )
