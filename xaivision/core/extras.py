"""Optional packages: told by name whether a model is of one, and entered only where such a model is met."""

from importlib import import_module
from typing import Any

from xaivision.core.errors import MissingExtraError


def extra(package: str, name: str) -> Any:
    """The package, which the extra of this name installs.

    Raises: MissingExtraError, where it is not installed.
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:  # it is there, and lacks something itself
            raise
        raise MissingExtraError(package, name) from error


def made_by(thing: object, *packages: str) -> bool:
    """Whether the object is of a class of one of these packages, or of one derived from such; nothing is imported."""
    return any(part.__module__.partition(".")[0] in packages for part in type(thing).__mro__)
