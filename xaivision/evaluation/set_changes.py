"""Sets of features without which the score is asked for: what the map says of each, next to how far the score falls."""

from collections.abc import Hashable
from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.sharing import fingerprint, shared_work
from xaivision.core.targets import TargetScore
from xaivision.engines.baselines import Baseline
from xaivision.engines.correlation import row_correlation, score_resolution
from xaivision.engines.regions import in_regions, region_sums
from xaivision.engines.replaced_scores import replaced_scores
from xaivision.evaluation.measurement import Measurement
from xaivision.evaluation.replacing import substitutes


@dataclass(frozen=True, eq=False)
class SetChanges:
    """`sums` (B, n): the contributions of each set; `falls` (B, n): the score minus the score without the set, in float64.

    `resolution` (B,): falls that differ by less do so by rounding. `notes`: what is to be said of the baseline.
    """

    sums: Tensor
    falls: Tensor
    resolution: Tensor
    notes: tuple[str, ...]

    def correlation(self, chosen: slice = slice(None)) -> Tensor:
        """(B,) Pearson correlation over the chosen sets; NaN where one side does not vary."""
        return row_correlation(self.sums[:, chosen], self.falls[:, chosen], self.resolution)


@dataclass(frozen=True, eq=False)
class _Asked:
    scores: Tensor


def set_changes(m: Measurement, regions: Tensor, sets: Tensor, baseline: Baseline | None, seed: int) -> SetChanges:
    """For sets (n, M) of the regions (P,) of every input; the model is asked once for all maps of a job.

    Raises: InputError, where the baseline does not fit the inputs.
    """
    query = m.explanation.query
    others, notes = substitutes(m, baseline, seed)
    versions = torch.cat([torch.zeros_like(sets[:1]), sets])

    def ask() -> _Asked:
        gone = in_regions(versions, regions)
        return _Asked(replaced_scores(m.model, query.inputs, others, query.target, len(versions), gone))

    question = (fingerprint(others), fingerprint(versions), fingerprint(regions), asked_of(query.target))
    scores = shared_work(m.model, query.inputs, m.about.name, question, ask).scores
    sums = region_sums(m.explanation.feature_values.flatten(1), regions).cpu() @ sets.double().T
    return SetChanges(sums, scores[:, :1] - scores[:, 1:], score_resolution(scores, query.inputs.dtype), notes)


def asked_of(target: TargetScore) -> Hashable:
    """Equal for equal questions."""
    against = None if target.against is None else tuple(target.against.tolist())
    return tuple(target.classes.tolist()), against, target.output, target.score_unit
