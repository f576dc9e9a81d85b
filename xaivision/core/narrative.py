"""Narrative: from a map to a segment to words."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.explanation import Explanation
from xaivision.core.presenting import shape_of
from xaivision.core.verdict import Verdict, judged, worst


@dataclass(frozen=True, eq=False, repr=False)
class Narrative(Explanation):
    """`text` says of each input what the `attribution` and the `regions` (B, H, W) show; `evidence`: each stage's record."""

    attribution: Attribution
    regions: Tensor
    text: tuple[str, ...]
    evidence: tuple[Mapping[str, Any], ...] = ()

    def _content(self) -> tuple[str, ...]:
        return (f"regions {shape_of(self.regions)}",)

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """For each input the verdict on the attribution, with what speaks against the words: they are no truer than the map."""
        own = judged(None, self.query.scores, self.diagnostics)
        return tuple(
            Verdict(worst((map_.status, words.status)), tuple(dict.fromkeys((*map_.reasons, *words.reasons))))
            for map_, words in zip(self.attribution.verdicts, own, strict=True)
        )

    def as_attribution(self) -> Attribution:
        """The attribution that the words are about."""
        return self.attribution
