"""How each kind of operation hands relevance down to what it was given, and which operations have no rule for it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.engines import affine_layers
from xaivision.engines.affine_layers import CONVOLUTIONS, DENSE, MEANS, argument
from xaivision.engines.operation_tape import Call, Value, tensors_in
from xaivision.engines.relevance_rules import Affine, Flow, Share, quotient

# Every number they give is one that they were given: relevance goes where it came from.
_SELECTIONS = (
    "flatten view reshape permute transpose t T mT swapaxes swapdims movedim moveaxis squeeze unsqueeze unflatten view_as "
    "reshape_as contiguous clone to float double type_as type cat concat concatenate stack chunk split tensor_split unbind "
    "getitem select narrow index_select expand expand_as repeat roll flip pad pixel_shuffle pixel_unshuffle channel_shuffle "
    "max_pool1d max_pool2d max_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d amax"
)
_ACTIVATIONS = (
    "relu relu6 hardtanh leaky_relu prelu elu celu selu rrelu silu gelu hardswish mish tanh softsign softplus sigmoid "
    "hardsigmoid logsigmoid threshold clamp clamp_min clamp_max clip hardshrink softshrink tanhshrink"
)
SELECTIONS, ACTIVATIONS = frozenset(_SELECTIONS.split()), frozenset(_ACTIVATIONS.split())
DROPOUTS = frozenset(
    {f"{kind}dropout" for kind in ("", "alpha_", "feature_", "feature_alpha_")} | {f"dropout{n}d" for n in (1, 2, 3)}
)
SUMS = frozenset({"add", "sub", "rsub"})
PRODUCTS = frozenset({"mul", "multiply", "div", "divide", "true_divide", "neg", "negative"})
BATCH_NORMALIZATION = "batch_norm"
GATES = frozenset({"sigmoid", "hardsigmoid", "softmax"})
# What brings pixels to the range that the network wants.
SCALINGS = SUMS | PRODUCTS | {"addcmul", BATCH_NORMALIZATION}

# How a layer shares: from what flowed through it to its inputs' relevance. Who asks decides on the rule.
Rule = Callable[[Affine, Flow], Share]


class Given(NamedTuple):
    """Relevance for values, with repeats, and what was `absorbed` on the way, of the shape of some output (None: nothing)."""

    shares: list[tuple[Value, Tensor]]
    absorbed: Tensor | None = None


def sources(call: Call) -> tuple[Value, ...]:
    """The values that the relevance of this call goes to: a gate gets none."""
    if call.name in PRODUCTS and (gated := _map_under_gate(call)) is not None:
        return (gated,)
    return tuple(value for value in call.inputs if value.is_floating)


def objection(call: Call) -> str:
    """Why relevance cannot be handed down through this call; empty where it can."""
    if call.name in DROPOUTS:
        return "draws at random" if argument(call, 2, "training", argument(call, 2, "train", True)) else ""
    if call.name == BATCH_NORMALIZATION:
        return "uses the statistics of the batch" if argument(call, 5, "training", False) else _fixed_weights(call)
    if call.name in CONVOLUTIONS | DENSE:
        return _fixed_weights(call)
    if call.name in PRODUCTS:
        if _has_two_maps(call) or _divides_by_a_map(call):
            return "multiplies or divides two maps of which neither is a gate"
        return "rounds" if call.kwargs.get("rounding_mode") else ""
    if call.name == "interpolate" and argument(call, 3, "mode", "nearest") == "bicubic":
        return "has negative weights"
    if call.name == "rrelu" and argument(call, 3, "training", False):
        return "draws at random"
    return "" if call.name in SELECTIONS | ACTIVATIONS | MEANS | SUMS else "has no rule"


def is_affine(call: Call) -> bool:
    """Whether it depends on one map, once, and so moves and scales it; what it is called must say the rest."""
    places = sum(isinstance(part, Value) for part in (*call.args, *call.kwargs.values()))
    return places == 1 and not _divides_by_a_map(call)


def passed_on(call: Call, relevance: Sequence[Tensor | None]) -> Given:
    """What copies, rearranges or picks: everything goes back to where it came from. A constant border keeps its own."""
    places = sources(call)
    with torch.enable_grad():
        leaves = {id(value): value.tensor.detach().requires_grad_() for value in places}
        # Clones: a leaf cannot be changed in place.
        outputs = list(tensors_in(call.again(lambda value: leaves.get(id(value), value.tensor).clone())))
        pairs = [(found, part) for found, part in zip(outputs, relevance, strict=True) if part is not None]
        found = torch.autograd.grad(
            [output for output, _ in pairs], list(leaves.values()), [part for _, part in pairs], allow_unused=True
        )
    shares = [(value, part) for value, part in zip(places, found, strict=True) if part is not None]
    return Given(shares, _border(call, pairs[0][1]) if call.name == "pad" else None)


def activated(call: Call, relevance: Tensor) -> Given:
    """An activation hands down all; where it is not 0 at 0, that constant keeps a share as a bias does."""
    (value,) = sources(call)[:1]
    start = call.again(lambda other: torch.zeros_like(other.tensor[:1]))
    if not bool(start.any()):
        return Given([(value, relevance)])
    outputs = call.outputs[0].tensor
    share = (outputs - start) * quotient(relevance, outputs, 0.0)
    return Given([(value, share)], relevance - share)


def scaled(call: Call, relevance: Tensor) -> Given:
    """A map times a constant or a gate, or pixels brought to another range: the map gets everything."""
    (value,) = sources(call)
    return Given([(value, relevance.sum_to_size(value.shape))])


def summed(call: Call, relevance: Tensor, rule: Rule) -> Given:
    """A sum of maps is a layer whose weights are ones; a constant in it is its bias."""
    terms = affine_layers.joined(call)
    outputs = call.outputs[0].tensor
    inputs = torch.stack([value.tensor.to(outputs).expand_as(outputs) for value, _ in terms.parts], -1)
    layer = affine_layers.adding([factor for _, factor in terms.parts], terms.constant, outputs)
    if len(terms.parts) == 1 and not bool(torch.as_tensor(terms.constant).any()):
        return Given([(terms.parts[0][0], relevance.sum_to_size(terms.parts[0][0].shape))])
    share = rule(layer, Flow(inputs, outputs, relevance))
    parts = [
        (value, part.sum_to_size(value.shape)) for (value, _), part in zip(terms.parts, share.relevance.unbind(-1), strict=True)
    ]
    return Given(parts, share.absorbed)


def through_layer(layer: Affine, value: Value, outputs: Value, relevance: Tensor, rule: Rule) -> Given:
    """What a layer with weights hands down by a rule."""
    share = rule(layer, Flow(value.tensor, outputs.tensor, relevance))
    return Given([(value, share.relevance)], share.absorbed)


def _fixed_weights(call: Call) -> str:
    return "" if len(call.inputs) == 1 else "has weights that depend on the input"


def _map_under_gate(call: Call) -> Value | None:
    """The map where a map is multiplied by a gate, which is smaller, or the one of the two that a squashing function made."""
    first, second = argument(call, 0, "input"), argument(call, 1, "other")
    if not (isinstance(first, Value) and isinstance(second, Value)) or call.name not in ("mul", "multiply"):
        return None
    sizes = first.shape.numel(), second.shape.numel()
    if sizes[0] != sizes[1]:
        larger = first if sizes[0] > sizes[1] else second
        return larger if larger.shape == call.outputs[0].shape else None
    gates = [value.producer is not None and value.producer.name in GATES for value in (first, second)]
    if gates[0] == gates[1]:
        return None
    return second if gates[0] else first


def _has_two_maps(call: Call) -> bool:
    both = all(isinstance(argument(call, place, name), Value) for place, name in ((0, "input"), (1, "other")))
    return both and _map_under_gate(call) is None


def _divides_by_a_map(call: Call) -> bool:
    return call.name in ("div", "divide", "true_divide") and isinstance(argument(call, 1, "other"), Value)


def _border(call: Call, relevance: Tensor) -> Tensor:
    """The relevance of what `pad` has added."""
    inside = call.again(lambda value: torch.ones_like(value.tensor))
    outside = call.again(lambda value: torch.zeros_like(value.tensor))
    return torch.where(inside == outside, relevance, 0.0)
