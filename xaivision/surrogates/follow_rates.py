"""How often the black box follows the counterfactuals of its surrogate, on held-out rows drawn by chance."""

from dataclasses import dataclass

import torch

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.random import generator
from xaivision.surrogates.fidelity import NO_MEASURE, Measure, share
from xaivision.surrogates.leaf_counterfactuals import LeafCounterfactuals, follow_rate
from xaivision.surrogates.leaf_entries import LeafEntries
from xaivision.surrogates.observed import Observed
from xaivision.surrogates.surrogate import Surrogate

# Rows that are asked for counterfactuals: each costs up to `tries` questions to the black box.
ASKED = 100


@dataclass(frozen=True)
class FollowRates:
    """Shares of counterfactuals: `cheapest`, of the cheapest leaf alone, that turn the black box; `best`, the cheapest that it
    follows, that do; `copied`: of these the share in which every column that is read and may change is that of one known row.
    """

    cheapest: Measure = NO_MEASURE
    best: Measure = NO_MEASURE
    copied: Measure = NO_MEASURE


def follow_rates(
    surrogate: Surrogate, black_box: ClassifierAdapter, learned: Observed, held_out: Observed, seed: int = 0
) -> FollowRates:
    """The rates over up to `ASKED` held-out rows, drawn by chance: those of a file may be sorted.

    Raises: CapabilityError, where the surrogate has no tree over columns.
    """
    drawn = torch.randperm(len(held_out), generator=generator(seed, "counterfactual rows"), device="cpu")[:ASKED]
    asked = held_out.take(drawn.numpy()).inputs
    cheapest = LeafCounterfactuals(learned.inputs).explain(surrogate, asked)
    best = LeafCounterfactuals(learned.inputs, black_box).explain(surrogate, asked)
    rate, follows = follow_rate(black_box, best)
    return FollowRates(follow_rate(black_box, cheapest)[0], rate, _copied(surrogate, learned, best, follows))


def _copied(surrogate: Surrogate, learned: Observed, found: Counterfactuals, follows: torch.Tensor) -> Measure:
    rows = found.counterfactuals[:, 0][follows].detach().cpu().numpy()
    return share(LeafEntries(surrogate, learned.rows).are_known(rows))
