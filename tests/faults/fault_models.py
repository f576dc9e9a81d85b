"""Small models that differ from a clean twin by one seeded fault, and what must be said of each.

Every pair is one network written twice: `Net(fault=True)` and `Net(fault=False)` have the same weights.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SIDE, CLASSES = 8, 3
# Which branch of the forward pass is written how: called with the network, its maps, and whether the fault is in.
# They look at the last maps only.
BEHIND = (
    "grad_cam", "grad_cam_plus_plus", "hires_cam", "layer_cam", "x_grad_cam", "eigen_cam", "score_cam", "ablation_cam",
)  # fmt: skip
ASKED = "the gradient is not the slope: along a line|has no rule|switched off or defined anew|[Cc]annot be repaired"

Writing = Callable[["Net", Tensor, bool], Tensor]


@dataclass(frozen=True)
class Fault:
    """A way to write a network. `said`: what the reasons must match. `concerns`: methods; None for all that fit the twin.

    `spares`: methods that see nothing of it, whose gradients, if any, are taken behind it: for them the fault is none.
    `repaired`: the methods answer, and say what was repaired. `by_asking`: `explain` itself says it, not the preflight alone;
    `refused_as`: or that, where a method comes upon the operation first. `unfit`: methods that have no business on the twin.
    """

    name: str
    make: Callable[[bool], nn.Module]
    said: str
    concerns: tuple[str, ...] | None = None
    spares: tuple[str, ...] = ()
    repaired: bool = False
    by_asking: bool = True
    refused_as: str = "nothing else"
    channels: int = 3
    unfit: tuple[str, ...] = ("attention_rollout", "transformer_attribution")


def drawn(module: nn.Module, seed: int = 7) -> nn.Module:
    """The module with weights of its own, the same for both twins."""
    draws = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            values = torch.randn(parameter.shape, generator=draws)
            # A head without negative weights: methods that keep what speaks for the class have something to keep.
            parameter.copy_(values.abs() * 2 if name == "head.weight" else values * 0.5)
        for name, buffer in module.named_buffers():
            if buffer.is_floating_point():
                buffer.copy_(torch.rand(buffer.shape, generator=draws) + (0.5 if name.endswith("var") else -0.5))
    return module.eval()


class Net(nn.Module):
    """A convolution, what is written in between, a second convolution, and a head over the mean of its maps."""

    def __init__(self, between: Writing, fault: bool, channels: int = 3) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(channels, 4, 3, padding=1), nn.Conv2d(4, 5, 3, padding=1)
        self.relu, self.other_relu, self.last_relu = nn.ReLU(), nn.ReLU(), nn.ReLU()
        self.head = nn.Linear(5, CLASSES)
        self.between, self.fault = between, fault

    def forward(self, inputs: Tensor) -> Tensor:
        maps = self.between(self, self.first(inputs), self.fault)
        return self.head(self.last_relu(self.second(maps)).mean((2, 3)))


def net(between: Writing, channels: int = 3) -> Callable[[bool], nn.Module]:
    return lambda fault: drawn(Net(between, fault, channels))


def functional(net: Net, maps: Tensor, fault: bool) -> Tensor:
    return F.relu(maps) if fault else net.relu(maps)


def method_call(net: Net, maps: Tensor, fault: bool) -> Tensor:
    return maps.relu() if fault else net.relu(maps)


def reused(net: Net, maps: Tensor, fault: bool) -> Tensor:
    return net.relu(net.relu(maps) - 0.1) if fault else net.other_relu(net.relu(maps) - 0.1)


def in_place(net: Net, maps: Tensor, fault: bool) -> Tensor:
    return maps.relu_() if fault else net.relu(maps)


def read_again(net: Net, maps: Tensor, fault: bool) -> Tensor:
    """The maps after a module has written into them: the clean twin reads what it gives."""
    shown = net.relu(maps)
    return shown + (maps if fault else shown)


def overwritten(fault: bool) -> nn.Module:
    made = Net(read_again, fault)
    made.relu.inplace = fault
    return drawn(made)


def functional_pool(net: Net, maps: Tensor, fault: bool) -> Tensor:
    return F.max_pool2d(net.relu(maps), 2) if fault else net.pool(net.relu(maps))


class Pooled(Net):
    def __init__(self, between: Writing, fault: bool) -> None:
        super().__init__(between, fault)
        self.pool = nn.MaxPool2d(2)


class Edges(nn.Module):
    """Pools the answers of filters that see edges only, once their weights sum to zero."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.pool, self.relu = nn.Conv2d(3, 4, 3), nn.MaxPool2d(2), nn.ReLU()
        self.second, self.last = nn.Conv2d(4, 5, 3, padding=1), nn.ReLU()
        self.head = nn.Linear(5, CLASSES)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.head(self.last(self.second(self.relu(self.pool(self.first(inputs))))).mean((2, 3)))


class Activated(nn.Module):
    """The second activation is one that DeepLIFT and the guided methods have no rule for, or ReLU."""

    def __init__(self, kind: type[nn.Module]) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 5, 3, padding=1), kind(), nn.Conv2d(5, 5, 1), nn.ReLU()
        )
        self.head = nn.Linear(5, CLASSES)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.head(self.body(inputs).mean((2, 3)))


class Normalized(nn.Module):
    """Batch normalization by the batch's own statistics, or by those of training."""

    def __init__(self, fault: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4, track_running_stats=not fault), nn.ReLU(), nn.Conv2d(4, 5, 3)
        )
        self.last, self.head = nn.ReLU(), nn.Linear(5, CLASSES)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.head(self.last(self.body(inputs)).mean((2, 3)))


class Frozen(Normalized):
    """A frozen part that asks for batch statistics by itself, whatever the mode."""

    def __init__(self, fault: bool) -> None:
        super().__init__(False)
        self.fault = fault

    def forward(self, inputs: Tensor) -> Tensor:
        convolution, norm, relu, following = self.body
        maps = convolution(inputs)
        own = F.batch_norm(maps, None, None, norm.weight, norm.bias, training=True) if self.fault else norm(maps)
        return self.head(self.last(following(relu(own))).mean((2, 3)))


def dropout_on(net: Net, maps: Tensor, fault: bool) -> Tensor:
    return F.dropout(net.relu(maps), 0.5, training=fault)


def noisy(net: Net, maps: Tensor, fault: bool) -> Tensor:
    return net.relu(maps + torch.randn_like(maps) if fault else maps)


def mean_of_the_batch(net: Net, maps: Tensor, fault: bool) -> Tensor:
    return net.relu(maps - maps.mean((0, 2, 3) if fault else (2, 3), keepdim=True))


def without_gradients(net: Net, maps: Tensor, fault: bool) -> Tensor:
    with torch.set_grad_enabled(not fault and torch.is_grad_enabled()):
        side = net.other_relu(maps - 0.2)
    return net.relu(maps) + side


def detached(net: Net, maps: Tensor, fault: bool) -> Tensor:
    side = net.other_relu(maps - 0.2)
    return net.relu(maps) + (side.detach() if fault else side)


def cut(net: Net, maps: Tensor, fault: bool) -> Tensor:
    maps = net.relu(maps)
    return maps.detach() if fault else maps


class Straight(torch.autograd.Function):
    """Rounds to steps of a tenth, with the gradient of no rounding."""

    @staticmethod
    def forward(ctx, inputs):
        return (inputs * 10).round() / 10

    @staticmethod
    def backward(ctx, gradient):
        return gradient


def rounded(net: Net, maps: Tensor, fault: bool) -> Tensor:
    maps = net.relu(maps)
    return Straight.apply(maps) if fault else maps


def data_dependent(net: Net, maps: Tensor, fault: bool) -> Tensor:
    if fault and maps.sum() > -1e9:
        return F.relu(maps)
    return net.relu(maps)


class Constant(nn.Module):
    """A head of zeros."""

    def __init__(self, fault: bool) -> None:
        super().__init__()
        self.body = drawn(nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.ReLU()))
        self.head = drawn(nn.Linear(5, CLASSES))
        nn.init.constant_(self.head.bias, 0.01)  # biases that hold most of the score are a doubt of their own
        if fault:
            nn.init.zeros_(self.head.weight)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.head(self.body(inputs).mean((2, 3)))


def not_a_number(net: Net, maps: Tensor, fault: bool) -> Tensor:
    return net.relu(maps) + (maps.log() * 0 if fault else 0)


class Steep(nn.Module):
    """A step or a slope between two halves of the picture, as a score of its own."""

    def __init__(self, fault: bool) -> None:
        super().__init__()
        self.steepness = 3000.0 if fault else 3.0
        self.maps, self.gate = nn.Conv2d(3, 2, 1, bias=False), nn.Sigmoid()
        nn.init.constant_(self.maps.weight, 1.0)

    def forward(self, inputs: Tensor) -> Tensor:
        level = self.maps(inputs).mean((2, 3))
        return self.gate(self.steepness * (level - 0.7531)) * torch.tensor([1.0, -1.0])


class LayerNormalized(nn.Module):
    """Normalizes each pixel's channels: next to a black baseline the score jumps."""

    def __init__(self, fault: bool) -> None:
        super().__init__()
        self.fault = fault
        self.norm = nn.LayerNorm(3) if fault else nn.Identity()
        self.head = nn.Linear(3, CLASSES)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.head(self.norm(1e4 * inputs.movedim(1, -1)).mean((1, 2)))


class ChannelsLast(nn.Module):
    """Its last map is (B, h, w, C), with as many channels as sides where the fault is in: which axes are which cannot be told."""

    def __init__(self, fault: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU())
        self.mix = Mix(4, SIDE if fault else 5)
        self.head = nn.Linear(SIDE if fault else 5, CLASSES)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.head(self.mix(self.body(inputs)).mean((1, 2)))


class Mix(nn.Module):
    """(B, C, h, w) to (B, h, w, D)."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.weight, self.relu = nn.Parameter(torch.empty(before, after)), nn.ReLU()

    def forward(self, maps: Tensor) -> Tensor:
        return self.relu(maps.movedim(1, -1) @ self.weight)


class Tokens(nn.Module):
    """Patches, one attention and a head. With the fault four tokens are dropped, so that the others form no grid."""

    def __init__(self, fault: bool) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 6, 2, stride=2)
        self.drop, self.norm, self.end = (Drop(5) if fault else nn.Identity()), nn.LayerNorm(6), nn.LayerNorm(6)
        self.attention = nn.MultiheadAttention(6, 1, batch_first=True)
        self.head = nn.Linear(6, CLASSES)

    def forward(self, inputs: Tensor) -> Tensor:
        tokens = self.drop(self.patches(inputs).flatten(2).transpose(1, 2))
        normed = self.norm(tokens)
        tokens = tokens + self.attention(normed, normed, normed, need_weights=False)[0]
        return self.head(self.end(tokens).mean(1))


class Drop(nn.Module):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, tokens: Tensor) -> Tensor:
        return tokens[:, self.count :] * 1


RULES = ("deep_lift", "deep_lift_shap", "guided_backprop", "deconvolution", "guided_grad_cam")
MAPS = ("grad_cam", "grad_cam_plus_plus", "hires_cam", "layer_cam", "x_grad_cam", "score_cam", "ablation_cam", "eigen_cam")
SLOPES = ("saliency", "input_x_gradient", "smooth_grad", "smooth_grad_squared", "var_grad", "guided_backprop")
PATHS = ("integrated_gradients", "expected_gradients")
ATTENTION = ("attention_rollout", "transformer_attribution")


def _activation(name: str) -> Fault:
    kind = getattr(nn, name)
    concerns = RULES if kind is nn.ReLU6 else (*RULES, "full_grad")  # ReLU6 is linear in pieces
    return Fault(name, lambda fault: drawn(Activated(kind if fault else nn.ReLU)), name, concerns)


FAULTS = (
    Fault("functional ReLU", net(functional), "function `relu`", RULES, repaired=True),
    Fault("ReLU as a method of tensors", net(method_call), "function `relu`", RULES, repaired=True),
    Fault("reused ReLU", net(reused), "call 2 of `relu`", RULES, repaired=True),
    Fault("ReLU in place", net(in_place), "no longer works in place", RULES, repaired=True),
    Fault("ReLU into maps that are read again", overwritten, "no longer works in place", RULES, repaired=True),
    Fault("one channel and functional ReLU", net(functional, 1), "function `relu`", RULES, repaired=True, channels=1),
    Fault(
        "functional max pooling",
        lambda fault: drawn(Pooled(functional_pool, fault)),
        "function `max_pool2d`",
        ("deep_lift", "deep_lift_shap"),
        repaired=True,
    ),
    *map(_activation, ("SiLU", "GELU", "ReLU6", "Hardswish")),
    Fault("functional ReLU that cannot be reached", net(data_dependent), "decides by its data", RULES),
    Fault(
        "batch statistics",
        lambda fault: drawn(Normalized(fault)),
        "inputs are not independent",
        refused_as="no rule for BatchNorm2d|`batch_norm` uses the statistics of the batch",
    ),
    Fault(
        "batch statistics inside a frozen module",
        lambda fault: drawn(Frozen(fault)),
        "inputs are not independent",
        refused_as="no rule for native_batch_norm|`batch_norm` uses the statistics of the batch",
    ),
    Fault("mean of the batch", net(mean_of_the_batch), "inputs are not independent"),
    Fault("dropout that is on", net(dropout_on), "the model is random", refused_as="`dropout` draws at random"),
    Fault("noise", net(noisy), "the model is random"),
    Fault("no_grad on one branch", net(without_gradients), "not the slope .* at sub at `sub`", spares=BEHIND, by_asking=False),
    Fault("detach on one branch", net(detached), "not the slope .* at detach at", spares=BEHIND, refused_as=ASKED),
    Fault(
        "rounding with a gradient of its own", net(rounded), "not the slope .* at mul at `mul`", spares=BEHIND, refused_as=ASKED
    ),
    Fault("a cut gradient", net(cut), "cut", (*SLOPES, *PATHS, "deep_lift", "guided_grad_cam", "full_grad")),
    Fault("a constant score", Constant, "the same scores", by_asking=False),
    Fault("NaN", net(not_a_number), "not finite", refused_as="no rule for log|`log` has no rule"),
    Fault("a steep sigmoid", Steep, "zero|add up", PATHS, unfit=(*ATTENTION, *MAPS, *RULES, "full_grad")),
    Fault(
        "layer normalization at a black baseline",
        lambda fault: drawn(LayerNormalized(fault)),
        "zero|add up|LayerNorm|layer_norm",
        (*PATHS, "deep_lift", "full_grad"),
        unfit=(*ATTENTION, *MAPS, *RULES, "blur_integrated_gradients"),
    ),
    Fault("as many channels as sides, last", lambda fault: drawn(ChannelsLast(fault)), "can be read as", MAPS),
    Fault(
        "tokens that form no grid",
        lambda fault: drawn(Tokens(fault)),
        "grid|layer|the cells of the last convolution",
        (*MAPS, *ATTENTION),
        unfit=(*RULES, "layerwise_relevance", "full_grad"),
    ),
)
