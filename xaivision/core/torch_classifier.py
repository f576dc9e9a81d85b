"""A torch module as a classifier: differentiable and hookable."""

from collections.abc import Iterator, Sequence
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
from xaivision.core.layers import Layer, is_spatial_map, last_spatial_layer, named_layer, watching
from xaivision.core.metering import count_gradient_calls, count_model_calls
from xaivision.core.modes import evaluating
from xaivision.core.targets import ScoreUnit, TargetScore


@dataclass(frozen=True, eq=False)
class Gradients:
    """Target scores (B,) and their gradients (B, *S). `cut`: no gradient reaches the input, `values` are zeros."""

    scores: Tensor
    values: Tensor
    cut: bool = False


@dataclass(frozen=True, eq=False)
class LayerGradients:
    """Target scores (B,) with a layer's output (B, ...) and the scores' gradients with respect to it.

    `fired`: the layer was called in the forward pass. `cut`: it was, but no gradient of the score reaches it.
    """

    scores: Tensor
    activations: Tensor
    gradients: Tensor
    fired: bool = True
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
        return self._logits(self._prepared(inputs))

    def gradients(self, inputs: Tensor, target: TargetScore) -> Gradients:
        """Scores of the target (B,) and their gradients with respect to the inputs (B, *S)."""
        self.check(inputs)
        count_gradient_calls(len(inputs))
        # In the caller's inference mode no graph is recorded, whatever the grad mode.
        with self.held(), torch.inference_mode(False):
            parts = self.batches.run(lambda part: self._gradients(inputs[part], target.take(part)), inputs, purpose="gradients")
        return Gradients(
            torch.cat([part.scores for part in parts]).to(inputs.device),
            torch.cat([part.values for part in parts]).to(inputs.device),
            any(part.cut for part in parts),
        )

    def layer(self, name: str | None, sample: Tensor) -> Layer:
        """The named layer, or the last one with a spatial map, found by asking for one sample.

        Raises: UnknownNameError, InputError, where there is no such layer.
        """
        with self.held():
            if name is None:
                return last_spatial_layer(self.model, lambda: self(sample[:1]))
            return named_layer(self.model, name, lambda: self(sample[:1]))

    def activations(self, inputs: Tensor, layer: Layer) -> Tensor | None:
        """(B, ...) output of the layer; None where it is not called."""
        self.check(inputs)
        count_model_calls(len(inputs))
        with self.held(), torch.no_grad():
            parts = self.batches.run(lambda part: self._activations(inputs[part], layer), inputs)
        caught = [part for part in parts if part is not None]
        return torch.cat(caught).to(inputs.device) if len(caught) == len(parts) else None

    def layer_gradients(self, inputs: Tensor, target: TargetScore, layer: Layer) -> LayerGradients:
        """The layer's maps and the gradients of the target scores with respect to them.

        No graph is recorded before the layer: the cost is little more than one forward pass.
        """
        self.check(inputs)
        count_gradient_calls(len(inputs))
        with self.held(), torch.inference_mode(False):
            parts = self.batches.run(
                lambda part: self._layer_gradients(inputs[part], target.take(part), layer), inputs, purpose="gradients"
            )
        return LayerGradients(
            torch.cat([part.scores for part in parts]).to(inputs.device),
            torch.cat([part.activations for part in parts]).to(inputs.device),
            torch.cat([part.gradients for part in parts]).to(inputs.device),
            fired=all(part.fired for part in parts),
            cut=any(part.cut for part in parts),
        )

    def _score(self, batch: Tensor) -> Tensor:
        return self._logits(self._prepared(batch))

    def _activations(self, batch: Tensor, layer: Layer) -> Tensor | None:
        caught: list[Tensor] = []

        def catch(called: Layer, output: Any) -> None:
            if called == layer:
                if not isinstance(output, Tensor):
                    raise InputError(
                        f"`layer` must name a layer whose output is a tensor. `{layer.name}` gives {_named(output)}."
                    )
                caught.append(output.detach().clone())  # the next layer may work in place

        with watching(self.model, {layer.name}, catch):
            self._score(batch)
        return caught[0] if caught else None

    def _logits(self, prepared: Tensor) -> Tensor:
        output = self.model(prepared)
        scores = getattr(output, "logits", output)
        if not isinstance(scores, Tensor):
            raise InputError(
                f"The model must return a tensor of scores (B, K), or an object that has them as `logits`. "
                f"Got {_named(scores)}. Wrap the model so that it does."
            )
        if self.num_classes == 2 and scores.shape[1:] == (1,):
            # Half a logit each way: the probabilities stay what they are, and either class can be explained.
            both = [1 - scores, scores] if self.score_unit == "probability" else [-scores / 2, scores / 2]
            scores = torch.cat(both, dim=1)
        return self._checked(scores, len(prepared))

    def _prepared(self, inputs: Tensor) -> Tensor:
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

    def _gradients(self, inputs: Tensor, target: TargetScore) -> Gradients:
        # The leaf is what the module sees; the chain rule over the normalisation is one multiplication by hand.
        with torch.no_grad():
            leaf = self._prepared(inputs).detach()
        with torch.enable_grad():
            leaf.requires_grad_()  # asked through a clone: modules that work in place refuse a leaf
            scores = target.of(self._logits(leaf.clone()))
            gradient = _gradient(scores, leaf)
        if gradient is None:
            return Gradients(scores.detach(), torch.zeros_like(inputs), cut=True)
        if self._affine is not None:
            gradient = gradient * self._affine[0].to(gradient)
        return Gradients(scores.detach(), gradient.to(inputs.dtype).contiguous())

    def _layer_gradients(self, inputs: Tensor, target: TargetScore, layer: Layer) -> LayerGradients:
        caught: list[Tensor] = []

        def start_graph(called: Layer, output: Any) -> Any:
            if called != layer:
                return None
            if not is_spatial_map(output):
                raise InputError(
                    f"`layer` must name a layer whose output is a map (B, C, h, w). `{layer.name}` gives {_named(output)}."
                )
            torch.set_grad_enabled(True)
            # Cloned twice: the next layer may work in place, which a leaf refuses, and so may others on the layer's input,
            # which is also its output where the layer passes it through.
            caught.append(output.detach().clone().requires_grad_())
            return caught[-1].clone()

        # `no_grad` restores the mode of before when it is left, whatever the hook has set meanwhile.
        with watching(self.model, {layer.name}, start_graph), torch.no_grad():
            scores = target.of(self._logits(self._prepared(inputs)))
        if not caught:
            nothing = scores.new_zeros(len(inputs), 1, 1, 1)
            return LayerGradients(scores, nothing, nothing, fired=False)
        gradient = _gradient(scores, caught[-1])
        activations = caught[-1].detach()
        if gradient is None:
            return LayerGradients(scores.detach(), activations, torch.zeros_like(activations), cut=True)
        return LayerGradients(scores.detach(), activations, gradient)


def _gradient(scores: Tensor, leaf: Tensor) -> Tensor | None:
    """The gradient of the summed scores: each input's own, since inputs do not mix in evaluation mode."""
    if not scores.requires_grad:
        return None
    (gradient,) = torch.autograd.grad(scores.sum(), leaf, allow_unused=True)
    return gradient


def _named(output: Any) -> str:
    return f"shape {tuple(output.shape)}" if isinstance(output, Tensor) else type(output).__name__


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
