"""What the words on the command line say: rows, lists of names, settings."""

import ast
from collections.abc import Sequence
from typing import Any

from xaivision.core.errors import InputError


def row_numbers(text: str) -> list[int]:
    """[0, 1, 2, 7] from "0-2,7".

    Raises: InputError, where it is something else.
    """
    rows: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not (last.isdecimal() and int(first) <= int(last))):
            raise InputError(f"`--rows` must be numbers such as 3, 0,5 or 0-9. Got {text!r}.")
        rows += range(int(first), int(last if dash else first) + 1)
    return rows


def names_in(text: str) -> list[str]:
    """The names between commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def settings_by_name(
    given: Sequence[str] | None, methods: Sequence[str], metrics: Sequence[str] = ()
) -> dict[str, dict[str, Any]]:
    """Settings such as `steps=64` (of the one method named) or `occlusion.window=32` (of the method or metric named so).

    A dictionary for every method and metric, empty where nothing is set; values are Python literals, or texts.

    Raises: InputError, where one is not name=value, or names what is not asked.
    """
    found: dict[str, dict[str, Any]] = {name: {} for name in (*methods, *metrics)}
    for one in given or ():
        place, equals, value = one.partition("=")
        name, dot, setting = place.rpartition(".")
        if not equals or not setting or (dot and name not in found) or (not dot and len(methods) != 1):
            raise InputError(
                "`--set` must be setting=value where one method is asked, or name.setting=value for one of "
                f"{', '.join(found)}. Got {one!r}."
            )
        found[name or methods[0]][setting] = _value(value)
    return found


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
