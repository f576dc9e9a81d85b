"""What noise does to a score, and what slopes say it does.

Source: Yeh et al., On the (In)fidelity and Sensitivity of Explanations, 2019, arXiv:1901.09392.
"""

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier, batch_size_of
from xaivision.core.progress import track
from xaivision.core.targets import TargetScore
from xaivision.engines.moments import blocks
from xaivision.engines.smoothing import NoisyCopies, copies_in

# Draws that are held at a time where no model is asked.
AT_ONCE = 16


def noisy_scores(model: Classifier, copies: NoisyCopies, target: TargetScore) -> Tensor:
    """(B, draws) target scores of the noisy copies, in float64 on the CPU."""
    found = torch.empty(len(copies.inputs), copies.draws, dtype=torch.float64, device="cpu")
    work = blocks(len(copies.inputs), copies.draws, batch_size_of(model, copies.inputs))
    for block in track(work, "noisy copies"):
        scores = target.take(block.rows).of(model(copies_in(block, copies))).double().cpu()
        found[block.inputs, block.versions.start : block.versions.stop] = scores.view(len(block.versions), -1).T
    return found


def predicted_rises(copies: NoisyCopies, slopes: Tensor) -> Tensor:
    """(B, draws) by how much each copy's score is above the input's if the slopes (B, *S) are right; float64 on the CPU."""
    weighted = (copies.scale * slopes).flatten(1).double()
    starts = range(0, copies.draws, AT_ONCE)
    ranges = [range(start, min(start + AT_ONCE, copies.draws)) for start in starts]
    return torch.cat([weighted @ copies.noise(part).flatten(1).double().T for part in ranges], 1).cpu()


def infidelity(predicted: Tensor, found: Tensor, *, scaled: bool = False, resolution: Tensor | None = None) -> Tensor:
    """(B,) mean squared difference of predicted and found rises, (B, n) both.

    `scaled`: the predictions of an input are multiplied by the number from 0 that fits best first. `resolution` (B,):
    differences up to this are none.
    """
    if scaled:
        powers = predicted.square().sum(1, keepdim=True)
        best = (predicted * found).sum(1, keepdim=True) / torch.where(powers == 0, 1, powers)
        predicted = best.clamp_min(0) * predicted
    missed = predicted - found
    if resolution is not None:
        missed = missed.masked_fill(missed.abs() <= resolution[:, None], 0.0)
    return missed.square().mean(1)
