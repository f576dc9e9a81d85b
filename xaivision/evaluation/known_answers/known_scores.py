"""How near a map comes to a known answer, in five scores, and what each says where the map must fail.

Source: Clark et al., XAI-TRIS, 2023, arXiv:2306.12816 (precision, earth mover's distance); GECOBench, 2024, arXiv:2406.11547
(mass accuracy); Arras, Osman, Samek, CLEVR-XAI, 2020, arXiv:2003.07258 (rank accuracy).
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from xaivision.core.attribution import Attribution
from xaivision.core.bootstrap import Interval
from xaivision.engines.earth_movers import nearness
from xaivision.engines.localization import mann_whitney, mass_accuracy, top_share

# What each score says, of the sizes of the values but for the last two; 1 is best in all of them.
SCORES: Mapping[str, str] = {
    "mass": "share of the values' size that lies in the truth",
    "precision": "of the n largest sizes the share in the truth, which has n features",
    "auc": "how often a size in the truth is larger than one outside it",
    "nearness": "1 minus the earth mover's distance to the truth over the diagonal; of pictures",
    "rank": "of the n largest contributions, with their sign, the share in the truth",
    "likeness": "cosine between the values and the contributions that are known; of networks built by hand",
}
# The worst that a score can be, where it is not 0; the best is 1.
LEAST: Mapping[str, float] = {"likeness": -1.0}
Values = Mapping[str, Tensor]


def known_scores(explanation: Attribution, truth: Tensor, exact: Tensor | None = None) -> dict[str, Tensor]:
    """(B,) float64 each score of a map, by its name; NaN where it is not defined. `truth` (B, H, W) or (B, F).

    Slopes are ranked by their size: their sign says in which direction a value would have to move, not for what it speaks.
    """
    values = explanation.feature_values.detach().double().cpu()
    signed = values.abs() if explanation.kind == "slope" else values
    return map_scores(values, signed, truth, exact)


def map_scores(values: Tensor, signed: Tensor, truth: Tensor, exact: Tensor | None = None) -> dict[str, Tensor]:
    """The same of values (B, ...), and of what they are ranked by with their sign."""
    sizes, counts = values.abs(), truth.flatten(1).sum(1)
    found = {
        "mass": mass_accuracy(sizes, truth),
        "precision": top_share(sizes, truth, counts),
        "auc": mann_whitney(sizes, truth),
        "rank": top_share(signed, truth, counts),
    }
    if values.ndim == 3:
        found["nearness"] = nearness(values, truth)
    if exact is not None:
        found["likeness"] = _likeness(values, exact)
    return {name: found[name].cpu() for name in SCORES if name in found}


def against_the_truth(explanation: Attribution, truth: Tensor) -> dict[str, Tensor]:
    """The scores of the map where the truth is turned around: a map that is right must fail here."""
    return known_scores(explanation, ~truth)


def beside_the_truth(explanation: Attribution, truth: Tensor, exact: Tensor | None = None, cell: int = 1) -> dict[str, Tensor]:
    """The scores of the map moved by one cell along each axis; what leaves on one side comes back on the other."""
    return known_scores(explanation.with_values(shifted(explanation.values, cell)), truth, exact)


def shifted(values: Tensor, cell: int = 1) -> Tensor:
    """Maps (B, C, H, W), (B, H, W) or rows (B, F), moved by one cell along each axis of their positions."""
    axes = (-2, -1) if values.ndim > 2 else (-1,)
    return values.roll((cell,) * len(axes), axes)


def within(interval: Interval, score: str) -> Interval:
    """The interval of a mean of this score, cut where no score can lie: few values reach far. What is undefined stays so."""
    low, high = interval
    least = LEAST.get(score, 0.0)
    return least if low < least else low, 1.0 if high > 1 else high


def _likeness(values: Tensor, exact: Tensor) -> Tensor:
    """(B,) cosine; NaN for a map that is zero everywhere or not finite."""
    flat = values.flatten(1)
    found: Tensor = cosine_similarity(flat, exact.double().flatten(1), dim=1)
    return found.masked_fill(~flat.isfinite().all(1) | ~flat.any(1), torch.nan)
