"""Checks of settings that several methods have."""

from collections.abc import Sequence

from xaivision.core.errors import InputError


def check_positive_integer(name: str, value: object) -> None:
    """Raises: InputError, where the setting is not a whole number from 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(f"`{name}` must be a positive integer. Got {value!r}.")


def check_positive_number(name: str, value: object) -> None:
    """Raises: InputError, where the setting is not a finite number above 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise InputError(f"`{name}` must be a positive number. Got {value!r}.")


def check_share(name: str, value: object) -> None:
    """Raises: InputError, where the setting is not a number above 0 and at most 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise InputError(f"`{name}` must be above 0 and at most 1. Got {value!r}.")


def check_choice(name: str, value: object, allowed: Sequence[str]) -> None:
    """Raises: InputError, where the setting is none of those that are allowed."""
    if value not in allowed:
        raise InputError(f"`{name}` must be one of {', '.join(map(repr, allowed))}. Got {value!r}.")


def check_number_from_zero(name: str, value: object) -> None:
    """Raises: InputError, where the setting is not a finite number, or below 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise InputError(f"`{name}` must be a number from 0. Got {value!r}.")
