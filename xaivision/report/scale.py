"""The one symmetric scale that all maps of a figure share, and the sentence that says how it was chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from xaivision.core.errors import InputError
from xaivision.report.palette import Floats
from xaivision.report.signed_map import ARBITRARY, SignedMap
from xaivision.report.wording import listed, number, signed

# How maps of different methods, whose units differ, are brought together:
# "shares": each value as a share of its own map's total, one limit. "shared_raw": raw values, one limit.
# "each": raw values, a limit for each map (written beside it), so that colors of two maps must not be compared.
Scaling = Literal["shares", "shared_raw", "each"]

PERCENTILE = 99.0
# Bars hide nothing: their scale reaches the largest value, so that none is cut.
LARGEST = 100.0
SHARE = "share of the map's total absolute attribution"


@dataclass(frozen=True)
class Scale:
    """Colors run from `-limit` to `limit`, in `unit`; `clipped`: the share of values beyond, drawn at the end color."""

    limit: float
    unit: str
    percentile: float
    clipped: float
    maps: int

    def share_of_limit(self, values: Floats) -> Floats:
        """Values (in this scale's unit) as shares of the limit; beyond -1 and 1 where they are clipped."""
        return values / self.limit if self.limit > 0 else np.zeros_like(values)

    def tick(self, value: float) -> str:
        """A value of this scale in words; shares in percent."""
        return f"{signed(100 * value)} %" if self.unit == SHARE else signed(value)

    @property
    def statement(self) -> str:
        """What a reader has to know to read a color back into a number."""
        if self.limit == 0:
            return "Every map is zero everywhere and is drawn blank."
        whose = "the map" if self.maps == 1 else f"{self.maps} maps"
        if self.percentile == 100:
            return f"One symmetric scale, up to the largest absolute value of {whose}; nothing is clipped."
        how = f"One symmetric scale; its limit is the {self.percentile:g}th percentile of the absolute values of {whose}"
        return f"{how}; {100 * self.clipped:.2g}\N{NO-BREAK SPACE}% of the values lie beyond and take the end colors."


def checked_scaling(scaling: str) -> Scaling:
    """Raises: InputError, where there is no such scaling."""
    if scaling not in get_args(Scaling):
        raise InputError(f"`scaling` must be one of {', '.join(map(repr, get_args(Scaling)))}. Got {scaling!r}.")
    return scaling  # type: ignore[return-value] # narrowed by the line above, which mypy cannot follow


def scaled_values(shown: SignedMap, scaling: Scaling) -> Floats:
    """What is drawn of a map under this scaling: shares of its total, or its raw values."""
    return shown.shares if scaling == "shares" else shown.values


def shared_scale(maps: Sequence[SignedMap], scaling: Scaling, percentile: float = PERCENTILE) -> Scale:
    """One symmetric scale for these maps: the percentile of all their absolute values, blank maps left out.

    The largest value takes its place where the percentile is zero, so that a map with few values does not vanish.
    """
    drawn = [np.abs(scaled_values(one, scaling)).ravel() for one in maps if not one.blank]
    if not drawn:
        return Scale(0.0, _unit(maps, scaling), 100, 0.0, len(maps))
    pooled = np.concatenate(drawn)
    limit = float(np.percentile(pooled, percentile))
    if limit == 0:
        limit, percentile = float(pooled.max()), 100
    return Scale(limit, _unit(maps, scaling), percentile, float((pooled > limit).mean()), len(drawn))


def own_scale(shown: SignedMap, percentile: float = PERCENTILE) -> Scale:
    """The scale of one map alone, in its raw unit."""
    return shared_scale([shown], "shared_raw", percentile)


@dataclass(frozen=True)
class Scales:
    """How the maps of one figure are scaled: all on the `shared` scale, or (None) each on its own."""

    scaling: Scaling
    shared: Scale | None
    percentile: float

    def shares_one(self, shown: SignedMap) -> bool:
        """Whether this map is on the shared scale; raw values without a unit cannot be."""
        return self.shared is not None and (self.scaling == "shares" or shown.unit != ARBITRARY)

    def of(self, shown: SignedMap) -> Scale:
        """The scale that this map is drawn on."""
        return self.shared if self.shared is not None and self.shares_one(shown) else own_scale(shown, self.percentile)


def scales_for(maps: Sequence[SignedMap], scaling: Scaling, percentile: float = PERCENTILE) -> Scales:
    """The scales of these maps. Refused explanations have no map, and so no say in the limit."""
    with_unit = [one for one in maps if scaling == "shares" or one.unit != ARBITRARY]
    return Scales(scaling, None if scaling == "each" else shared_scale(with_unit, scaling, percentile), percentile)


def limits_of_each(scale: Scale) -> str:
    """The words under a map that has a scale of its own."""
    return f"own scale: \N{PLUS-MINUS SIGN}{number(scale.limit)} {scale.unit}"


def _unit(maps: Sequence[SignedMap], scaling: Scaling) -> str:
    if scaling == "shares":
        return SHARE
    return listed(sorted({one.unit for one in maps})).replace(" and ", " or ")
