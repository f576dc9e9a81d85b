"""The checklist as plain values and as text, and back, byte for byte."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from xaivision.core.errors import FileFormatError, InputError
from xaivision.evaluation.audit.checklist import Checklist


def to_dict(value: Any) -> Any:
    """The checklist, or a part of it, in values that JSON can hold; numbers that are not finite are None.

    Raises: InputError, where it holds something that JSON cannot.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: to_dict(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): to_dict(part) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return [to_dict(part) for part in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    raise InputError(f"A checklist holds texts, numbers, lists and mappings. Got {type(value).__name__}. Say it in words.")


def from_dict(values: Any) -> Checklist:
    """The checklist of these values.

    Raises: FileFormatError, where a field is missing, unknown or of another kind.
    """
    found: Checklist = _read(Checklist, values, "checklist")
    return found


def to_json(checklist: Checklist) -> str:
    """One text for one checklist: the same fields give the same bytes."""
    return json.dumps(to_dict(checklist), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def from_json(text: str) -> Checklist:
    """The checklist that a text holds.

    Raises: FileFormatError, where it holds none.
    """
    try:
        return from_dict(json.loads(text))
    except (json.JSONDecodeError, RecursionError) as error:
        raise FileFormatError(f"A checklist must be a JSON text. It is not: {error}.") from None


def _read(kind: Any, value: Any, where: str) -> Any:
    """The value as its field's type says, which is looked at as deep as the checklist's own types go."""
    if is_dataclass(kind):
        return _read_dataclass(kind, value, where)
    origin, parts = get_origin(kind), get_args(kind)
    if origin is tuple:
        _check(isinstance(value, list), "a list", value, where)
        return tuple(_read(parts[0], part, f"{where}[{number}]") for number, part in enumerate(value))
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        _check(isinstance(value, dict), "a mapping", value, where)
        return {name: _read(parts[1], part, f"{where}.{name}") for name, part in value.items()}
    if kind is not Any:
        allowed = parts or (kind,)
        wider = (*allowed, int) if float in allowed else allowed
        fits = isinstance(value, wider) and (not isinstance(value, bool) or bool in allowed)
        _check(fits, " or ".join(one.__name__ for one in allowed), value, where)
    return value


def _read_dataclass(kind: Any, value: Any, where: str) -> Any:
    _check(isinstance(value, dict), "a mapping", value, where)
    names = [part.name for part in fields(kind)]
    if sorted(names) != sorted(value):
        wrong = ", ".join(sorted(set(names) ^ set(value)))
        raise FileFormatError(f"`{where}` must have the fields of a {kind.__name__}. Missing or unknown: {wrong}.")
    types = get_type_hints(kind)
    try:
        return kind(**{name: _read(types[name], value[name], f"{where}.{name}") for name in names})
    except FileFormatError:
        raise
    except InputError as error:
        raise FileFormatError(f"`{where}` cannot be read: {error}") from None


def _check(fits: bool, expected: str, value: Any, where: str) -> None:
    if not fits:
        raise FileFormatError(f"`{where}` must be {expected}. Got {type(value).__name__}.")
