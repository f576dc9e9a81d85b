"""DiffROAR: what can be learned from the features that a map ranks first, minus what can be from those it ranks last.

Source: Shah, Jain, Netrapalli, Do input gradients highlight discriminative features?, 2021, arXiv:2102.12781.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from xaivision.core.bootstrap import Interval, mean_interval
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.progress import track
from xaivision.core.random import generator, seed_for
from xaivision.core.wrapping import classifier
from xaivision.data.dataset import Part
from xaivision.engines.ranked_removal import mean_features, without_first
from xaivision.engines.ranking import removal_order

Fit = Callable[[Tensor, Tensor, int], Classifier]
Fill = Literal["zeros", "mean"]
# What is added to a label for what stands beside its means: the ends of their interval, and the spread over runs.
FROM, TO, SPREAD = ", from", ", to", ", its standard deviation over runs"
# Seeds that every library takes.
SEEDS = 2**31


@dataclass(frozen=True)
class Kept:
    """Of one share of features that is kept: accuracies of retrained models on the first and on the last, one a run."""

    share: float
    first: tuple[float, ...]
    last: tuple[float, ...]

    @property
    def difference(self) -> float:
        """DiffROAR: above 0 where what ranks first tells the class better."""
        return sum(self.first) / len(self.first) - sum(self.last) / len(self.last)

    @property
    def spread(self) -> float:
        """The standard deviation over all pairs of a run on the first and one on the last, as the paper has it; NaN with one."""
        if len(self.first) < 2:
            return float("nan")
        first, last = (torch.tensor(one, dtype=torch.float64, device="cpu") for one in (self.first, self.last))
        return float((first[:, None] - last).std(correction=0))

    @property
    def interval(self) -> Interval:
        """95 % over runs, what was learned from the first less what was from the last; NaN with one."""
        if len(self.first) < 2:
            return (float("nan"), float("nan"))
        return mean_interval(torch.tensor(self.first, dtype=torch.float64) - torch.tensor(self.last, dtype=torch.float64))


class Maps(NamedTuple):
    """Sizes (N, P) of what is learned from and (B, P) of what is tested on, by which features are ranked."""

    learned: Tensor
    tested: Tensor


@dataclass(frozen=True)
class Retraining:
    """How models are trained anew: by `fit(inputs, labels, seed)`, `runs` times each.

    `fill`: what stands in the place of features that are gone, zeros or the mean of each channel or column.
    """

    fit: Fit
    runs: int = 3
    fill: Fill = "zeros"
    seed: int = 0


def diffroar(
    retraining: Retraining, learned: Part, tested: Part, maps: Sequence[Maps], shares: Sequence[float]
) -> tuple[Kept, ...]:
    """For each share of features kept the accuracies of models that were trained anew on the first and on the last of them.

    `maps`: those of each run, in turn; where there are fewer, they come round again. One draw of a random map tells how well
    that draw does, however often models are trained on it.

    Masks carry information of their own: hold every result against that of random maps and of an edge filter.

    Raises: InputError, where a share is none; Cancelled.
    """
    if not all(0 < share < 1 for share in shares):
        raise InputError(f"`shares` must lie between 0 and 1. Got {tuple(shares)}.")
    # What goes first is what ranks lowest, where the first ones are kept.
    orders = {
        (name, number): [removal_order(sign * one, generator(retraining.seed, "ties of a map")) for one in of_run]
        for name, sign in (("first", -1), ("last", 1))
        for number, of_run in enumerate(maps)
    }
    zeros = torch.zeros_like(learned.inputs[0])
    substitutes = mean_features(learned.inputs) if retraining.fill == "mean" else zeros
    accuracies: dict[tuple[float, str], list[float]] = {}
    plan = [(share, name, run) for share in shares for name in ("first", "last") for run in range(retraining.runs)]
    for share, name, run in track(plan, "retraining on what is kept"):
        features = maps[0].learned.shape[1]
        gone = features - max(1, round(share * features))
        shown, asked = (
            without_first(part.inputs, substitutes, order, gone)
            for part, order in zip((learned, tested), orders[name, run % len(maps)], strict=True)
        )
        seed = seed_for(retraining.seed, "retraining", run) % SEEDS
        given = classifier(retraining.fit(shown, learned.targets, seed))(asked).argmax(1).cpu()
        accuracies.setdefault((share, name), []).append(float((given == tested.targets).double().mean()))
    return tuple(Kept(share, tuple(accuracies[share, "first"]), tuple(accuracies[share, "last"])) for share in shares)
