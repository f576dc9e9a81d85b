"""Class numbers for what people call a class. A name that could mean two classes is never settled silently."""

import re
from collections.abc import Iterable, Sequence

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import MOST_SHOWN, InputError, UnknownNameError

# Says that what follows is a class's number, where a model has classes whose names are numbers.
NUMBER = "number:"


def class_number(model: ClassifierAdapter, name: str) -> int:
    """The number of the one class of this name; case, hyphens and underscores do not matter.

    Raises: UnknownNameError, where the model has no such class; InputError, where several classes are called so, or the name
    is only a part of class names.
    """
    names = model.class_names
    for same in (str.casefold, _words):
        found = [number for number, known in enumerate(names) if same(known) == same(name)]
        if found:
            return _only(name, found, names)
    part = f" {_words(name)} "
    if inside := [number for number, known in enumerate(names) if part in f" {_words(known)} "]:
        raise InputError(f"{name!r} is no class of this model, but a part of some: {_listed(inside, names)}. Name one of them.")
    raise UnknownNameError("class of this model", name, [known.lower() for known in names])


def said_class(model: ClassifierAdapter, text: str | None) -> int | None:
    """The class number that a text says, as a number or a name; None for None.

    Raises: as `class_number`; InputError, where a number is also the name of another class.
    """
    if text is None:
        return None
    digits = text.removeprefix(NUMBER)
    if not digits.isdecimal():
        return class_number(model, text)
    number = int(digits)
    called = [other for other, name in enumerate(model.class_names) if name == text]
    if called and called != [number]:
        raise InputError(
            f"{text!r} is the name of class {called[0]} and the number of another. Write {NUMBER}{called[0]} or {NUMBER}{number}."
        )
    return number


def _only(name: str, found: Sequence[int], names: Sequence[str]) -> int:
    if len(found) > 1:
        raise InputError(f"{name!r} is the name of {len(found)} classes: {_listed(found, names)}. Give the number of one.")
    return found[0]


def _words(text: str) -> str:
    """The words alone, one space between them; a text without words is itself."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold())) or text


def _listed(numbers: Iterable[int], names: Sequence[str]) -> str:
    listed = [f"{names[number]} ({number})" for number in numbers]
    more = f" and {len(listed) - MOST_SHOWN} more" if len(listed) > MOST_SHOWN else ""
    return ", ".join(listed[:MOST_SHOWN]) + more
