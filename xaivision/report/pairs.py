"""What pairs of features or segments do together: the interactions of one input, in names and numbers a reader knows."""

from dataclasses import dataclass

import numpy as np

from xaivision.core.attribution import Attribution
from xaivision.report.features import Bar
from xaivision.report.palette import Floats
from xaivision.report.shared_values import group_names, groups_of
from xaivision.report.wording import feature_names

# A matrix of more names could not be read.
MOST_PLAYERS = 12
STRONGEST = 10
# Of the largest number: scores in float32 are rounded to a hundredth of that.
ROUNDING = 1e-5


@dataclass(frozen=True, eq=False)
class Pairs:
    """`alone` (M,): what each has by itself. `together` (M, M): what two gain beyond that, all of it, zero on the diagonal.

    `rounded`: how many numbers were so small beside the largest that they are rounding, and are zero here.
    """

    names: tuple[str, ...]
    alone: Floats
    together: Floats
    rounded: int = 0

    @property
    def limit(self) -> float:
        """The largest absolute interaction."""
        return float(np.abs(self.together).max())

    @property
    def ranked(self) -> list[tuple[int, int]]:
        """Pairs that interact, strongest first."""
        first, second = np.triu_indices(len(self.names), 1)
        sizes = np.abs(self.together[first, second])
        order = np.argsort(-sizes, kind="stable")
        return [(int(first[at]), int(second[at])) for at in order if sizes[at] > 0]

    @property
    def shown(self) -> list[int]:
        """The players that a matrix has room for: those of the strongest pairs, then those that come first, in their order."""
        wanted = [player for pair in self.ranked for player in pair] + list(range(len(self.names)))
        return sorted(list(dict.fromkeys(wanted))[:MOST_PLAYERS])

    def pair_bars(self) -> list[Bar]:
        """A bar for each of the strongest pairs."""
        pairs = self.ranked[:STRONGEST]
        return [Bar(f"{self.names[i]} \N{MULTIPLICATION SIGN} {self.names[j]}", "", float(self.together[i, j])) for i, j in pairs]

    def alone_bars(self) -> list[Bar]:
        """A bar for each of the players that have most by themselves."""
        order = np.argsort(-np.abs(self.alone), kind="stable")[:STRONGEST].tolist()
        return [Bar(self.names[i], "", float(self.alone[i])) for i in order if self.alone[i] != 0]

    @property
    def named(self) -> list[int]:
        """The players that the matrix or a bar names."""
        loudest = np.argsort(-np.abs(self.alone), kind="stable")[:STRONGEST].tolist()
        paired = [player for pair in self.ranked[:STRONGEST] for player in pair]
        return sorted({*self.shown, *loudest, *paired})

    @property
    def left_out(self) -> str:
        """How much of all interactions the matrix does not show; empty where it shows all."""
        more = len(self.names) - len(self.shown)
        if more <= 0:
            return ""
        inside, whole = (float(np.abs(one).sum()) for one in (self.together[np.ix_(self.shown, self.shown)], self.together))
        share = 100 * (1 - inside / whole) if whole > 0 else 0.0
        return f"{more} more take part in {share:.2g} % of the interaction; the matrix has room for {MOST_PLAYERS}"


def pairs_of(attribution: Attribution, index: int) -> Pairs:
    """The interactions of one input, which the attribution must have."""
    assert attribution.interactions is not None  # noqa: S101 - asked only where there are some
    matrix = attribution.interactions[index].detach().double().cpu().numpy()
    alone = matrix.diagonal().copy()
    together = matrix + matrix.T  # half of a pair's interaction stands on each side
    np.fill_diagonal(together, 0)
    tiny = ROUNDING * max(float(np.abs(alone).max()), float(np.abs(together).max()))
    small = [(one != 0) & (np.abs(one) < tiny) for one in (alone, together)]
    alone, together = (np.where(little, 0, one) for little, one in zip(small, (alone, together), strict=True))
    return Pairs(_names(attribution, index, len(matrix)), alone, together, int(small[0].sum() + small[1].sum() // 2))


def _names(attribution: Attribution, index: int, count: int) -> tuple[str, ...]:
    if attribution.query.inputs.ndim == 4:
        return tuple(f"segment {number}" for number in range(count))
    if groups := groups_of(attribution, index):
        return group_names(attribution, groups)
    return feature_names(attribution.query, count)
