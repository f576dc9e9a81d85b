"""XAI-TRIS: pictures of two tetrominoes in noise, in four scenarios on two backgrounds, at two sizes.

Source: Clark et al., XAI-TRIS: non-linear image benchmarks to quantify false positive post-hoc attribution of feature
importance, 2023, arXiv:2306.12816.
"""

from typing import Literal, NamedTuple, get_args

import numpy as np
import torch
from numpy.typing import NDArray

from xaivision.core.errors import InputError
from xaivision.core.random import seed_for
from xaivision.data.dataset import Part
from xaivision.data.known_answers.known_set import KnownSet

Scenario = Literal["linear", "multiplicative", "rigid", "xor"]
Background = Literal["white", "correlated"]
SCENARIOS: tuple[Scenario, ...] = get_args(Scenario)
BACKGROUNDS: tuple[Background, ...] = get_args(Background)
SIDES = (8, 64)

T = np.array([[1, 0], [1, 1], [1, 0]], dtype=np.float64)
L = np.array([[1, 0], [1, 0], [1, 1]], dtype=np.float64)
# Row and column of the first cell of each, in cells.
PLACES = ((1, 1), (4, 5))
# The share of the pattern in the picture, by side, scenario and background.
ALPHAS: dict[int, dict[str, tuple[float, float]]] = {
    8: {"linear": (0.18, 0.0125), "multiplicative": (0.7, 0.1), "rigid": (0.65, 0.2), "xor": (0.35, 0.15)},
    64: {"linear": (0.03, 0.02), "multiplicative": (0.65, 0.05), "rigid": (0.575, 0.375), "xor": (0.075, 0.03)},
}
# Standard deviations in pixels: of the filter that makes the background smooth, and of the one that softens large patterns.
SMOOTHING, SOFTENING = {8: 3.0, 64: 10.0}, 1.5
MEANS = {
    "linear": "the cells of both tetrominoes: the class is which of them is there",
    "multiplicative": "the cells of both tetrominoes: the class is which of them dims the background",
    "rigid": "the cells of this picture's tetromino, anywhere and turned: the class is which of the two it is",
    "xor": "the cells of both tetrominoes: the class is whether they have the same sign",
}
Array = NDArray[np.float64]


def tetrominoes(
    scenario: Scenario,
    background: Background,
    side: int = 8,
    learned: int = 4000,
    tested: int = 500,
    seed: int = 0,
) -> KnownSet:
    """Pictures (1, side, side) in [0, 1], two classes in turn; 0.5 stands for the original's 0. Truth by association.

    Raises: InputError, where there is no such scenario, background or side.
    """
    _check(scenario, background, side)
    share = ALPHAS[side][scenario][BACKGROUNDS.index(background)]
    return _drawn(_Mix(scenario, background, side, share), learned, tested, seed)


def contrasted_tetrominoes(background: Background, share: float, learned: int = 4000, seed: int = 0) -> KnownSet:
    """The linear scenario at 8 x 8 with another share of the pattern in the picture than the published one.

    Raises: InputError, where there is no such background, or the share is none.
    """
    _check("linear", background, SIDES[0])
    if not 0 < share < 1:
        raise InputError(f"`share` must lie between 0 and 1. Got {share!r}.")
    return _drawn(_Mix("linear", background, SIDES[0], share), learned, 500, seed)


class _Mix(NamedTuple):
    """What is drawn, and the share of the pattern in the picture."""

    scenario: Scenario
    background: Background
    side: int
    share: float


def _drawn(mix: _Mix, learned: int, tested: int, seed: int) -> KnownSet:
    scenario, background, side, share = mix
    draws = np.random.default_rng(seed_for(seed, "tetrominoes", scenario, background, side))
    count = learned + tested
    labels = np.arange(count) % 2
    patterns, truth = _patterns(scenario, labels, side, draws)
    noise = _normalized(_noise(background, count, side, draws))
    # What dims the background is not scaled: 1 - share is what its cells leave of it.
    dims = scenario == "multiplicative"
    mixed = (1 - share * patterns) * noise if dims else share * _normalized(patterns) + (1 - share) * noise
    pictures = torch.from_numpy(mixed / (2 * np.abs(mixed).max()) + 0.5).float()[:, None]
    targets = torch.from_numpy(labels)
    return KnownSet(
        f"tetrominoes {scenario} {background} {side}",
        Part(pictures[:learned], targets[:learned]),
        Part(pictures[learned:], targets[learned:]),
        torch.from_numpy(truth[learned:]),
        "association",
        MEANS[scenario],
        ("different", "same")[::-1] if scenario == "xor" else ("T", "L"),
        cell=_cell(scenario, side),
        neutral=0.5,
        spread=float(pictures[:learned].std()),
    )


def _check(scenario: str, background: str, side: int) -> None:
    known = (("scenario", scenario, SCENARIOS), ("background", background, BACKGROUNDS), ("side", side, SIDES))
    for setting, value, allowed in known:
        if value not in allowed:
            raise InputError(f"`{setting}` must be one of {', '.join(map(repr, allowed))}. Got {value!r}.")


def _cell(scenario: str, side: int) -> int:
    """Pixels that a cell is wide."""
    return 1 if side == SIDES[0] else 4 if scenario == "rigid" else 8


def _patterns(scenario: str, labels: NDArray[np.int64], side: int, draws: np.random.Generator) -> tuple[Array, NDArray[np.bool_]]:
    """(n, side, side) the patterns, softened where they are large, and where they are."""
    cell = _cell(scenario, side)
    if scenario == "rigid":
        hard = np.stack([_anywhere((T, L)[label], side, cell, draws) for label in labels])
        return _softened(hard, side), hard != 0
    single = np.stack([_placed(form, place, side, cell) for form, place in zip((T, L), PLACES, strict=True)])
    truth = np.broadcast_to(single.sum(0) != 0, (len(labels), side, side)).copy()
    if scenario == "xor":
        first = draws.choice([-1.0, 1.0], len(labels))
        signs = np.stack([first, np.where(labels == 0, first, -first)], 1)
        return np.einsum("nk,khw->nhw", signs, _softened(single, side)), truth
    return _softened(single, side)[labels], truth


def _placed(form: Array, place: tuple[int, int], side: int, cell: int) -> Array:
    picture, large = np.zeros((side, side)), np.kron(form, np.ones((cell, cell)))
    top, left = place[0] * cell, place[1] * cell
    picture[top : top + large.shape[0], left : left + large.shape[1]] = large
    return picture


def _anywhere(form: Array, side: int, cell: int, draws: np.random.Generator) -> Array:
    turned = np.kron(np.rot90(form, int(draws.integers(4))), np.ones((cell, cell)))
    height, width = turned.shape
    picture = np.zeros((side, side))
    top, left = int(draws.integers(side - height + 1)), int(draws.integers(side - width + 1))
    picture[top : top + height, left : left + width] = turned
    return picture


def _softened(pictures: Array, side: int) -> Array:
    from scipy.ndimage import gaussian_filter

    return pictures if side == SIDES[0] else gaussian_filter(pictures, (0, SOFTENING, SOFTENING))


def _noise(background: str, count: int, side: int, draws: np.random.Generator) -> Array:
    from scipy.ndimage import gaussian_filter

    white = draws.normal(0, 0.5, (count, side, side))
    return white if background == "white" else gaussian_filter(white, (0, SMOOTHING[side], SMOOTHING[side]))


def _normalized(pictures: Array) -> Array:
    """Each of Frobenius norm 1."""
    scaled: Array = pictures / np.linalg.norm(pictures, axis=(1, 2), keepdims=True)
    return scaled
