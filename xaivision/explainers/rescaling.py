"""DeepLIFT's rescale rule, through captum: what the activations' changes from a baseline give each input value.

Source: Shrikumar, Greenside, Kundaje, 2017, arXiv:1704.02685.
"""

import torch
from torch import Tensor, nn

from xaivision.core.targets import TargetScore
from xaivision.explainers.captum_module import Hookable, PairedNumber, Rules, captum_attributions

# captum has a rule for softmax too, but it spreads over the batch and does not add up.
ACTIVATIONS: tuple[type[nn.Module], ...] = (nn.ReLU, nn.ELU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh, nn.Softplus)
POOLS: tuple[type[nn.Module], ...] = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)


# captum knows modules by their exact class.
RESCALE = Rules(lambda kind: kind in ACTIVATIONS + POOLS)


def rescaled(network: Hookable, inputs: Tensor, baselines: Tensor, target: TargetScore) -> Tensor:
    """(n, *S) contributions of each input's values to the change of its explained number from its baseline.

    An input and its baseline pass the network together, two rows of a call, also where the model's batches are of one.
    """

    def part(rows: slice) -> Tensor:
        return _rescaled(network, inputs[rows], baselines[rows], target.take(rows))

    # Where a pooled value stays at its baseline, captum's rule for max pooling reads the gradient of the batch's first input.
    if any(step.kind in POOLS for step in network.steps):
        return torch.cat([part(slice(row, row + 1)) for row in range(len(inputs))])
    return torch.cat(network.model.batches.run(part, inputs, purpose="pairs", together=2))


def _rescaled(network: Hookable, inputs: Tensor, baselines: Tensor, target: TargetScore) -> Tensor:
    with torch.inference_mode(False), torch.enable_grad():
        method = captum_attributions().DeepLift(PairedNumber(network.model, target))
        leaf = inputs.detach().clone().requires_grad_()
        values: Tensor = method.attribute(leaf, baselines.detach().clone())
        return values.detach()
