"""Checks of what the recipes of several trainings have."""

from collections.abc import Collection, Mapping

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.settings import check_number_from_zero, check_positive_integer


def check_side(side: object) -> None:
    """Raises: InputError, where it is neither None nor a whole number from 1."""
    if side is not None:
        check_positive_integer("side", side)


def check_validation(share: float) -> None:
    """Raises: InputError, where all inputs or none would be held out."""
    if not 0 < share < 1:
        raise InputError(f"`validation` must lie between 0 and 1. Got {share}.")


def check_losses(losses: object, known: Collection[str], of: str, example: str) -> None:
    """Raises: InputError, UnknownNameError, where they are not weights of known losses by name."""
    if not isinstance(losses, Mapping):
        raise InputError(f"`losses` must be weights by name, such as {example}. Got {losses!r}.")
    for name, weight in losses.items():
        if name not in known:
            raise UnknownNameError(f"loss of {of}", name, known)
        check_number_from_zero(f"losses[{name!r}]", weight)
