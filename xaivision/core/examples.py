"""Examples: prototypes, criticisms and neighbours."""

from dataclasses import dataclass

from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.explanation import Explanation
from xaivision.core.presenting import shape_of


@dataclass(frozen=True, eq=False, repr=False)
class Examples(Explanation):
    """`examples` (B, k, *S), best first, with their `indices` (B, k) in the set they come from and `similarity` (B, k).

    `example_scores` (B, k): the model's score of the query's target on each example. `maps` (B, k, *S): what each feature
    adds to the similarity, where the similarity is a sum over features.
    """

    examples: Tensor
    indices: Tensor
    similarity: Tensor
    example_scores: Tensor | None = None
    maps: Tensor | None = None

    def _content(self) -> tuple[str, ...]:
        return (f"examples {shape_of(self.examples)}",)

    def as_attribution(self) -> Attribution:
        """What each feature adds to the mean similarity of the k examples.

        Raises: CapabilityError, where the similarity is not a sum over features.
        """
        if self.maps is None:
            raise self._no_attribution("its similarity is not a sum over the input's features")
        return Attribution(self.query, self.origin, self.diagnostics, values=self.maps.mean(1), kind="contribution")
