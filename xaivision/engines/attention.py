"""Reads the attention of a model while it scores, with its graph, and changes nothing of the model.

A mode of torch's own function dispatch sees every call of this thread: it puts the explicit product of softmax and values
in the place of the fused ones, which give the same numbers and no weights. The fast paths of torch's transformers step
aside for such a mode by themselves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from xaivision.core.errors import CapabilityError
from xaivision.core.metering import count_gradient_calls
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier

# The same code as torch's, without its first question: whether somebody watches. Asked again, it would never get to work.
_attend = FunctionType(
    F.multi_head_attention_forward.__code__,
    {**vars(F), "has_torch_function": lambda _tensors: False},
    argdefs=F.multi_head_attention_forward.__defaults__,
)
_SOFTMAX = (torch.softmax, torch.special.softmax, F.softmax, Tensor.softmax)


class AttentionReader(TorchFunctionMode):
    """Collects the attention weights of each forward pass inside, in the order of the calls.

    `weights`: of each call, (B, heads, queries, keys) or what the model makes of it. `maps`: (h, w) of the convolutions'
    outputs before the first of them. `differentiable`: gradients with respect to the weights can be asked for.
    """

    def __init__(self, *, differentiable: bool) -> None:
        super().__init__()
        self.weights: list[Tensor] = []
        self.maps: list[tuple[int, int]] = []
        self._differentiable = differentiable

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is F.multi_head_attention_forward:
            return self._heads(*args, **kwargs)
        if func is F.scaled_dot_product_attention:
            return self._product(*args, **kwargs)
        found = func(*args, **kwargs)
        if func in _SOFTMAX and found.ndim > 2 and _dimension(args, kwargs) in (-1, found.ndim - 1):
            return self._kept(found).clone()  # the model may go on in place
        if func is torch.conv2d and not self.weights:
            self.maps.append((found.shape[-2], found.shape[-1]))
        return found

    def _heads(self, *args: Any, need_weights: bool = True, average_attn_weights: bool = True, **kwargs: Any) -> Any:
        """What `multi_head_attention_forward` gives; its own call of the fused product is seen here."""
        with self:
            output, _ = _attend(*args, need_weights=False, **kwargs)
        if not need_weights:
            return output, None
        weights = self.weights[-1] if output.ndim == 3 else self.weights[-1][0]
        return output, weights.mean(-3) if average_attn_weights else weights.clone()

    def _product(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        **more: Any,
    ) -> Tensor:
        """What `scaled_dot_product_attention` gives, by its definition."""
        if more.get("enable_gqa"):
            key, value = (part.repeat_interleave(query.shape[-3] // part.shape[-3], -3) for part in (key, value))
        logits = _logits(query, key, more.get("scale"))
        if is_causal:
            attn_mask = torch.ones(logits.shape[-2:], dtype=torch.bool, device=logits.device).tril()
        if attn_mask is not None:
            logits = logits.masked_fill(~attn_mask, -torch.inf) if attn_mask.dtype == torch.bool else logits + attn_mask
        return F.dropout(self._kept(logits.softmax(-1)), dropout_p) @ value

    def _kept(self, weights: Tensor) -> Tensor:
        if self._differentiable and not weights.requires_grad:
            weights.requires_grad_()  # of a frozen model the weights of the first layer are where the graph starts
        self.weights.append(weights)
        return weights


def _logits(query: Tensor, key: Tensor, scale: float | None) -> Tensor:
    """(..., queries, keys) what the softmax is taken of."""
    return (query * (query.shape[-1] ** -0.5 if scale is None else scale)) @ key.transpose(-2, -1)


def _dimension(args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    return args[1] if len(args) > 1 else kwargs.get("dim")


class Attention(NamedTuple):
    """Of each layer the attention weights (B, heads, N, N) and, where asked for, the score's gradients with respect to them.

    `readers` (B, N): the tokens that any score of an input depends on after the last layer. `maps`: (h, w) of the
    convolutions' outputs before the first layer. `cut`: no gradient reaches one of the layers.
    """

    weights: list[Tensor]
    gradients: list[Tensor]
    readers: Tensor
    maps: list[tuple[int, int]]
    cut: bool = False


@dataclass(frozen=True, eq=False)
class TokenValues:
    """One number for each token, (B, N), with the scores (B,) that the model gave meanwhile.

    `readers`, `maps` and `cut` as in `Attention`.
    """

    values: Tensor
    scores: Tensor
    readers: Tensor
    maps: list[tuple[int, int]]
    cut: bool = False


# From the attention of one batch to one number for each token, (B, N).
Summary = Callable[[Attention], Tensor]


def token_values(
    model: TorchClassifier, inputs: Tensor, target: TargetScore, summary: Summary, *, gradients: bool
) -> TokenValues:
    """The summary of each input's attention. Memory is that of one batch.

    One gradient an input: from the first attention on where `gradients` are asked for, else back to the last one only.

    Raises: CapabilityError, where the model has no attention that can be read, or not every token sees every token.
    """
    model.check(inputs)
    count_gradient_calls(len(inputs))

    def work(part: slice) -> TokenValues:
        scores, found = _attention(model, inputs[part], target.take(part), gradients)
        values, scores, readers = (of.to(inputs.device) for of in (summary(found), scores, found.readers))
        return TokenValues(values, scores, readers, found.maps, found.cut)

    with model.held(), torch.inference_mode(False):
        parts = model.batches.run(work, inputs, purpose="gradients")
    values, scores, readers = (torch.cat([getattr(part, name) for part in parts]) for name in ("values", "scores", "readers"))
    return TokenValues(values, scores, readers, parts[0].maps, any(part.cut for part in parts))


def _attention(model: TorchClassifier, inputs: Tensor, target: TargetScore, gradients: bool) -> tuple[Tensor, Attention]:
    with torch.enable_grad(), AttentionReader(differentiable=True) as reader:
        scores = model.forward(inputs)
        asked = target.of(scores)
    _check(reader.weights, len(inputs))
    last = _slopes(_every_score(scores), reader.weights[-1:], keep=gradients)[0]
    slopes = _slopes(asked, reader.weights) if gradients else ()
    weights = [_with_heads(layer.detach()) for layer in reader.weights]
    filled = [torch.zeros_like(of) if slope is None else _with_heads(slope) for slope, of in zip(slopes, weights, strict=False)]
    # A row of the last layer that no score depends on belongs to a token that is dropped after it.
    readers = torch.zeros_like(weights[-1][:, 0, 0]).bool() if last is None else _with_heads(last).any(3).any(1)
    return asked.detach(), Attention(weights, filled, readers, reader.maps, cut=any(slope is None for slope in slopes))


def _every_score(scores: Tensor) -> Tensor:
    """(B,) all scores at once, none with the weight of another: those of two classes may be each other's negative."""
    return scores @ torch.linspace(1, 2, scores.shape[1], dtype=scores.dtype, device=scores.device)


def _slopes(scores: Tensor, weights: list[Tensor], keep: bool = False) -> tuple[Tensor | None, ...]:
    """The gradients of the summed scores: each input's own, since inputs do not mix in evaluation mode.

    `keep`: the graph is needed again.
    """
    if not scores.requires_grad:
        return (None,) * len(weights)
    found = torch.autograd.grad(scores.sum(), weights, allow_unused=True, retain_graph=keep)
    return cast(tuple[Tensor | None, ...], found)


def _with_heads(weights: Tensor) -> Tensor:
    """(B, heads, N, N), where there is one head without an axis of its own too."""
    return weights if weights.ndim == 4 else weights[:, None]


def _check(weights: list[Tensor], batch: int) -> None:
    if not weights:
        raise CapabilityError(
            "A model with attention over all its tokens is needed: `nn.MultiheadAttention`, `scaled_dot_product_attention`, or "
            "a softmax over the tokens. Got a model that calls none of them. Use `grad_cam` or `integrated_gradients`."
        )
    tokens = weights[0].shape[-1]
    for number, layer in enumerate(weights):
        if layer.ndim not in (3, 4) or layer.shape[0] != batch or layer.shape[-2:] != (tokens, tokens):
            raise CapabilityError(
                "Every token must see every token of its input, (B, heads, N, N) with one N, so that attention can be followed "
                f"through the layers. Got {tuple(layer.shape)} in attention {number} of {len(weights)}, for a batch of {batch}: "
                "windows, pooled tokens or several sequences. Use `integrated_gradients`."
            )
