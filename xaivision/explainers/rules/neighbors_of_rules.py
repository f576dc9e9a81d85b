"""The cases that a rule is tried on: known rows that are made to meet it, or a picture with some of its segments hidden."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Protocol

import torch
from torch import Tensor

from xaivision.core.rules import Condition
from xaivision.engines.removals import Removal
from xaivision.engines.rules.table_conditions import Bounds, KnownValues, conditions_of, joined
from xaivision.engines.rules.tally import Helping

# Pictures with segments hidden at random, by which the share that a rule covers is known within 2 %.
PICTURES = 2000
# Of fewer known rows than these it would not be sure (95 %) that the rule holds in more than half of such, were all of them
# predicted so: 0.05 ** (1 / 4) < 0.5; where they are few among all, hardly any meet it. Nor where one row in a hundred does.
FEW, FEW_AMONG, FEW_SHARE = 5, 0.05, 0.01


class Neighborhood(Protocol):
    """What a rule about one input is made of and tried on; conditions are numbered."""

    @property
    def features(self) -> Sequence[int]:
        """What each condition is about: a column, or a segment."""
        ...

    def covered(self, generator: torch.Generator) -> Tensor:
        """(C, n) bool: which of n cases, drawn without any condition, meet each single one."""
        ...

    def covered_anew(self, generator: torch.Generator) -> Tensor:
        """The same of cases that no rule is chosen by, where there are such."""
        ...

    def drawn(self, helpings: Sequence[Helping], generator: torch.Generator) -> Tensor:
        """(sum of draws, *S) cases that meet these conjunctions, so many of each, one after the other."""
        ...

    def conditions(self, anchor: Sequence[int]) -> tuple[Condition, ...]:
        """These conditions, one a feature."""
        ...

    def rarity(self, met: Tensor) -> str:
        """That hardly any case but the input is among those `met` (n,) bool of the cases that a rule is counted on, in words;
        empty where it is not so.
        """
        ...


@dataclass(frozen=True, eq=False)
class KnownRows:
    """Rows of a `background` (n, F), whose columns are also given `ordered` (F, n), around the `row` (F,), with the `cuts` of
    each column; those `categorical` hold codes. On the rows `counted` it is told what a rule covers.
    """

    row: Tensor
    background: Tensor
    ordered: Tensor
    cuts: Sequence[Sequence[float]]
    categorical: Sequence[int]
    counted: Tensor

    @cached_property
    def bounds(self) -> list[Bounds]:
        """The conditions that the row meets, by number."""
        return conditions_of(self.row, self.background, self.cuts, self.categorical)

    @cached_property
    def _values(self) -> KnownValues:
        return KnownValues(self.background, self.row, self.ordered)

    @property
    def features(self) -> Sequence[int]:
        """Columns."""
        return [one.column for one in self.bounds]

    def covered(self, generator: torch.Generator) -> Tensor:
        """Which rows of the background meet each condition."""
        return self._meeting(self.background)

    def covered_anew(self, generator: torch.Generator) -> Tensor:
        """Which rows of those to count on meet each condition."""
        return self._meeting(self.counted)

    def drawn(self, helpings: Sequence[Helping], generator: torch.Generator) -> Tensor:
        """Rows of the background made to meet the conditions."""
        conditions = [[self.bounds[number] for number in one.anchor] for one in helpings]
        return self._values.drawn(conditions, [one.draws for one in helpings], generator)

    def conditions(self, anchor: Sequence[int]) -> tuple[Condition, ...]:
        """Bounds of columns."""
        return tuple(
            Condition(one.column, None if one.low == -inf else one.low, None if one.high == inf else one.high)
            for one in joined([self.bounds[number] for number in anchor])
        )

    def rarity(self, met: Tensor) -> str:
        """Of the rows to count on those that are the input itself say nothing of others."""
        others = met[(self.counted != self.row).any(1)]
        count, known = int(others.sum()), len(others)
        if not known or count >= max(min(FEW, FEW_AMONG * known), FEW_SHARE * known) > 0:
            return ""
        if not count:
            return f"no {'other ' if bool(met.any()) else ''}known case meets the rule: it covers nothing but the input"
        rows = f"1 of {known:,} other known rows meets" if count == 1 else f"{count} of {known:,} other known rows meet"
        return f"only {rows} the rule: it covers hardly any case but the input"

    def _meeting(self, rows: Tensor) -> Tensor:
        held = [one.holds(rows[:, one.column].double()) for one in self.bounds]
        return torch.stack(held) if held else torch.zeros(0, len(rows), dtype=torch.bool, device="cpu")


@dataclass(frozen=True, eq=False)
class KeptSegments:
    """A picture, its segments by their label map (H, W), and what stands where they are hidden."""

    removal: Removal
    labels: Tensor

    @property
    def features(self) -> Sequence[int]:
        """Segments, by number."""
        return range(self._segments)

    def covered(self, generator: torch.Generator) -> Tensor:
        """Which segments are there in pictures with each there by half a chance."""
        return torch.rand(self._segments, PICTURES, generator=generator, dtype=torch.float64, device="cpu") < 0.5

    def covered_anew(self, generator: torch.Generator) -> Tensor:
        """The same of pictures drawn by this generator."""
        return self.covered(generator)

    def drawn(self, helpings: Sequence[Helping], generator: torch.Generator) -> Tensor:
        """The picture with the anchor's segments there, and each other one by half a chance."""
        counts = [one.draws for one in helpings]
        there = torch.rand(max(counts), self._segments, generator=generator, dtype=torch.float64, device="cpu") < 0.5
        # The same pictures for all of them: which is better shows in fewer draws.
        there = torch.cat([there[:count] for count in counts])
        for own, one in zip(there.split(counts), helpings, strict=True):  # type: ignore[no-untyped-call]
            own[:, list(one.anchor)] = True
        return self.removal(there[:, self.labels.cpu().long()].to(self.removal.one.device))

    def conditions(self, anchor: Sequence[int]) -> tuple[Condition, ...]:
        """Segments that are there: numbers above a half, where there is 1 and hidden is 0."""
        return tuple(Condition(number, low=0.5) for number in sorted(anchor))

    def rarity(self, met: Tensor) -> str:
        """How few pictures have all of many segments says nothing against these; only that none has does."""
        return "" if bool(met.any()) else f"none of {PICTURES:,} pictures with segments hidden at random meets the rule"

    @property
    def _segments(self) -> int:
        return int(self.labels.max()) + 1
