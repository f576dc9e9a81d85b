"""Is the gradient that a network reports the slope of its scores?

It is not behind `detach`, `no_grad`, a rounded value, a hook or a function with a gradient of its own; and then every map that
is made of gradients is wrong in silence. One look at a model in its own precision tells those that are right from the others;
what looks wrong there is measured again in double precision, on a copy, before anything is said.
"""

from collections.abc import Callable, Hashable
from copy import copy, deepcopy
from typing import NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from xaivision.core.diagnostics import Note
from xaivision.core.granted import ungranted
from xaivision.core.layers import Layer
from xaivision.core.metering import unmetered
from xaivision.core.random import generator
from xaivision.core.structure import module_structure
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier

LINES = 2  # by chance, besides the steepest
# How far a look goes from its point, as a share of an image's range or a column's size: on a flat score the second step is
# right where the first one drowns in rounding, on a bent one it is too long. The first settles eight of ten networks, nine of
# them of torchvision with random weights; the scores of the other two hardly move, and need double precision.
STEPS = (1e-4, 1e-3)
FINE_STEP = 1e-6
NEARBY = 1e-2  # how far that point is from the input
# Slope and gradient that differ by no more are the same. In the model's own precision, where steps have to be long, as a share
# of the steepest: along it, and along a line by chance. In double precision as a share of the larger of the two.
ALIKE = 0.05
BY_CHANCE = 0.15
FINELY_ALIKE = 0.01
# Where the slopes ahead and behind differ by more, the score bends there, and nothing can be said.
STEADY = 1e-3
# What is said without a copy in double precision has to be plain: straight ahead, and off by more than this.
STRAIGHT = 0.02
PLAINLY_OFF = 0.1
# A change of the scores that rounding cannot have made, in units of it.
ROUNDINGS = 1000

# For each module, and each of its layers that was asked about, the last look. Gone with the module, and not used once a part
# or a setting of it has changed.
_known: "WeakKeyDictionary[nn.Module, dict[Layer | None, tuple[Hashable, tuple[Note, ...]]]]" = WeakKeyDictionary()


class Line(NamedTuple):
    """What the gradient says of the score's slope along a line, and the slopes found `ahead` and `behind`.

    `change` of the score over it, in units of its rounding. `steepest`: the gradient itself points along it.
    """

    told: float
    ahead: float
    behind: float
    change: float
    steepest: bool

    @property
    def slope(self) -> float:
        return (self.ahead + self.behind) / 2

    @property
    def largest(self) -> float:
        return max(abs(self.told), abs(self.slope))

    def off(self, share: float) -> bool:
        """The gradient differs from the slope by more than this share of the larger one, or one of them is no number."""
        return not abs(self.told - self.slope) <= share * self.largest

    def straight(self, share: float) -> bool:
        return self.largest < float("inf") and abs(self.ahead - self.behind) <= share * self.largest


class _AllScores(TargetScore):
    """All scores in one, weighted by chance: a gradient that is wrong for any class is wrong for it."""

    def take(self, rows: "Tensor | slice") -> "_AllScores":
        return self

    def of(self, scores: Tensor) -> Tensor:
        draws = torch.randn(scores.shape[1], generator=generator(0, "slope", "scores"), dtype=torch.float64, device="cpu")
        return scores @ draws.to(scores)


class _Place(NamedTuple):
    """A point (1, ...), an input or a layer's output there, the gradient at it, the score, and the scores of others (n, ...)."""

    point: Tensor
    gradient: Tensor
    score: float
    scores: Callable[[Tensor], Tensor]


def slope_notes(model: TorchClassifier, inputs: Tensor, layer: Layer | None = None) -> tuple[Note, ...]:
    """What there is to doubt about gradients at the input, or at the layer's output, seen once near the first input.

    One gradient and six scores for a module, a shape of inputs and a layer, and no method's cost; six scores more where these
    look wrong, and the same in double precision where those do.
    A gradient that is cut, or a score that bends or is no number, tells nothing here.
    """
    model = ungranted(model)
    key = (module_structure(model.model), tuple(inputs.shape[1:]))
    looks = _known.setdefault(model.model, {})
    if layer not in looks or looks[layer][0] != key:
        with unmetered():
            looks[layer] = (key, _looked_at(model, inputs[:1], layer))
    return looks[layer][1]


def in_double_precision(model: TorchClassifier) -> TorchClassifier | None:
    """The model around a copy of its module in float64, in evaluation mode; None where the module cannot be copied."""
    twin = copy(model)
    try:
        twin.model = deepcopy(model.model).double()
    except Exception:  # a lock, an open file, a kept graph: whatever a module may hold
        return None
    for part in twin.model.modules():
        part.training = False
    return twin


def _looked_at(model: TorchClassifier, one: Tensor, layer: Layer | None) -> tuple[Note, ...]:
    point = _nearby(model, one)
    found: list[Line] = []
    try:
        place = _place(model, point, layer)
        for step in STEPS:
            found = [] if place is None else _lines(model, place, layer, step)
            if not _suspicious(found):
                return ()
    except RuntimeError:  # no gradient as it stands, where a value that it needs is written on: methods say that themselves
        return ()
    finer = _finer(model, point, layer)
    if finer is None:
        wrong = [line for line in found if line.straight(STRAIGHT) and line.off(PLAINLY_OFF) and line.change > ROUNDINGS]
    else:
        wrong = [line for line in finer if line.straight(STEADY) and line.off(FINELY_ALIKE)]
    return (_note(max(wrong, key=lambda line: line.largest), layer),) if wrong else ()


def _suspicious(lines: list[Line]) -> bool:
    """Off where the gradient points to, or by chance in a way that such a gradient does not explain.

    By chance a line may run nearly level; what it is off by counts as a share of the steepest.
    """
    steepest = max((line.largest for line in lines), default=0.0)
    return any(not abs(line.told - line.slope) <= (ALIKE if line.steepest else BY_CHANCE) * steepest for line in lines)


def _note(line: Line, layer: Layer | None) -> Note:
    where = "" if layer is None else f" from the layer `{layer.name}` on"
    text = (
        f"the gradient is not the slope{where}: along a line it gives {line.told:.3g} where the scores change by "
        f"{line.slope:.3g}, as behind `detach`, `no_grad`, rounding, a hook or a gradient defined by hand"
    )
    return Note("warn", text)


def _finer(model: TorchClassifier, point: Tensor, layer: Layer | None) -> list[Line] | None:
    twin = in_double_precision(model)
    if twin is None:
        return None
    try:
        place = _place(twin, point.double(), layer)
        return [] if place is None else _lines(twin, place, layer, FINE_STEP)
    except (RuntimeError, TypeError):  # parts that insist on another precision
        return None


def _nearby(model: TorchClassifier, one: Tensor) -> Tensor:
    """(1, *S) off the corners that black pixels, equal neighbors and columns of zeros sit on, and still an input like it."""
    draws = generator(0, "slope", "nearby")
    if model.domain == "image":
        return torch.lerp(one, torch.rand(one.shape[1:], generator=draws, dtype=torch.float64, device="cpu").to(one), NEARBY)
    noise = torch.randn(one.shape[1:], generator=draws, dtype=torch.float64, device="cpu")
    return one + NEARBY * _sizes(model, one) * noise.to(one)


def _sizes(model: TorchClassifier, one: Tensor) -> Tensor:
    """(1, *S) by how much each value may move: pixels by one, what stands in a column by its own size."""
    return torch.ones_like(one) if model.domain == "image" else torch.where(one == 0, torch.ones_like(one), one.abs())


def _lines(model: TorchClassifier, place: _Place, layer: Layer | None, step: float) -> list[Line]:
    """By chance, and where the gradient points to."""
    # A layer's zeros stay: the corners that rectified maps sit on are no fault of the gradient.
    sizes = _sizes(model, place.point) if layer is None else place.point.abs()
    directions = [_by_chance(sizes, number) for number in range(LINES)]
    norm = (place.gradient.double() * sizes.double()).norm()
    if norm > 0:
        directions.append(place.gradient.double() * sizes.double() ** 2 / norm)
    moved = torch.cat([place.point.double() + sign * step * way for way in directions for sign in (1, -1)])
    scores = place.scores(moved.to(place.point)).double().tolist()
    told = [float((place.gradient.double() * way).sum()) for way in directions]
    rounding = torch.finfo(model.dtype).eps * max(1e-3, abs(place.score))
    return [
        Line(told[i], (up - place.score) / step, (place.score - down) / step, abs(up - down) / rounding, i == LINES)
        for i, (up, down) in enumerate(zip(scores[::2], scores[1::2], strict=True))
    ]


def _by_chance(sizes: Tensor, number: int) -> Tensor:
    draws = torch.randn(sizes.shape[1:], generator=generator(0, "slope", number), dtype=torch.float64, device="cpu")
    return sizes.double() * draws.to(sizes.device)


def _place(model: TorchClassifier, point: Tensor, layer: Layer | None) -> _Place | None:
    """None where no gradient arrives."""
    target = _AllScores(torch.zeros(1, dtype=torch.long, device="cpu"))
    if layer is None:
        found = model.gradients(point, target)
        return None if found.cut else _Place(point, found.values, float(found.scores), lambda others: target.of(model(others)))
    there = model.layer_gradients(point, target, layer)
    if there.cut or not there.fired:
        return None
    return _Place(
        there.activations,
        there.gradients,
        float(there.scores),
        lambda others: target.of(model.scores_with(point, layer, others)),
    )
