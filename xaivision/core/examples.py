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

    Of prototypes that a model decides by: `weights` (B, k), by how much the score grows with the similarity, `contributions`
    (B, k), what each example adds to the score, and `remainder` (B,), what all else adds; `maps` then sum to contributions, or
    say what each feature takes from them. `boxes` and `example_boxes` (B, k, 4): top, left, bottom, right in pixels of where
    the two are alike, in the input and in the example.

    `spread` (F,) of rows of tables: the standard deviation of each column in the set that the examples come from.
    """

    examples: Tensor
    indices: Tensor
    similarity: Tensor
    example_scores: Tensor | None = None
    maps: Tensor | None = None
    weights: Tensor | None = None
    contributions: Tensor | None = None
    remainder: Tensor | None = None
    boxes: Tensor | None = None
    example_boxes: Tensor | None = None
    spread: Tensor | None = None

    def _content(self) -> tuple[str, ...]:
        return (f"examples {shape_of(self.examples)}",)

    def as_attribution(self) -> Attribution:
        """What each feature adds to the mean similarity of the k examples; where examples contribute to the score, what it
        adds to their contributions.

        Raises: CapabilityError, where the similarity is not a sum over features.
        """
        if self.maps is None:
            raise self._no_attribution("its similarity is not a sum over the input's features")
        values = self.maps.mean(1) if self.contributions is None else self.maps.sum(1)
        return Attribution(self.query, self.origin, self.diagnostics, values=values, kind="contribution")
