"""Deletions in words: how many rows go, and which endanger an answer most."""

from collections.abc import Sequence

# More dangerous rows than these are not named.
MOST_NAMED = 5
# A data set that is parted has other numbers as a whole.
COUNTED = "of `background`, counted from 0"


def rows_gone(count: int) -> str:
    """So many training rows."""
    return f"{count} training row{'' if count == 1 else 's'}"


def deletions(count: int) -> str:
    """So many deletions."""
    return f"{count} deletion{'' if count == 1 else 's'}"


def dangerous_rows(numbers: Sequence[int]) -> str:
    """The numbers of the most dangerous rows among those of the background, the training rows, most dangerous first."""
    named = list(map(str, numbers[:MOST_NAMED]))
    if not named:
        return "no row endangers it"
    if len(named) == 1:
        return f"the most dangerous row is {named[0]} {COUNTED}"
    return f"the most dangerous rows are {', '.join(named[:-1])} and {named[-1]} {COUNTED}"
