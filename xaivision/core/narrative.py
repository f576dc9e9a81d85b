"""Narrative: from a map to a segment to words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.explanation import Explanation
from xaivision.core.presenting import shape_of


@dataclass(frozen=True, eq=False, repr=False)
class Narrative(Explanation):
    """`text` says of each input what the `attribution` and the `regions` (B, H, W) show; `evidence`: each stage's record."""

    attribution: Attribution
    regions: Tensor
    text: tuple[str, ...]
    evidence: tuple[Mapping[str, Any], ...] = ()

    def _content(self) -> tuple[str, ...]:
        return (f"regions {shape_of(self.regions)}",)

    def as_attribution(self) -> Attribution:
        """The attribution that the words are about."""
        return self.attribution
