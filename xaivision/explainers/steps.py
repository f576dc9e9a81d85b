"""How many steps a path is followed in: the settings that path methods share."""

from typing import Literal

from xaivision.core.errors import InputError
from xaivision.core.settings import check_positive_integer
from xaivision.engines.path_integral import FIRST_STEPS

Steps = int | Literal["auto"]


def check_steps(steps: object, max_steps: int) -> None:
    """Raises: InputError, where `steps` is neither "auto" nor a positive integer, or `max_steps` are too few to start with."""
    if steps != "auto":
        check_positive_integer("steps", steps)
    check_positive_integer("max_steps", max_steps)
    if max_steps < FIRST_STEPS:
        raise InputError(f"`max_steps` must be at least {FIRST_STEPS}. Got {max_steps}.")
