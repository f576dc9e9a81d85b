"""Full gradients: what every pixel and every bias of a network has in the score, as one map of the picture.

Source: Srinivas, Fleuret, 2019, arXiv:1905.00780.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.layer_passes import summed_gradient
from xaivision.core.metering import count_gradient_calls, count_model_calls
from xaivision.core.targets import TargetNumbers, TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.activation_maps import enlarged, spread_over_input
from xaivision.engines.affine_pieces import axes_of, bends, bent, own_constant
from xaivision.engines.operation_tape import Call, Value, recorded
from xaivision.engines.relevance_shares import SCALINGS

_MOVED = SCALINGS | {"to", "float", "double", "contiguous", "clone"}


class FullGradients(NamedTuple):
    """`values` (B, 1, H, W); then (B,) each in float64: what `pixels` have of their sum, what `placed` biases have, which lie
    somewhere in a map, and what `spread` biases have, which lie nowhere and are shared by all pixels.

    `all_scores` (B, K) of the same pass. `bent`: operations on the way that are not affine in pieces. `cut`: no gradient
    reaches the pixels.
    """

    values: Tensor
    pixels: Tensor
    placed: Tensor
    spread: Tensor
    all_scores: Tensor
    bent: tuple[str, ...]
    cut: bool


def full_gradients(
    model: TorchClassifier, inputs: Tensor, target: TargetScore | TargetNumbers, *, absolute: bool = False
) -> FullGradients:
    """Pixels times their gradient, and each bias times its gradient where it lies: they sum to the score.

    That holds where every operation is affine in pieces; what a clipped value is clipped to is a bias as well. `absolute`:
    the sum over layers of absolute values that are scaled to [0, 1] in each of them, as the paper draws; biases that lie
    nowhere are left out, and nothing adds up. One pass forward and one back, batch by batch.

    Raises: CapabilityError, where the network cannot be followed.
    """
    model.check(inputs)
    count_gradient_calls(len(inputs))

    def of_batch(rows: slice) -> FullGradients:
        ask = partial(_of_batch, model, absolute=absolute)
        found = ask(inputs[rows], target.take(rows))
        if found is None:  # a map whose first axis need not be that of the inputs: each alone, all of it is its own
            numbers = range(*rows.indices(len(inputs)))
            count_model_calls(len(numbers))
            parts = [ask(inputs[number : number + 1], target.take(slice(number, number + 1))) for number in numbers]
            return _joined([part for part in parts if part is not None], inputs)
        return found

    with model.held(), torch.inference_mode(False):
        return _joined(model.batches.run(of_batch, inputs, purpose="gradients"), inputs)


def _of_batch(
    model: TorchClassifier, inputs: Tensor, target: TargetScore | TargetNumbers, *, absolute: bool
) -> FullGradients | None:
    """None where a bias acts on something that cannot be divided among several inputs."""
    seen: list[Tensor] = []

    def run(leaf: Tensor) -> Tensor:
        scores = model.forward(leaf)
        seen.extend((leaf, scores))
        return scores

    gathered = _Gathered(inputs, absolute)
    tape = recorded(run, inputs, gathered.watch)
    if gathered.mixed and len(inputs) > 1:
        return None
    leaf, scores = seen
    with torch.enable_grad():
        gradient = summed_gradient(target.of(scores), leaf)
    if gradient is not None:
        gathered.pixels += gradient.double() * inputs
    return gathered.found(scores.detach(), bent(tape), gradient is None)


class _Gathered:
    """Adds up products of biases and gradients while the pass back meets them; no gradient is kept."""

    def __init__(self, inputs: Tensor, absolute: bool) -> None:
        self._batch, _, *self._size = inputs.shape
        self._absolute = absolute
        self._made_of_pixels: set[Value] = set()
        self.pixels = torch.zeros_like(inputs, dtype=torch.float64)
        # One map for each size that maps have: enlarging is linear, and layers of one size are many.
        self._maps: dict[tuple[int, int], Tensor] = {}
        self._spread = self.pixels.new_zeros(self._batch)
        self.mixed = False

    def watch(self, call: Call, results: list[Tensor]) -> None:
        """Have the products of this call's own constant taken, once its gradient is known."""
        is_of_pixels = self._is_of_pixels(call)
        if is_of_pixels:
            self._made_of_pixels.update(call.outputs)
        if bends(call) or not results[0].requires_grad or (constant := own_constant(call)) is None:
            return
        take = self._take_as_pixels if is_of_pixels else self._taker(call.outputs[0])
        results[0].register_hook(lambda gradient: take(gradient.detach() * constant))  # type: ignore[no-untyped-call]

    def found(self, all_scores: Tensor, bent: tuple[str, ...], cut: bool) -> FullGradients:
        pixels, placed = self.pixels.sum(1, keepdim=True), self._placed()
        sums = (pixels.sum((1, 2, 3)), placed.sum((1, 2, 3)), self._spread)
        if self._absolute:
            values = _scaled(self.pixels).sum(1, keepdim=True) + placed
        else:
            values = pixels + placed + (self._spread / (self._size[0] * self._size[1])).view(-1, 1, 1, 1)
        return FullGradients(values, *sums, all_scores=all_scores, bent=bent, cut=cut)

    def _is_of_pixels(self, call: Call) -> bool:
        """Whether it brings the picture to the range that the network wants: its shift counts with the pixels."""
        known = all(value.producer is None or value in self._made_of_pixels for value in call.inputs)
        return known and call.name in _MOVED and call.outputs[0].shape == self.pixels.shape

    def _taker(self, value: Value) -> Callable[[Tensor], None]:
        axes = axes_of(value)
        if axes != "unknown" and value.shape[0] == self._batch:
            return partial(self._take_as_map, channels=1 if axes == "channels first" else 3)
        if len(value.shape) != 2 or value.shape[0] != self._batch:
            self.mixed = True
        return self._take_as_number

    def _take_as_pixels(self, products: Tensor) -> None:
        self.pixels += products

    def _take_as_map(self, products: Tensor, channels: int) -> None:
        products = products.movedim(channels, 1)
        maps = (_scaled(products) if self._absolute else products).sum(1, keepdim=True).double()
        size = (maps.shape[2], maps.shape[3])
        self._maps[size] = self._maps[size] + maps if size in self._maps else maps

    def _placed(self) -> Tensor:
        height, width = self._size
        enlarge = enlarged if self._absolute else spread_over_input
        placed = self.pixels.new_zeros(self._batch, 1, height, width)
        for maps in self._maps.values():
            placed += enlarge(maps, height, width)
        return placed

    def _take_as_number(self, products: Tensor) -> None:
        """Its rows are those of the batch, or all of one input's."""
        self._spread += products.double().sum() if self._batch == 1 else products.double().flatten(1).sum(1)


def _scaled(products: Tensor) -> Tensor:
    """(B, C, h, w) absolute values, from 0 at each input's least to 1 at its largest; 0 where all are equal."""
    sizes = products.abs()
    least, most = (end.view(-1, 1, 1, 1) for end in sizes.flatten(1).aminmax(dim=1))
    return (sizes - least) / torch.where(most > least, most - least, 1)


def _joined(parts: list[FullGradients], inputs: Tensor) -> FullGradients:
    values, pixels, placed, spread, scores = (torch.cat(found).to(inputs.device) for found in list(zip(*parts, strict=True))[:5])
    names = tuple(dict.fromkeys(name for part in parts for name in part.bent))
    cut = any(part.cut for part in parts)
    return FullGradients(values.to(inputs.dtype), pixels, placed, spread, scores, bent=names, cut=cut)
