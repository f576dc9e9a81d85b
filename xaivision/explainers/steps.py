"""How many steps a path is followed in: the settings that path methods share."""

from typing import Literal

from xaivision.core.errors import InputError
from xaivision.core.settings import check_positive_integer

Steps = int | Literal["auto"]


def check_steps(steps: object, max_steps: int, first: int) -> None:
    """Raises: InputError, where `steps` is neither "auto" nor a positive integer, or `max_steps` are below the `first`."""
    if steps != "auto":
        check_positive_integer("steps", steps)
    check_positive_integer("max_steps", max_steps)
    if max_steps < first:
        raise InputError(f"`max_steps` must be at least {first}. Got {max_steps}.")
