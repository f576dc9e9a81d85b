"""What is found of prototypes: for each whether it means one part, keeps to it, and is a place of a training picture."""

from dataclasses import dataclass

from torch import Tensor

from xaivision.core.presenting import in_short


@dataclass(frozen=True, eq=False, repr=False)
class PartScore:
    """`each` (P,) from 0 to 1, NaN where a prototype has none; `of_middle` (P,): what a prototype would get that is always in
    the middle of the picture, whatever the picture shows.

    Where both are as high, the pictures are aligned, and the score says nothing of the prototypes.
    """

    each: Tensor
    of_middle: Tensor

    def __repr__(self) -> str:
        """One line: the score in percent, and that of the middle."""
        return in_short(self, f"{self.percent:.1f} %", f"middle of the picture {self.percent_of_middle:.1f} %")

    @property
    def percent(self) -> float:
        """100 times the mean over prototypes, as papers give it."""
        return 100 * float(self.each.nanmean())

    @property
    def percent_of_middle(self) -> float:
        """That of prototypes which are always in the middle."""
        return 100 * float(self.of_middle.nanmean())


@dataclass(frozen=True, eq=False, repr=False)
class PrototypeScores:
    """For P prototypes and K parts, `part_names`.

    `consistency`: whether a prototype is at one and the same part in enough pictures of its class. `stability`: the share of
    these in which it stays at the same parts under noise. `purity`: of the pictures most like it, of any class, the share in
    which it is at one same part. `part_shares` (P, K): in which share of the pictures of its class that show a part it is
    there. These four are None where no parts were given. `box_overlap` (P,): by how much the boxes around its most active
    place with and without noise overlap, a substitute for stability that needs no parts and is in no paper. `owners` (P,), the
    class of each; `class_names`. `pictures` (P,): how many of its class were looked at.
    """

    consistency: PartScore | None
    stability: PartScore | None
    purity: PartScore | None
    part_shares: Tensor | None
    box_overlap: Tensor
    owners: Tensor
    pictures: Tensor
    class_names: tuple[str, ...]
    part_names: tuple[str, ...]

    def __repr__(self) -> str:
        """One line: how many prototypes, and their scores in percent."""
        named = {"consistency": self.consistency, "stability": self.stability, "purity": self.purity}
        told = [f"{name} {one.percent:.1f} % (middle: {one.percent_of_middle:.1f} %)" for name, one in named.items() if one]
        return in_short(self, f"{len(self.owners)} prototypes", *told, f"box overlap {100 * self._overlap:.1f} %")

    @property
    def _overlap(self) -> float:
        return float(self.box_overlap.nanmean())
