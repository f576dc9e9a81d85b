"""Target scores of inputs some of whose features are replaced: what metrics of faithfulness ask a model for."""

from collections.abc import Callable

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier
from xaivision.core.targets import TargetScore
from xaivision.engines.streaming import Pairs, streamed_scores

# From pairs (input, version) to the positions that are replaced: (n, P) bool, P = H * W of a picture or F of a table.
Gone = Callable[[Pairs], Tensor]


def replaced_scores(
    model: Classifier, inputs: Tensor, substitutes: Tensor, target: TargetScore, versions: int, gone: Gone
) -> Tensor:
    """(B, versions) target scores, in float64 on the CPU, with the positions that `gone` names taken from `substitutes`.

    `substitutes` has the shape of the inputs. A position of a picture goes with all its channels. Versions of all inputs
    fill the batches together, and one batch is made at a time.
    """
    found = torch.empty(len(inputs), versions, dtype=torch.float64, device="cpu")
    sides = [1, *inputs.shape[2:]] if inputs.ndim == 4 else list(inputs.shape[1:])

    def replaced(part: Pairs) -> Tensor:
        there = gone(part).to(inputs.device).view(-1, *sides)
        return torch.where(there, substitutes[part.inputs], inputs[part.inputs])

    for part, scores in streamed_scores(model, inputs, versions, replaced, "replaced features"):
        found[part.inputs, part.versions] = target.take(part.inputs).of(scores).double().cpu()
    return found
