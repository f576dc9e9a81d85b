"""SP-LIME: the few inputs whose explanations show most of what the explanations of all inputs say."""

from dataclasses import dataclass

from torch import Tensor

from xaivision.core.about import Domain
from xaivision.core.attribution import Attribution
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.explanation import Explanation
from xaivision.core.presenting import few
from xaivision.core.settings import check_positive_integer
from xaivision.engines.submodular_pick import importance, largest_only, picked_rows


@dataclass(frozen=True, eq=False, repr=False)
class SubmodularPick:
    """`indices`: which inputs were picked, in that order. `coverage`: after each pick, the importance of the columns that a
    picked explanation shows, as a share of that of all columns any explanation shows.

    `explanations`: those of all inputs, the picked ones at `indices`. `importance` (F,): the root of the sum over inputs of
    the sizes of a column's values, among the largest `features` of each input. `left_out`: inputs whose explanation is
    refused, which cannot be picked.
    """

    indices: tuple[int, ...]
    coverage: tuple[float, ...]
    explanations: Attribution
    importance: Tensor
    features: int
    left_out: tuple[int, ...]

    @property
    def inputs(self) -> Tensor:
        """(k, F) the picked inputs."""
        return self.explanations.query.inputs[list(self.indices)]

    @property
    def values(self) -> Tensor:
        """(k, F) the values of the picked explanations."""
        return self.explanations.values[list(self.indices)]

    def __repr__(self) -> str:
        covered = f", {self.coverage[-1]:.0%} covered" if self.coverage else ""
        picked = few(map(str, self.indices))
        return f"SubmodularPick({self.explanations.method}, {picked} of {len(self.explanations.query)} inputs{covered})"


def representatives(found: Explanation, count: int, features: int) -> SubmodularPick:
    """Up to `count` of the explained inputs: of each explanation the `features` largest values, together showing most.

    Fewer are picked where they show all columns that any explanation shows.

    Raises: InputError, where a number is not positive, or the explanation gives columns no values; CapabilityError, where the
    inputs are images, or all explanations are refused.
    """
    check_positive_integer("count", count)
    check_positive_integer("features", features)
    if not isinstance(found, Attribution):
        raise InputError(f"`method` must give a value for each column. `{found.method}` gives {type(found).__name__}.")
    check_comparable("image" if found.values.ndim == 4 else "tabular")
    refused = tuple(index for index, verdict in enumerate(found.verdicts) if verdict.status == "refuse")
    if len(refused) == len(found.query):
        raise CapabilityError(f"`submodular_pick` needs explanations to pick from. `{found.method}` is refused: {found.verdict}.")
    weights = largest_only(found.values, features)
    weights[list(refused)] = 0
    picked = picked_rows(weights, count)
    return SubmodularPick(picked.rows, picked.coverage, found, importance(weights), features, refused)


def check_comparable(domain: Domain) -> None:
    """Raises: CapabilityError, where the features of one input are not those of the next."""
    if domain == "image":
        raise CapabilityError(
            "`submodular_pick` needs features that mean the same in every input, as the columns of a table do. Got images, "
            "whose positions and segments do not."
        )
