"""How far taking features away leads off the data: the measure that every metric of removal should be read with.

A random half of each input's features is removed, whatever an explanation says of them. Can replaced inputs be told from the
originals by how unsure the model is of them, the entropy of its probabilities? The AUC is 0.5 where not. Above, the model is
less sure of replaced inputs, as of what lost its evidence; below, it is more sure of them, which missing evidence cannot explain.
It needs nothing but scores, and so it sees only what moves them: 0.5 does not prove that replaced inputs look like data.

Sources: Hooker et al., A benchmark for interpretability methods in deep neural networks, 2019, arXiv:1806.10758 (removal makes
inputs the model never saw); Lopez-Paz, Oquab, Revisiting classifier two-sample tests, 2017, arXiv:1610.06545.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.bootstrap import Interval, resample_counts, stretched
from xaivision.core.classifier import Classifier
from xaivision.core.random import generator
from xaivision.core.targets import ScoreUnit
from xaivision.engines.streaming import Versions, streamed_scores
from xaivision.engines.subset_draws import share_size
from xaivision.engines.two_samples import weighted_auc, win_shares
from xaivision.evaluation.audit.used_removals import Remove

# The share of the features that goes, and how many random choices of them are made, the same ones for every input.
SHARE, VERSIONS = 0.5, 2


@dataclass(frozen=True)
class RemovalShift:
    """How far one removal operator leads off the data, over so many `inputs`.

    `auc`: chance that the model is less sure of a replaced input than of an original, 0.5 where they cannot be told apart.
    `interval`: 95 % bootstrap over inputs, NaN with fewer than two. `metrics`: names of those that use it, where they are known.
    """

    auc: float
    interval: Interval
    inputs: int
    metrics: tuple[str, ...] = ()

    @property
    def shifted(self) -> bool:
        """Whether replaced inputs are clearly told from originals, in either direction."""
        return self.interval[0] > 0.5 or self.interval[1] < 0.5


def removal_shift(model: Classifier, inputs: Tensor, removals: Mapping[str, Remove], seed: int = 0) -> dict[str, RemovalShift]:
    """By the name of each operator how far it leads off the data; `removals` belong to these inputs (B, *S).

    Pixels go with all their channels, one by one, whatever regions a metric takes away at once. Costs a forward for each input
    and two more for each operator. A few hundred inputs are enough; everything is kept for every two of them.
    """
    weights = resample_counts(len(inputs))
    originals = _entropies(model, inputs, 1, lambda part: inputs[part.inputs])[:, 0]
    gone = _halves(inputs, seed)
    found = {}
    for name, remove in removals.items():
        wins = win_shares(_entropies(model, inputs, VERSIONS, _replaced(remove, gone)), originals)
        auc = float(wins.mean())
        interval = stretched(weighted_auc(wins, weights), auc, len(inputs), within=(0.0, 1.0))
        found[name] = RemovalShift(auc, interval, len(inputs))
    return found


def _halves(inputs: Tensor, seed: int) -> Tensor:
    """(VERSIONS, P) a random half of the positions each."""
    positions = inputs[0, 0].numel() if inputs.ndim == 4 else inputs[0].numel()
    gone = torch.zeros(VERSIONS, positions, dtype=torch.bool, device="cpu")
    for version in range(VERSIONS):
        chance = generator(seed, "removal shift", version)
        gone[version, torch.randperm(positions, generator=chance, device="cpu")[: share_size(positions, SHARE)]] = True
    return gone


def _replaced(remove: Remove, gone: Tensor) -> Versions:
    return lambda part: remove(part.inputs, gone[part.versions])


def _entropies(model: Classifier, inputs: Tensor, versions: int, make: Versions) -> Tensor:
    """(B, versions) entropies of the model's probabilities, in nats."""
    found = torch.empty(len(inputs), versions, dtype=torch.float64, device="cpu")
    for part, scores in streamed_scores(model, inputs, versions, make, "removed halves"):
        found[part.inputs, part.versions] = _entropy(scores.double().cpu(), model.score_unit)
    return found


def _entropy(scores: Tensor, unit: ScoreUnit) -> Tensor:
    """(n,) of scores (n, K); margins, which stand for no probabilities, are taken as logits."""
    chances = scores.clamp_min(0) if unit == "probability" else scores.softmax(1)
    chances = chances / chances.sum(1, keepdim=True)
    found: Tensor = torch.special.entr(chances).sum(1)
    return found
