"""Training of plain networks in coordinates in which faint patterns are as large as what hides them; afterwards the networks are
plain ones again, with the same layers and pixels as their inputs.

A pattern in smooth noise is a hundredth of the noise: gradient steps as large as the noise allows never find it.

Source: LeCun et al., Efficient BackProp, 1998, doi:10.1007/3-540-49430-8_2 (whitened inputs); Ioffe, Szegedy, Batch
normalization, 2015, arXiv:1502.03167.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from xaivision.models.training import Recipe, train

# Of the largest power of a wave: what is fainter is as good as rounding, and is not made larger.
FAINTEST = 1e-6


@dataclass(frozen=True)
class WhitenedTeaching:
    """Trains a perceptron on waves (cosines) of the pictures, all of the same power; its first layer then reads pixels."""

    recipe: Recipe

    def __call__(self, module: nn.Module, inputs: Tensor, targets: Tensor) -> None:
        """Minimize the cross entropy over pictures (N, 1, H, W) and classes (N,), in place.

        Raises: Cancelled, before an epoch.
        """
        waves = _waves(inputs)
        scales = 1 / np.sqrt((power := (waves**2).mean(0)) + FAINTEST * power.max())
        train(module, torch.from_numpy(waves * scales).float(), targets, self.recipe, "training on waves")
        first = next(part for part in module.modules() if isinstance(part, nn.Linear))
        with torch.no_grad():
            weights = first.weight.double().numpy().reshape(-1, *inputs.shape[1:])
            first.weight.copy_(torch.from_numpy(_pixels(weights * scales)).flatten(1))


@dataclass(frozen=True)
class NormalizedTeaching:
    """Trains a convolutional network with its maps normalized; its first filters begin as a mean, two slopes and a curvature."""

    recipe: Recipe

    def __call__(self, module: nn.Module, inputs: Tensor, targets: Tensor) -> None:
        """Minimize the cross entropy over pictures (N, 1, H, W) and classes (N,), in place.

        Raises: Cancelled, before an epoch.
        """
        whole, norms = nn.Sequential(), {}
        for part in [one for one in module.modules() if not isinstance(one, nn.Sequential)]:
            whole.append(part)
            if isinstance(part, nn.Conv2d):
                norms[part] = nn.BatchNorm2d(part.out_channels)
                whole.append(norms[part])
        _begin_with_derivatives(next(iter(norms)))
        train(whole, inputs, targets, self.recipe, "training with normalized maps")
        for layer, norm in norms.items():
            layer.load_state_dict(fuse_conv_bn_eval(layer.eval(), norm.eval()).state_dict())


def _begin_with_derivatives(layer: nn.Conv2d) -> None:
    """3 x 3 filters of length 1: on smooth noise, what is faint stands out in the later ones."""
    mean, slope, curve = (torch.tensor(one, device="cpu") for one in ([1.0, 1, 1], [1.0, 0, -1], [1.0, -2, 1]))
    curvature = torch.outer(mean, curve) + torch.outer(curve, mean)
    filters = (torch.outer(mean, mean), torch.outer(mean, slope), torch.outer(slope, mean), curvature)
    with torch.no_grad():
        for weight, one in zip(layer.weight, filters, strict=False):
            weight.copy_(one / one.norm())


def _waves(pictures: Tensor) -> np.ndarray:
    """(N, 1, H, W) how much of each cosine is in each picture: noise that is smooth up to mirrored edges is independent there."""
    from scipy.fft import dctn

    found: np.ndarray = dctn(pictures.double().numpy(), axes=(2, 3), norm="ortho")
    return found


def _pixels(waves: np.ndarray) -> np.ndarray:
    """The pictures that these waves add up to."""
    from scipy.fft import idctn

    found: np.ndarray = idctn(waves, axes=(2, 3), norm="ortho")
    return found
