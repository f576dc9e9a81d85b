"""How well the linear functions behind eight methods agree with the model, each on every neighborhood."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from xaivision.core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

# Losses that differ by less than this many standard errors of their difference are not told apart.
TOLD_APART = 2.0


@dataclass(frozen=True, eq=False, repr=False)
class CrossTable:
    """`losses` (methods, neighborhoods): mean squared difference between the model's score and the method's linear function, with
    the intercept that suits it best there.

    `methods` are registered names. `standard_errors` of the same shape: by chance of the draws that a loss is the mean over,
    0 where nothing was drawn. `differences` (neighborhoods, methods, methods): below how much two losses are not told apart, by
    that chance and by rounding; all methods meet the same draws. `variances` (neighborhoods,): the loss of the best constant.
    `undefined` (methods, neighborhoods): for how many of the `rows` a method says nothing; its loss is NaN then. `legend`:
    what the names of the neighborhoods mean.
    """

    methods: tuple[str, ...]
    neighborhoods: tuple[str, ...]
    losses: Tensor
    standard_errors: Tensor
    differences: Tensor
    variances: Tensor
    undefined: Tensor
    rows: int
    unit: str
    legend: str = ""
    notes: tuple[str, ...] = ()

    def tiers_on(self, neighborhood: str, among: Sequence[str] | None = None) -> list[tuple[str, ...]]:
        """The methods by their loss there, least first, those together that are not told apart from the first of them.

        Methods whose loss is undefined there are left out.

        Raises: InputError, where there is no such neighborhood or method.
        """
        place = self._place(neighborhood)
        known = [method for method in self._known(among) if not self.losses[self.methods.index(method), place].isnan()]
        tiers: list[tuple[str, ...]] = []
        for method in sorted(known, key=lambda name: float(self.losses[self.methods.index(name), place])):
            if tiers and self._alike(place, tiers[-1][0], method):
                tiers[-1] = (*tiers[-1], method)
            else:
                tiers.append((method,))
        return tiers

    def best_on(self, neighborhood: str) -> tuple[str, ...]:
        """The methods with the least loss there: several, where they are not told apart; none, where no loss is defined.

        Raises: InputError, where there is no such neighborhood.
        """
        tiers = self.tiers_on(neighborhood)
        return tiers[0] if tiers else ()

    def best_in_words(self, neighborhood: str) -> str:
        """Those methods by name, and that they are not told apart where they are several."""
        best = self.best_on(neighborhood)
        if not best:
            return "no method, all losses are undefined"
        if len(best) == len(self.methods) > 1:
            return "all methods alike"
        return best[0] if len(best) == 1 else f"{', '.join(best[:-1])} and {best[-1]} (not told apart)"

    def to_frame(self) -> "pd.DataFrame":
        """The losses as a pandas data frame, methods down, neighborhoods across."""
        import pandas as pd

        return pd.DataFrame(self.losses.numpy(), index=list(self.methods), columns=list(self.neighborhoods))

    def __str__(self) -> str:
        """The losses with what they mean, as text."""
        frame = self.to_frame()
        lines = [frame.map(lambda loss: "undefined" if loss != loss else f"{loss:.3g}").to_string()]
        constants = ", ".join(
            f"{name} {float(value):.3g}" for name, value in zip(self.neighborhoods, self.variances, strict=True)
        )
        rows = f"{self.rows} rows" if self.rows > 1 else "one row"
        lines.append(f"Mean squared error of the {self.unit}, over {rows}. That of the best constant: {constants}.")
        lines += [f"Least on {name}: {self.best_in_words(name)}." for name in self.neighborhoods]
        return "\n".join([*lines, *filter(None, (self.legend,)), *self.notes])

    def __repr__(self) -> str:
        size = f"{len(self.methods)} methods on {len(self.neighborhoods)} neighborhoods"
        return f"CrossTable({size}, squared error of the {self.unit})"

    def _repr_html_(self) -> str:
        found: str = self.to_frame().to_html(float_format="{:.3g}".format, na_rep="undefined")
        return found

    def _alike(self, place: int, better: str, worse: str) -> bool:
        first, second = self.methods.index(better), self.methods.index(worse)
        apart = float(self.losses[second, place] - self.losses[first, place])
        return apart <= float(self.differences[place, first, second])

    def _place(self, neighborhood: str) -> int:
        if neighborhood not in self.neighborhoods:
            raise InputError(f"`neighborhood` must be one of {', '.join(map(repr, self.neighborhoods))}. Got {neighborhood!r}.")
        return self.neighborhoods.index(neighborhood)

    def _known(self, among: Sequence[str] | None) -> tuple[str, ...]:
        wanted = self.methods if among is None else tuple(among)
        if unknown := [method for method in wanted if method not in self.methods]:
            raise InputError(f"`among` must hold methods of the table: {', '.join(self.methods)}. Got {unknown[0]!r}.")
        return wanted
