"""The gradient along a path of ever less blurred copies of an image, from the most blurred one to the image itself.

Source: Xu, Venugopalan, Sundararajan, Attribution in scale and space, CVPR 2020, arXiv:2004.03383.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.progress import track
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import Gradients, TorchClassifier
from xaivision.engines.moments import Block, blocks
from xaivision.engines.path_integral import Integral, incomplete
from xaivision.engines.streaming import GradientSum

# Kernels are cut off here, in standard deviations.
REACH = 4.0
# Where doubling starts.
FIRST_PIECES = 16


class BlurPath(NamedTuple):
    """The path of `inputs` (B, C, H, W), blurred by `largest` pixels (a standard deviation) at its start, and the `target`."""

    inputs: Tensor
    largest: float
    target: TargetScore

    def take(self, rows: Tensor) -> "BlurPath":
        return BlurPath(self.inputs[rows], self.largest, self.target.take(rows))


def blur_matrices(length: int, sigmas: Tensor) -> Tensor:
    """(n, length, length) in float64: each multiplies a column of pixels to its Gaussian blur, mirrored at the ends.

    A blur of 0 is the identity. Rows sum to one, and so do columns but for the cut-off: the mean of an image stays.
    """
    found = torch.zeros(len(sigmas), length, length, dtype=torch.float64, device="cpu")
    positions = torch.arange(length, device="cpu")
    for matrix, sigma in zip(found, sigmas.tolist(), strict=True):
        reach = int(REACH * sigma + 0.5)
        offsets = torch.arange(-reach, reach + 1, device="cpu")
        weights = torch.exp(-((offsets.double() / (sigma or 1.0)) ** 2) / 2)
        places = (positions[:, None] + offsets) % (2 * length)
        mirrored = torch.where(places < length, places, 2 * length - 1 - places)
        matrix.scatter_add_(1, mirrored, (weights / weights.sum()).expand(length, -1))
    return found


def blurred(images: Tensor, sigmas: Tensor) -> Tensor:
    """(n, b, C, H, W) images (b, C, H, W) with each blur."""
    height, width = images.shape[2:]
    rows = blur_matrices(height, sigmas)
    columns = rows if height == width else blur_matrices(width, sigmas)
    along_rows, along_columns = (part.to(images)[:, None, None] for part in (rows, columns.mT))
    return along_rows @ images[None] @ along_columns


def blurs(largest: float, shares: Tensor) -> Tensor:
    """Standard deviations at these shares of the path.

    Quadratic, since most of what an image shows comes with the last pixels of blur: the path is the same at any pace, and on
    a photo 64 pieces of this one add up nine times better than 64 of a steady one.
    """
    return largest * (1 - shares) ** 2


def blur_contributions(model: TorchClassifier, path: BlurPath, steps: int) -> GradientSum:
    """(B, C, H, W) in float64: for each of `steps` pieces of the path its change times the gradient in its middle.

    The changes are differences of blurred images, not derivatives, so that they sum to the whole change exactly.
    """
    total = torch.zeros(path.inputs.shape, dtype=torch.float64, device=path.inputs.device)
    sigmas, cut = blurs(path.largest, torch.arange(steps + 1, dtype=torch.float64, device="cpu") / steps), False
    work = blocks(len(path.inputs), steps, model.batches.size(path.inputs, "gradients"))
    for block in track(work, "gradients on the path of blurs"):
        change, gradients = _pieces(model, path, block, sigmas)
        cut = cut or gradients.cut
        total[block.inputs] += (gradients.values.view_as(change) * change).sum(0, dtype=torch.float64)
    return GradientSum(total, cut)


def _pieces(model: TorchClassifier, path: BlurPath, block: Block, sigmas: Tensor) -> tuple[Tensor, Gradients]:
    """(k, b, C, H, W) the changes along some pieces, and the gradients in their middles."""
    stops = blurred(path.inputs[block.inputs], sigmas[block.versions.start : block.versions.stop + 1])
    middles = (stops[1:] + stops[:-1]) / 2
    return stops[1:] - stops[:-1], model.gradients(middles.flatten(0, 1), path.target.take(block.rows))


def refined_blur_contributions(
    model: TorchClassifier, path: BlurPath, change: Tensor, most: int, scale: Tensor | None = None
) -> Integral:
    """Contributions in as many pieces as completeness needs, spending up to `most` gradients, for each input by itself.

    Every stage starts anew with twice the pieces, and the last one counts alone: pieces of different lengths put together
    would keep the error of the longest. `change` (B,): what contributions sum to; `scale` (B,): the larger of the two scores.
    """
    steps = FIRST_PIECES
    total, cut = blur_contributions(model, path, steps)
    spent = torch.full((len(change),), steps, device="cpu")
    while len(open_rows := incomplete(total, change, scale)):
        steps *= 2
        if cut or int(spent[open_rows].max()) + steps > most:
            break
        total[open_rows] = blur_contributions(model, path.take(open_rows), steps).values
        spent[open_rows] += steps
    return Integral(total, spent, cut)
