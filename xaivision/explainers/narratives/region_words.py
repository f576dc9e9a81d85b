"""Traits of a region in plain words: where it lies, how much it covers, which colors."""

from xaivision.engines.region_traits import RegionTraits

PLACES = (
    ("in the upper left", "at the top", "in the upper right"),
    ("on the left", "in the center", "on the right"),
    ("in the lower left", "at the bottom", "in the lower right"),
)
# Of the picture.
MOST = 0.6
# A color that takes this share of a region is what it mostly is; what takes less than the other is not worth a word.
MAINLY, WORTH_A_WORD = 0.5, 0.15
DARK, LIGHT = 0.3, 0.7
# Gray levels that are farther apart are seen to differ.
DIFFERENT = 0.06


def percent(share: float, digits: int = 0) -> str:
    """`22 %`; what is not nothing and not all never reads so. With `digits` after the point `22.4 %`."""
    least = 10.0 ** -(digits + 2)
    if 0 < share < least:
        return f"under {100 * least:.{digits}f} %"
    if 1 - least < share < 1:
        return f"over {100 * (1 - least):.{digits}f} %"
    return f"{100 * share:.{digits}f} %"


def place_words(row: float, column: float) -> str:
    """`in the upper left`, for a center at these shares of height and width."""
    return PLACES[min(2, int(3 * row))][min(2, int(3 * column))]


def extent_words(traits: RegionTraits) -> str:
    """`lies in the center of the picture and covers 22 % of it`; of several pieces where the largest lies."""
    if traits.area >= MOST:
        return f"fills most of the picture ({percent(traits.area)})"
    where = place_words(traits.row, traits.column)
    if traits.pieces > 1:
        return f"is in {traits.pieces} pieces, the largest {where} of the picture, and covers {percent(traits.area)} of it"
    return f"lies {where} of the picture and covers {percent(traits.area)} of it"


def color_words(traits: RegionTraits) -> str:
    """`mostly brown, with some white`; of a gray picture `dark`."""
    if not traits.colors:
        return "dark" if traits.level < DARK else "light" if traits.level > LIGHT else "of a middle gray"
    named = [(name, share) for name, share in traits.colors.items() if share >= WORTH_A_WORD][:3] or [
        next(iter(traits.colors.items()))
    ]
    first, *others = (name for name, _ in named)
    if named[0][1] >= MAINLY:
        return f"mostly {first}" + (f", with some {_joined(others)}" if others else "")
    return f"partly {_joined([first, *others])}" if others else f"of many colors, {first} first"


def contrast_words(traits: RegionTraits) -> str:
    """`darker than what surrounds it`; empty where nothing does."""
    if traits.around != traits.around:
        return ""
    if abs(traits.level - traits.around) < DIFFERENT:
        return "about as light as what surrounds it"
    return f"{'lighter' if traits.level > traits.around else 'darker'} than what surrounds it"


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
