"""Small networks that are written in the many ways people write them."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from xaivision.core.errors import CapabilityError

SIDE = 6


class Written(nn.Module):
    """Two convolutions and a head, with `between` as the way the forward pass is written."""

    def __init__(self, between: Callable[["Written", Tensor], Tensor]) -> None:
        super().__init__()
        draws = torch.Generator().manual_seed(3)
        self.first, self.second = nn.Conv2d(1, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)
        self.relu, self.in_place, self.head = nn.ReLU(), nn.ReLU(inplace=True), nn.Linear(3, 2)
        self.between = between
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=draws) / 2)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.head(self.between(self, self.first(inputs)).mean((2, 3)))


def sample(batch: int = 3) -> Tensor:
    return torch.randn(batch, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(4))


def relu_twice(net: Written, maps: Tensor) -> Tensor:
    return net.relu(net.second(net.relu(maps)))


def in_place_beside_a_skip(net: Written, maps: Tensor) -> Tensor:
    """The skip carries what was overwritten: leaving place must not bring the old values back."""
    return net.second(net.in_place(maps)) + maps


def added_in_place(net: Written, maps: Tensor) -> Tensor:
    maps.add_(0.3)
    return net.second(torch.relu_(maps))


FUNCTIONS: dict[str, tuple[Callable[[Tensor], Tensor], type[nn.Module]]] = {
    "F.relu": (F.relu, nn.ReLU),
    "F.relu in place": (lambda x: F.relu(x, inplace=True), nn.ReLU),
    "F.relu in place by position": (lambda x: F.relu(x, True), nn.ReLU),
    "torch.relu": (torch.relu, nn.ReLU),
    "Tensor.relu": (lambda x: x.relu(), nn.ReLU),
    "Tensor.relu_": (lambda x: x.relu_(), nn.ReLU),
    "F.relu6": (F.relu6, nn.ReLU6),
    "F.silu": (F.silu, nn.SiLU),
    "F.gelu": (lambda x: F.gelu(x, approximate="tanh"), nn.GELU),
    "F.hardswish": (F.hardswish, nn.Hardswish),
    "F.hardtanh": (lambda x: F.hardtanh(x, -0.5, 0.25), nn.Hardtanh),
    "F.leaky_relu": (lambda x: F.leaky_relu(x, 0.2), nn.LeakyReLU),
    "F.elu": (lambda x: F.elu(x, 0.7), nn.ELU),
    "F.softplus": (lambda x: F.softplus(x, beta=2), nn.Softplus),
    "F.logsigmoid": (F.logsigmoid, nn.LogSigmoid),
    "torch.sigmoid": (torch.sigmoid, nn.Sigmoid),
    "Tensor.tanh": (lambda x: x.tanh(), nn.Tanh),
    "F.softmax": (lambda x: F.softmax(x, dim=1), nn.Softmax),
    "torch.softmax": (lambda x: torch.softmax(x, 1), nn.Softmax),
    "Tensor.softmax": (lambda x: x.softmax(-1), nn.Softmax),
    "F.max_pool2d": (lambda x: F.max_pool2d(x, 2, stride=1), nn.MaxPool2d),
    "torch.max_pool2d": (lambda x: torch.max_pool2d(x, 3, 2, 1), nn.MaxPool2d),
    "F.avg_pool2d": (lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), nn.AvgPool2d),
    "F.adaptive_avg_pool2d": (lambda x: F.adaptive_avg_pool2d(x, 2), nn.AdaptiveAvgPool2d),
    "F.adaptive_max_pool2d": (lambda x: F.adaptive_max_pool2d(x, (2, 3)), nn.AdaptiveMaxPool2d),
    "F.dropout that is off": (lambda x: F.dropout(x, 0.5, training=False), nn.Dropout),
    "torch.dropout that is off": (lambda x: torch.dropout(x, 0.5, False), nn.Dropout),
}


class Straight(torch.autograd.Function):
    """Rounds; its gradient passes straight through."""

    @staticmethod
    def forward(ctx, inputs):
        return inputs.round()

    @staticmethod
    def backward(ctx, gradient):
        return gradient


def rounded(net: Written, maps: Tensor) -> Tensor:
    return Straight.apply(net.second(maps))


def without_gradients(net: Written, maps: Tensor) -> Tensor:
    with torch.no_grad():
        gate = torch.sigmoid(net.second(maps))
    return maps * gate


def random(net: Written, maps: Tensor) -> Tensor:
    return F.dropout(maps, 0.5)


def data_dependent(net: Written, maps: Tensor) -> Tensor:
    if maps.sum() > 0:
        return net.second(maps)
    return maps


def refusal(work: Callable[[], object]) -> str:
    """What the refusal says; empty where there is none."""
    try:
        work()
    except CapabilityError as error:
        return str(error)
    return ""
