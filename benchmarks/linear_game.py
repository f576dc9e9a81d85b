"""A linear model over 8 x 8 pixels, one input, and maps of it: whatever a metric says of them can be written down."""

import numpy as np
import torch
from torch import nn

from xaivision.core.about import Kind
from xaivision.core.attribution import Attribution
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.registry import explainer

SIDE = 8
PIXELS = SIDE * SIDE
CLASS = 0
BIAS = 0.3


class Game:
    """f(x) = w x + b over 8 x 8 pixels, an input, and maps of it."""

    def __init__(self) -> None:
        chance = np.random.default_rng(0)
        # Magnitudes apart enough that some draws of noise cannot change their order, ten of them zero.
        self.weights = chance.permutation(0.05 * 1.12 ** np.arange(PIXELS)) * chance.choice([-1, 1], size=PIXELS)
        self.weights[:10] = 0
        self.inputs = torch.from_numpy(chance.uniform(0.1, 0.9, size=(1, 1, SIDE, SIDE)))
        linear = nn.Linear(PIXELS, 2).double()
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(np.stack([self.weights, -self.weights])))
            linear.bias.copy_(torch.tensor([BIAS, -BIAS], dtype=torch.float64))
        self.module = nn.Sequential(nn.Flatten(), linear).eval()
        self.model = TorchClassifier(self.module, 2)
        self.mask = np.zeros((SIDE, SIDE), dtype=bool)
        self.mask[:4, :4] = True

    @property
    def contributions(self) -> np.ndarray:
        return self.weights * self.inputs.numpy().ravel()

    def values(self, name: str) -> np.ndarray:
        made = {
            "contributions": lambda: self.contributions,
            "reversed contributions": lambda: -self.contributions,
            "slopes": lambda: self.weights,
            "uniform": lambda: np.full(PIXELS, 0.5),
            "one pixel": lambda: np.eye(PIXELS)[3],
            "16 equal pixels": lambda: (np.arange(PIXELS) < 16).astype(float),
            "the mask": lambda: self.mask.ravel().astype(float),
        }
        return made[name]()

    def score(self, kept: np.ndarray) -> float:
        """The score with all other pixels black."""
        return float(self.contributions[kept].sum() + BIAS)

    def curve(self, name: str, *, insertion: bool = False) -> np.ndarray:
        """(65,) scores while pixels go, or come, highest value first."""
        order = np.argsort(-self.values(name), kind="stable")
        sums = np.concatenate([[0.0], np.cumsum(self.contributions[order])])
        return BIAS + (sums if insertion else sums[-1] - sums)

    def attribution(self, name: str) -> Attribution:
        kind: Kind = "slope" if name == "slopes" else "contribution"
        asked = explainer("integrated_gradients", baseline="zeros", steps=8).explain(self.model, self.inputs, CLASS)
        values = torch.from_numpy(self.values(name)).view(1, 1, SIDE, SIDE)
        answer = asked if kind == "contribution" else explainer("saliency").explain(self.model, self.inputs, CLASS)
        return answer.with_values(values)


def area(curve: np.ndarray) -> float:
    return float((curve.sum() - (curve[0] + curve[-1]) / 2) / (len(curve) - 1))
