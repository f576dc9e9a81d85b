"""Of the inputs that are explained alike, the share of the same class."""

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.scores import Scores
from xaivision.evaluation.measurement import Measurement


def class_agreement(m: Measurement, explanation: Attribution, others: Attribution, alike: Tensor, what: str) -> Scores:
    """(B,) the share of the others that have each input's class, among those that are explained `alike` (B, R) and are not the
    input itself; NaN where there are none. `details` tells under the name `what` how many they are.
    """
    inputs = explanation.query.inputs.flatten(1)
    background = others.query.inputs.to(inputs).flatten(1)
    counted = alike & ~torch.stack([(background == one).all(1) for one in inputs]).cpu()
    same_class = (others.query.targets[None] == explanation.query.targets[:, None]).cpu()
    counts = counted.sum(1).double()
    return m.scores((counted & same_class).sum(1) / counts, "share of the same class", details={what: counts})
