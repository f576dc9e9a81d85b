"""Two numbers in words that differ, with as many digits as it takes to tell them apart: a change is never told as none."""

from collections.abc import Callable

# What tells any two numbers of 64 bits apart.
MOST_DIGITS = 17


def told_apart(first: float, second: float, words: Callable[[float, int], str], digits: int) -> tuple[str, str]:
    """Both numbers as `words` of a number and how many digits of it, from so many `digits` on."""
    told = words(first, digits), words(second, digits)
    while told[0] == told[1] and digits < MOST_DIGITS:
        digits += 1
        told = words(first, digits), words(second, digits)
    return told
