"""Checks of settings that several methods have."""

from xaivision.core.errors import InputError


def check_positive_integer(name: str, value: object) -> None:
    """Raises: InputError, where the setting is not a whole number from 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(f"`{name}` must be a positive integer. Got {value!r}.")
