"""How far an input may move before a classifier by components changes its mind: a proven radius."""

import torch
from torch import Tensor


def certified_radius(logarithms: Tensor, present: Tensor, absent: Tensor, scale: Tensor, classes: Tensor) -> Tensor:
    """(B,) float64: no move of the input shorter than this, in the space of the distances, changes the class.

    `logarithms` (B, P) are those of the detections exp(-distance / scale), of Euclidean distances, not squared. `present` and
    `absent` (P, K): evidence r+ and r- of each component, of which a class's sum to 1. A move of length e changes each
    detection by a factor of at most t = exp(e / scale), so that the margin to a rival is at least C / t - A t + B. Positive
    where the class (B,) has the largest score, negative where it has not. Of several scales (P,) the smallest counts.

    Source: Saralajew et al., 2024, arXiv:2412.15499; derived anew.
    """
    logarithms, present, absent = logarithms.double(), present.double(), absent.double()
    classes = classes.to(logarithms.device)
    own_present, own_absent = present.T[classes], absent.T[classes]
    rivals = torch.arange(present.shape[1], device=logarithms.device) != classes[:, None]
    found = [
        _radius(logarithms, own_present + absent[:, rival], own_absent + present[:, rival], own_absent - absent[:, rival])
        for rival in range(present.shape[1])
    ]
    radii = torch.stack(found, 1).masked_fill(~rivals, torch.inf)
    return scale.double().min() * radii.amin(1)


def _radius(logarithms: Tensor, helping: Tensor, hurting: Tensor, constant: Tensor) -> Tensor:
    """(B,) ln t at which C / t - A t + B is zero, for the evidence (B, P) for a class and for its rival."""
    for_it, against = _logarithm_of_sum(logarithms, helping), _logarithm_of_sum(logarithms, hurting)
    constant = constant.sum(1)
    if not bool(constant.any()):
        return (for_it - against) / 2  # nothing speaks by its absence
    # Where components may speak by their absence: t = (B + root) / 2A, written so that nothing cancels.
    root = (constant.square() + 4 * (for_it + against).exp()).sqrt()
    positive = ((constant + root) / 2).log() - against
    negative = for_it - ((root - constant) / 2).log()
    return torch.where(constant > 0, positive, negative)


def _logarithm_of_sum(logarithms: Tensor, weights: Tensor) -> Tensor:
    """(B,) ln of the sum of weights times detections, which by themselves may be too small for a float."""
    return (logarithms + weights.log()).logsumexp(1)
