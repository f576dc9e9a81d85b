"""Concept scores: how much of the score each concept carries."""

from dataclasses import dataclass

from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.explanation import Explanation
from xaivision.core.presenting import few, shape_of


@dataclass(frozen=True, eq=False, repr=False)
class ConceptScores(Explanation):
    """`values` (B, C) for the concepts in `names`; `maps` (B, C, H, W): where each concept was seen."""

    values: Tensor
    names: tuple[str, ...]
    maps: Tensor | None = None

    def _content(self) -> tuple[str, ...]:
        return (f"concepts {few(self.names)}", f"values {shape_of(self.values)}")

    def as_attribution(self) -> Attribution:
        """The concept maps weighted by the concept scores.

        Raises: CapabilityError, where there are no maps.
        """
        if self.maps is None:
            raise self._no_attribution("its concepts have no maps")
        weighted = (self.maps * self.values[:, :, None, None]).sum(1, keepdim=True)
        return Attribution(self.query, self.origin, self.diagnostics, values=weighted, kind="contribution")
