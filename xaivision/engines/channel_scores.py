"""How much single channels of a layer matter to the score: shown alone on the input, or taken out of the layer."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.errors import Cancelled
from xaivision.core.layer_layout import LayerLayout
from xaivision.core.layers import Layer
from xaivision.core.map_layers import MapLayer
from xaivision.core.progress import track
from xaivision.core.resuming import Start
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.activation_maps import enlarged
from xaivision.engines.streaming import Pairs, streamed_scores

# Two ways of asking the same rows may differ by rounding; a row that was mixed up differs by more.
SAME = 1e-4


def strongest_channels(activations: Tensor, most: int | None) -> Tensor:
    """(B, k) numbers of the channels with the largest squared sum of (B, C, h, w), in their own order; all where None."""
    batch, channels = activations.shape[:2]
    if most is None or most >= channels:
        return torch.arange(channels, device="cpu").expand(batch, channels)
    sizes = activations.double().square().sum((2, 3)).cpu()
    return sizes.argsort(dim=1, descending=True, stable=True)[:, :most].sort(dim=1).values


def placed(values: Tensor, channels: Tensor, activations: Tensor) -> Tensor:
    """(B, C) the values (B, k) of these channels, like the activations (B, C, h, w); 0 for the others."""
    weights = activations.new_zeros(activations.shape[:2])
    return weights.scatter(1, channels.to(weights.device), values.to(weights))


def softmax_weights(scores: Tensor) -> Tensor:
    """(B, k) softmax over channels; zeros where no channel has a score."""
    return torch.where(torch.isneginf(scores).all(1, keepdim=True), 0, scores.softmax(1))


def masked_scores(model: TorchClassifier, inputs: Tensor, target: TargetScore, activations: Tensor, channels: Tensor) -> Tensor:
    """(B, k) target scores, in float64, of the inputs multiplied by each channel's map, enlarged and stretched to [0, 1].

    A channel that is the same everywhere makes no mask; its score is minus infinity.
    """
    found = torch.empty(channels.shape, dtype=torch.float64, device="cpu")
    height, width = inputs.shape[2:]

    def masked(part: Pairs) -> Tensor:
        maps = activations[part.inputs, channels[part.inputs, part.versions]][:, None]
        masks: Tensor = _stretched(enlarged(maps, height, width)).to(inputs)
        return inputs[part.inputs] * masks

    for part, scores in streamed_scores(model, inputs, channels.shape[1], masked, "channel masks"):
        found[part.inputs, part.versions] = target.take(part.inputs).of(scores).double().cpu()
    flat = (activations.amax((2, 3)) == activations.amin((2, 3))).cpu()
    return found.masked_fill(flat.gather(1, channels), -torch.inf)


def ablated_scores(
    model: TorchClassifier, inputs: Tensor, target: TargetScore, where: MapLayer, outputs: Tensor, channels: Tensor
) -> Tensor:
    """(B, k) target scores, in float64, where the layer's map of each channel is zero in turn; its `outputs` are (B, ...).

    The layers before it are not computed again where the network allows it, which is tried out on each input. Tokens that
    belong to no position are left as they are. Where the layer is not called nothing changes.
    """
    if where.layout is None:
        return target.of(model(inputs)).double().cpu()[:, None].expand(channels.shape)
    found = []
    for index in track(range(len(inputs)), "inputs"):
        row = slice(index, index + 1)
        ablation = Ablation(model, inputs[row], target.take(row), where.layer, where.layout, outputs[row])
        found.append(ablation.scores(channels[index]))
    return torch.stack(found)


@dataclass(frozen=True, eq=False)
class Ablation:
    """One input (1, *S) with what a layer gives for it, (1, ...): the scores of the target without channels of that."""

    model: TorchClassifier
    one: Tensor
    target: TargetScore
    layer: Layer
    layout: LayerLayout
    output: Tensor

    def scores(self, channels: Tensor) -> Tensor:
        """(k,) in float64: one for each channel that is set to zero."""
        start = self.usable_start(channels[:2])
        size = self.model.batches.size(self.output, "outputs")
        parts = track(range(0, len(channels), size), "channels")
        return torch.cat([self._scores(channels[first : first + size], start) for first in parts])

    def usable_start(self, channels: Tensor) -> Start | None:
        """What comes before the layer, if going on from there gives what whole passes give; None otherwise."""
        start = self.model.start(self.one, self.layer)
        if start is None:
            return None
        expected = self._scores(channels, None)
        try:
            found = self._scores(channels, start)
        except Cancelled:
            raise
        except Exception:  # whole passes went well: whatever it is, it comes from going on in the middle
            return None
        return start if bool(((found - expected).abs() <= SAME * (1 + expected.abs())).all()) else None

    def _scores(self, channels: Tensor, start: Start | None) -> Tensor:
        changed = without_channels(self.output, self.layout, channels)
        scores = self.model.scores_with(self.one, self.layer, changed, start)
        rows = torch.zeros(len(channels), dtype=torch.long, device=self.target.classes.device)
        return self.target.take(rows).of(scores).double().cpu()


def without_channels(output: Tensor, layout: LayerLayout, channels: Sequence[int] | Tensor) -> Tensor:
    """(n, ...) copies of one output (1, ...), each with the map of one channel set to zero."""
    copies = output.repeat(len(channels), *[1] * (output.ndim - 1))
    maps = copies[:, layout.leading :] if layout.kind == "tokens" else copies
    for row, channel in enumerate(channels):
        maps[row].select(0 if layout.kind == "channels_first" else -1, int(channel)).zero_()
    return copies


def _stretched(maps: Tensor) -> Tensor:
    """(n, 1, H, W) from 0 at each map's least value to 1 at its largest; 0 where they are the same."""
    low, high = maps.amin((2, 3), keepdim=True), maps.amax((2, 3), keepdim=True)
    span = high - low
    return torch.where(span > 0, (maps - low) / torch.where(span > 0, span, 1), 0)
