"""What turns inputs into a few numbers and back: small networks that learn from the inputs at hand."""

from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn

from xaivision.engines.prototypes.gaussians import Gaussians
from xaivision.models.prototypes.encoders import Encoder
from xaivision.models.transfer_network import resizing

# Pictures of so many values or fewer, and rows of tables, are encoded by linear layers, larger pictures by convolutions.
MOST_VALUES = 1024
HIDDEN = (128, 64)
WIDTHS = (16, 32, 64)
# By so much convolutions shrink each side.
SHRINKING = 2 ** len(WIDTHS)


class Standardized(Encoder):
    """(B, *S) inputs to (B, D): pictures brought to a side, columns standardized, then by a network that is learned.

    `center` and `scale` (F,) of a table travel with the weights.
    """

    center: Tensor
    scale: Tensor

    def __init__(self, shape: tuple[int, ...], side: int | None, add_on: nn.Module) -> None:
        super().__init__()
        self.resize = nn.Identity() if side is None else resizing(shape[1], shape[2], side)
        columns = shape[0] if side is None else 1
        self.register_buffer("center", torch.zeros(columns, dtype=torch.float32))
        self.register_buffer("scale", torch.ones(columns, dtype=torch.float32))
        self.add_on = add_on

    def standardize(self, rows: Tensor) -> None:
        """Take center and spread of each column from rows (N, F); a constant column keeps the spread 1."""
        spread = rows.double().std(0, correction=0)
        self.center.copy_(rows.double().mean(0))
        self.scale.copy_(torch.where(spread > 0, spread, 1.0))

    def features(self, inputs: Tensor) -> Tensor:
        """(B, ...) what is to be encoded, and decoded again."""
        found: Tensor = self.resize((inputs - self.center) / self.scale)
        return found


class Variational(nn.Module):
    """(B, ...) to (B, D) means of the normal distributions that a network of 2 D numbers encodes inputs as.

    Source: Kingma, Welling, 2013, arXiv:1312.6114.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def codes(self, features: Tensor) -> Gaussians:
        """B distributions of D independent columns."""
        return Gaussians(*self.network(features).chunk(2, 1))

    def forward(self, features: Tensor) -> Tensor:
        return self.codes(features).centers


class Decoder(nn.Module):
    """(B, D) to (B, *S): a network, whose output `reconstruct` gives as it was learned, brought back to the inputs' units."""

    def __init__(self, shape: tuple[int, ...], side: int | None, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        own = side is None or (side, side) == shape[1:]
        self.enlarge = nn.Identity() if own else nn.Upsample(shape[1:], mode="bilinear")

    def reconstruct(self, points: Tensor) -> Tensor:
        """(B, ...) what the encoder's features should have been."""
        found: Tensor = self.network(points)
        return found

    def forward(self, points: Tensor) -> Tensor:
        found: Tensor = self.enlarge(self.network(points))
        return found


def autoencoder(shape: tuple[int, ...], side: int | None, width: int | tuple[int, int]) -> tuple[Standardized, Decoder]:
    """Encoder and decoder of pictures (C, H, W), brought to `side`, or of rows (F,), with `width` numbers between the two.

    Two widths: so many numbers are encoded, and so many are decoded, those that are told beside them among these.
    """
    seen = shape if side is None else (shape[0], side, side)
    widths = (width, width) if isinstance(width, int) else width
    there, back = _linear(seen, widths) if prod(seen) <= MOST_VALUES else _convolutions(seen, widths)
    if side is not None:
        back = nn.Sequential(back, nn.Sigmoid())
    return Standardized(shape, side, there), Decoder(shape, side, back)


def variational_autoencoder(shape: tuple[int, ...], side: int | None, width: int) -> tuple[Standardized, Decoder]:
    """The same, where each input is encoded as a normal distribution, of which the encoder gives the mean."""
    encoder, decoder = autoencoder(shape, side, (2 * width, width))
    encoder.add_on = Variational(encoder.add_on)
    return encoder, decoder


def usual_side(height: int, width: int) -> int:
    """That of the pictures, at most 64; where convolutions are used, one that they can halve three times."""
    side = min(64, max(height, width))
    return side if side**2 <= MOST_VALUES else -(-side // SHRINKING) * SHRINKING


def _linear(shape: tuple[int, ...], widths: tuple[int, int]) -> tuple[nn.Module, nn.Module]:
    there, back = ((prod(shape), *HIDDEN, width) for width in widths)
    return nn.Sequential(nn.Flatten(), *_rectified(there)), nn.Sequential(*_rectified(back[::-1]), nn.Unflatten(1, shape))


def _rectified(sizes: tuple[int, ...]) -> list[nn.Module]:
    """Linear layers from each size to the next, with rectifiers between them."""
    parts: list[nn.Module] = []
    for first, second in pairwise(sizes):
        parts += [nn.Linear(first, second, dtype=torch.float32), nn.ReLU()]
    return parts[:-1]


def _convolutions(shape: tuple[int, ...], widths: tuple[int, int]) -> tuple[nn.Module, nn.Module]:
    channels, side = shape[0], shape[1] // SHRINKING
    inside = (WIDTHS[-1], side, side)
    there: list[nn.Module] = []
    back: list[nn.Module] = [nn.Linear(widths[1], prod(inside), dtype=torch.float32), nn.ReLU(), nn.Unflatten(1, inside)]
    for first, second in zip((channels, *WIDTHS), WIDTHS, strict=False):
        there += [nn.Conv2d(first, second, 3, stride=2, padding=1, dtype=torch.float32), nn.ReLU()]
    for first, second in zip(WIDTHS[::-1], (*WIDTHS[-2::-1], channels), strict=True):
        back += [nn.Upsample(scale_factor=2), nn.Conv2d(first, second, 3, padding=1, dtype=torch.float32), nn.ReLU()]
    return nn.Sequential(*there, nn.Flatten(), nn.Linear(prod(inside), widths[0], dtype=torch.float32)), nn.Sequential(*back[:-1])
