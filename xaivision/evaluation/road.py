"""ROAD: the score while pixels are imputed from their neighbors, most important first against least important first."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.core.scores import Scores
from xaivision.core.settings import check_number_from_zero
from xaivision.engines.imputed_scores import imputed_scores
from xaivision.engines.regions import sides_of, single_regions
from xaivision.engines.subset_draws import share_size
from xaivision.evaluation.faithfulness_correlation import check_share
from xaivision.evaluation.following import Output, check_output, followed
from xaivision.evaluation.measurement import Measurement, measurement
from xaivision.evaluation.part_curves import part_ranks


@dataclass(frozen=True)
class Road:
    """Half of what the score is higher with the least important pixels imputed than with the most important ones.

    Each of `shares` of the pixels is replaced by what its neighbors say, all at once, with Gaussian `noise` on top, so that
    where pixels went cannot be seen. The mean over the shares; the curve has each.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="road",
        answers="Does the score need the pixels named most important more than those named least important?",
        misleads="Smooth maps do well: what lies between pixels that are left is easily imputed.",
        cost="10 forwards by default, and as many sparse systems, which take longer: a quarter of a second each at 224 pixels",
        source="Rong et al., 2022, arXiv:2202.00449",
        higher_is_better=True,
        domains=("image",),
        faithfulness=True,
        replaces_by="imputed",
    )

    shares: tuple[float, ...] = (0.1, 0.3, 0.5, 0.7, 0.9)
    noise: float = 0.01
    output: Output = "auto"

    def __post_init__(self) -> None:
        check_number_from_zero("noise", self.noise)
        check_output(self.output)
        if not isinstance(self.shares, tuple) or not self.shares:
            raise InputError(f"`shares` must be a tuple of shares of the pixels. Got {self.shares!r}.")
        for share in self.shares:
            check_share("shares", share)

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) half differences; `details` "morf" and "lerf" (B, n): the scores with most and least important pixels imputed.

        Undefined for maps that are not finite.
        """
        with measurement(self, model, explanation) as m:
            morf, lerf, unit = self._both(m, seed)
            combined = (lerf - morf) / 2
            combined[~explanation.values.flatten(1).isfinite().all(1).cpu()] = torch.nan
            shares = torch.tensor(self.shares, dtype=torch.float64, device="cpu")
            details = {"morf": morf, "lerf": lerf}
            unit = f"half difference of the {unit}"
            return m.scores(combined.mean(1), unit, curves=combined, curve_shares=shares, details=details)

    def _both(self, m: Measurement, seed: int) -> tuple[Tensor, Tensor, str]:
        """(B, n) scores with the first and with the last pixels of the order imputed, and their unit."""
        pictures = m.explanation.query.inputs
        target, unit = followed(m, self.output)
        ranks = part_ranks(m, single_regions(sides_of(pictures)), seed)
        counts = torch.tensor([share_size(ranks.shape[1], share) for share in self.shares], device="cpu")
        chance = generator(seed, "road")
        draw = torch.randn(pictures.shape[1:], generator=chance, dtype=torch.float64, device="cpu")
        noise = self.noise * draw.to(pictures)
        last = ranks.shape[1] - 1 - ranks
        first, second = (imputed_scores(m.model, pictures, target, order, counts, noise) for order in (ranks, last))
        return first, second, unit
