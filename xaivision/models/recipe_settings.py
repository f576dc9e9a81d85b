"""The settings that a training was given, as its recipe."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from xaivision.core.errors import UnknownNameError

Recipe = TypeVar("Recipe")


def recipe_of(kind: type[Recipe], settings: Mapping[str, Any], model: str | None = None, *, of: str = "`train`") -> Recipe:
    """A recipe of this kind; `model`: what is to decide, where it was asked for by name. `of`: whose settings they are.

    Raises: UnknownNameError, where the kind has no such setting; InputError, where a value does not fit.
    """
    known = [part.name for part in fields(kind)]  # type: ignore[arg-type]
    for name in settings:
        if name not in known:
            raise UnknownNameError(f"setting of {of}" + ("" if model is None else f" with model={model!r}"), name, known)
    return kind(**settings)
