"""SP-LIME: the few inputs whose explanations show most of what the explanations of all inputs say."""

from dataclasses import dataclass

from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.explanation import Explanation
from xaivision.core.presenting import few
from xaivision.core.settings import check_positive_integer
from xaivision.engines.submodular_pick import importance, largest_only, picked_rows, sizes_by_place

# Places of a picture along each side: few enough that relevance a few pixels apart is at one place.
CELLS = 8


@dataclass(frozen=True, eq=False, repr=False)
class SubmodularPick:
    """`indices`: which inputs were picked, in that order. `coverage`: after each pick, the importance of the columns that a
    picked explanation shows, as a share of that of all columns any explanation shows. The columns of pictures are places.

    `explanations`: those of all inputs, the picked ones at `indices`. `importance` (F,), of pictures (cells, cells): the root
    of the sum over inputs of the sizes of a column's values, among the largest `features` of each input. `left_out`: inputs
    whose explanation is refused, which cannot be picked.
    """

    indices: tuple[int, ...]
    coverage: tuple[float, ...]
    explanations: Attribution
    importance: Tensor
    features: int
    left_out: tuple[int, ...]

    @property
    def inputs(self) -> Tensor:
        """(k, *S) the picked inputs."""
        return self.explanations.query.inputs[list(self.indices)]

    @property
    def values(self) -> Tensor:
        """(k, *S) the values of the picked explanations."""
        return self.explanations.values[list(self.indices)]

    def __repr__(self) -> str:
        covered = f", {self.coverage[-1]:.0%} covered" if self.coverage else ""
        picked = few(map(str, self.indices))
        return f"SubmodularPick({self.explanations.method}, {picked} of {len(self.explanations.query)} inputs{covered})"


def representatives(found: Explanation, count: int, features: int, cells: int = CELLS) -> SubmodularPick:
    """Up to `count` of the explained inputs: of each explanation the `features` largest values, together showing most.

    Fewer are picked where they show all columns that any explanation shows. Pixels and segments of one picture are not those
    of the next, but places are: the columns of pictures are the cells of a grid, `cells` along each side.

    Raises: InputError, where a number is not positive, a picture has fewer pixels than cells along a side, or the explanation
    gives columns no values; CapabilityError, where all explanations are refused.
    """
    for name, given in (("count", count), ("features", features), ("cells", cells)):
        check_positive_integer(name, given)
    if not isinstance(found, Attribution):
        raise InputError(f"`method` must give a value for each column. `{found.method}` gives {type(found).__name__}.")
    refused = tuple(index for index, verdict in enumerate(found.verdicts) if verdict.status == "refuse")
    if len(refused) == len(found.query):
        raise CapabilityError(f"`submodular_pick` needs explanations to pick from. `{found.method}` is refused: {found.verdict}.")
    weights = largest_only(_columns(found, cells), features)
    weights[list(refused)] = 0
    picked = picked_rows(weights, count)
    matters = importance(weights)
    shape = (cells, cells) if found.values.ndim == 4 else matters.shape
    return SubmodularPick(picked.rows, picked.coverage, found, matters.view(shape), features, refused)


def check_cells(cells: int, inputs: Tensor) -> None:
    """Raises: InputError, where `cells` is not positive, or the inputs are pictures of fewer pixels along a side."""
    check_positive_integer("cells", cells)
    if inputs.ndim == 4 and cells > min(inputs.shape[2:]):
        height, width = inputs.shape[2:]
        raise InputError(f"`cells` must be at most the pixels along a side. Got {cells} for pictures of {height} x {width}.")


def _columns(found: Attribution, cells: int) -> Tensor:
    """(n, d) values of what is the same in every input: the columns of a table, or the places of a picture."""
    if found.values.ndim != 4:
        return found.values
    check_cells(cells, found.values)
    return sizes_by_place(found.feature_values, cells)
