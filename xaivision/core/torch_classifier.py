"""A torch module as a classifier: differentiable and hookable."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from xaivision.core.about import Domain
from xaivision.core.access import Access
from xaivision.core.classifier import ClassifierAdapter, Schema
from xaivision.core.errors import InputError
from xaivision.core.image_format import ImageFormat
from xaivision.core.kept_pass import graph_pass
from xaivision.core.layer_layout import Layout
from xaivision.core.layer_passes import (
    LayerGradients,
    LayerOutputs,
    joined_gradients,
    joined_outputs,
    layer_gradients,
    layer_outputs,
    named,
    scores_with,
    summed_gradient,
)
from xaivision.core.layers import Layer, named_layer, watching
from xaivision.core.map_layers import MapLayer, layer_name, map_layer
from xaivision.core.metering import count_gradient_calls, count_model_calls
from xaivision.core.modes import evaluating
from xaivision.core.resuming import Start, recorded_start, resumed
from xaivision.core.targets import ScoreUnit, TargetNumbers, TargetScore

# What torch says of inputs with other columns or sides than a layer has weights for.
SIGNS_OF_ANOTHER_SHAPE = ("shapes cannot be multiplied", "size mismatch", "Given groups=", "Given normalized_shape=")


@dataclass(frozen=True, eq=False)
class Gradients:
    """Target scores (B,) and their gradients (B, *S), with all scores (B, K) of the same pass.

    `cut`: no gradient reaches the input, `values` are zeros.
    """

    scores: Tensor
    all_scores: Tensor
    values: Tensor
    cut: bool = False


class TorchClassifier(ClassifierAdapter):
    """A module that maps (B, *S) to (B, K), or to (B, 1) where the second of two classes is scored.

    One logit z for two classes is read as (-z / 2, z / 2).

    `mean` and `std` (one number a channel) normalise images inside, so that inputs stay in [0, 1]. The module is asked in
    evaluation mode and left as it was; its parameters are never touched.
    """

    access = Access.WEIGHTS
    model: nn.Module

    def __init__(
        self,
        module: nn.Module,
        num_classes: int,
        *,
        score_unit: ScoreUnit = "logit",
        domain: Domain = "image",
        class_names: Sequence[str] | None = None,
        image_format: ImageFormat | None = None,
        schema: Schema | None = None,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        batch_size: int | None = None,
    ) -> None:
        super().__init__(
            module,
            num_classes,
            score_unit=score_unit,
            domain=domain,
            class_names=class_names,
            image_format=image_format,
            schema=schema,
            batch_size=batch_size,
        )
        # A format is the last word: a module may make three channels of one before its first convolution.
        self._channels = image_format.channels if image_format is not None else _input_channels(module, domain)
        self._affine = _affine(mean, std, domain, self._channels)

    @property
    def device(self) -> torch.device:
        return torch.device("cpu") if self._anchor is None else self._anchor.device

    @property
    def dtype(self) -> torch.dtype:
        """The dtype the module computes in; inputs are brought to it, or left as they are where no tensor shows it."""
        return torch.get_default_dtype() if self._anchor is None else self._anchor.dtype

    @property
    def _anchor(self) -> Tensor | None:
        tensors = chain(self.model.parameters(), self.model.buffers())
        return next((tensor for tensor in tensors if tensor.is_floating_point()), None)

    def check(self, inputs: Tensor) -> None:
        super().check(inputs)
        if self._channels is not None and inputs.shape[1] != self._channels:
            raise InputError(
                f"`inputs` must have {self._channels} channels. Got {inputs.shape[1]}. Give `image_format` where the model "
                "takes other channels than its first convolution."
            )

    @contextmanager
    def held(self) -> Iterator[None]:
        """The module to this thread alone, in evaluation mode. Re-entrant."""
        with super().held(), evaluating(self.model):
            yield

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, K) scores with their graph, in one piece. Hold the model while the graph is used."""
        return self._logits(self.prepared(inputs))

    def gradients(self, inputs: Tensor, target: TargetScore | TargetNumbers) -> Gradients:
        """Scores of the target (B,) and their gradients with respect to the inputs (B, *S)."""
        self.check(inputs)
        count_gradient_calls(len(inputs))
        # In the caller's inference mode no graph is recorded, whatever the grad mode.
        with self.held(), torch.inference_mode(False):
            parts = self.batches.run(lambda part: self._gradients(inputs[part], target.take(part)), inputs, purpose="gradients")
        return Gradients(
            torch.cat([part.scores for part in parts]).to(inputs.device),
            torch.cat([part.all_scores for part in parts]).to(inputs.device),
            torch.cat([part.values for part in parts]).to(inputs.device),
            any(part.cut for part in parts),
        )

    def layer(self, name: str | nn.Module | None, sample: Tensor) -> Layer:
        """The named layer, or the one by which maps are best explained, found by asking for one sample.

        Raises: UnknownNameError, InputError, where there is no such layer.
        """
        known = layer_name(self.model, name)
        if known is None:
            return self.map_layer(None, None, sample).layer
        with self.held():
            return named_layer(self.model, known, lambda: self(sample[:1]))

    def map_layer(self, name: str | nn.Module | None, layout: Layout | None, sample: Tensor) -> MapLayer:
        """The named layer, or the one by which maps are best explained, and how its output is read as maps.

        One sample is asked for, uncounted, and the answer is remembered as long as the module keeps its parts.

        Raises: UnknownNameError, InputError, where there is no such layer, or its output is no map in just one way.
        """
        with self.held():
            return map_layer(self.model, layer_name(self.model, name), layout, sample[:1], self)

    def called_layers(self, sample: Tensor) -> tuple[Layer, ...]:
        """The innermost layers that give a tensor with the batch first, in the order of their calls for this sample."""
        called: list[Layer] = []

        def note(layer: Layer, output: Any) -> None:
            if isinstance(output, Tensor) and output.ndim > 1 and len(output) == len(sample):
                called.append(layer)

        with self.held(), watching(self.model, None, note):
            self(sample)
        return tuple(called)

    def activations(self, inputs: Tensor, layer: Layer) -> Tensor | None:
        """(B, ...) output of the layer; None where it is not called."""
        found = self.layer_outputs(inputs, layer)
        return found.activations if found.fired else None

    def layer_outputs(self, inputs: Tensor, layer: Layer) -> LayerOutputs:
        """All scores (B, K) and the output of the layer (B, ...), in one pass."""
        self.check(inputs)
        count_model_calls(len(inputs))
        with self.held():
            parts = self.batches.run(lambda part: layer_outputs(self.model, layer, lambda: self._score(inputs[part])), inputs)
        return joined_outputs(parts, inputs.device)

    def layer_gradients(self, inputs: Tensor, target: TargetScore | TargetNumbers, layer: Layer) -> LayerGradients:
        """The layer's output and the gradients of the target scores with respect to it, with all scores of the same pass.

        No graph is recorded before the layer: the cost is little more than one forward pass.
        """
        self.check(inputs)
        count_gradient_calls(len(inputs))
        with self.held(), torch.inference_mode(False):
            parts = self.batches.run(
                lambda part: layer_gradients(
                    self.model, layer, lambda: self._logits(self.prepared(inputs[part])), target.take(part).of
                ),
                inputs,
                purpose="gradients",
            )
        return joined_gradients(parts, inputs.device)

    def start(self, one: Tensor, layer: Layer) -> Start | None:
        """What comes before the layer for one input (1, *S), to be taken up by `scores_with`; None where it is not called."""
        self.check(one)
        count_model_calls(1)
        with self.held():
            return recorded_start(self.model, layer, lambda: self._score(one))

    def scores_with(self, one: Tensor, layer: Layer, outputs: Tensor, start: Start | None = None) -> Tensor:
        """(n, K) scores of one input (1, *S) if the layer gave each of these outputs (n, ...) in turn.

        With its `start` the layers before are not computed again. Whether the network allows that has to be tried out.
        """
        self.check(one)
        count_model_calls(len(outputs))

        def answer(part: slice) -> Tensor:
            rows = self.prepared(one).expand(len(outputs[part]), *one.shape[1:])
            if start is None:
                return scores_with(self.model, layer, lambda: self._logits(rows.contiguous()), outputs[part])
            with resumed(start, outputs[part]), torch.no_grad():
                return self._logits(rows)

        with self.held():
            return torch.cat(self.batches.run(answer, outputs, purpose="outputs")).to(one.device)

    def prepared(self, inputs: Tensor) -> Tensor:
        """The inputs on the module's device, in its dtype, normalised, channels last in memory (1.1 to 1.2 times faster)."""
        anchor = self._anchor
        prepared = inputs if anchor is None else inputs.to(anchor.device, anchor.dtype)
        if self.domain == "image":
            prepared = prepared.contiguous(memory_format=torch.channels_last)
        if self._affine is None:
            # A module may work in place; it must not do so on the caller's tensor.
            return prepared.clone() if prepared.data_ptr() == inputs.data_ptr() else prepared
        scale, shift = (constant.to(prepared) for constant in self._affine)
        return torch.addcmul(shift, prepared, scale)

    def scores_by(self, way: Callable[[slice], Any], inputs: Tensor) -> Tensor:
        """(n, K) scores of inputs (n, *S) by another way through the module than its forward pass.

        `way(part)` answers for a slice of them. It is counted, held and split like any other call, and what comes out is
        read like the module's own answer.
        """
        count_model_calls(len(inputs))
        with self.held(), torch.no_grad():
            parts = self.batches.run(lambda part: self._read(way(part), len(inputs[part])), inputs)
        return torch.cat(parts).to(inputs.device)

    def _score(self, batch: Tensor) -> Tensor:
        return self._logits(self.prepared(batch))

    def _logits(self, prepared: Tensor) -> Tensor:
        return self._read(self._answer(prepared), len(prepared))

    def _read(self, output: Any, inputs: int) -> Tensor:
        scores = getattr(output, "logits", output)
        if not isinstance(scores, Tensor):
            raise InputError(
                f"The model must return a tensor of scores (B, K), or an object that has them as `logits`. "
                f"Got {named(scores)}. Wrap the model so that it does."
            )
        if self.num_classes == 2 and scores.shape[1:] == (1,):
            # Half a logit each way: the probabilities stay what they are, and either class can be explained.
            both = [1 - scores, scores] if self.score_unit == "probability" else [-scores / 2, scores / 2]
            scores = torch.cat(both, dim=1)
        return self._checked(scores, inputs)

    def _answer(self, prepared: Tensor) -> Any:
        try:
            return self.model(prepared)
        except RuntimeError as error:
            if not any(sign in str(error) for sign in SIGNS_OF_ANOTHER_SHAPE):
                raise
            raise InputError(
                f"`inputs` must have the shape that the module takes. One of shape {tuple(prepared.shape[1:])} does not fit: "
                f"{str(error).splitlines()[0]}. Give `schema` or `image_format`, which say the shape before the model is asked."
            ) from error

    def _gradients(self, inputs: Tensor, target: TargetScore | TargetNumbers) -> Gradients:
        # The leaf is what the module sees; the chain rule over the normalisation is one multiplication by hand.
        with torch.no_grad():
            leaf = self.prepared(inputs).detach()
        with torch.enable_grad():
            # Asked through a clone: modules that work in place refuse a leaf.
            found = graph_pass(self.model, leaf.requires_grad_(), lambda inputs: self._logits(inputs.clone()))
            all_scores = found.scores
            scores = target.of(all_scores)
            gradient = summed_gradient(scores, found.leaf, keep_graph=found.kept)
        if gradient is None:
            return Gradients(scores.detach(), all_scores.detach(), torch.zeros_like(inputs), cut=True)
        if self._affine is not None:
            gradient = gradient * self._affine[0].to(gradient)
        return Gradients(scores.detach(), all_scores.detach(), gradient.to(inputs.dtype).contiguous())


def _affine(
    mean: Sequence[float] | None, std: Sequence[float] | None, domain: Domain, channels: int | None
) -> tuple[Tensor, Tensor] | None:
    """Scale and shift, (1, C, 1, 1), of `(x - mean) / std`."""
    if mean is None and std is None:
        return None
    if mean is None or std is None or len(mean) != len(std) or min(std) <= 0:
        raise InputError(
            f"`mean` and `std` must be given together, one number a channel, with positive `std`. Got {mean} and {std}."
        )
    if domain != "image":
        raise InputError("`mean` and `std` are for images. Standardize the columns of a table inside the module.")
    if len(mean) not in (1, channels or len(mean)):
        raise InputError(f"`mean` and `std` must have one number for each of {channels} channels. Got {len(mean)}.")
    scale = 1 / torch.tensor(list(std), dtype=torch.float64, device="cpu")
    shift = -torch.tensor(list(mean), dtype=torch.float64, device="cpu") * scale
    return scale.view(1, -1, 1, 1), shift.view(1, -1, 1, 1)


def _input_channels(module: nn.Module, domain: Domain) -> int | None:
    """Channels that the first convolution takes, where there is one."""
    convolutions = (part for part in module.modules() if isinstance(part, nn.Conv2d))
    first = next(convolutions, None) if domain == "image" else None
    return None if first is None else first.in_channels
