"""What is registered under a name: where it is made, and the checks before it is."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from importlib import import_module
from inspect import signature
from typing import Any, TypeVar

from xaivision.core.errors import InputError, UnknownNameError

T = TypeVar("T")

# What is meant by settings that have one name everywhere and no default.
NEEDED = {
    "background": ", a batch of reference inputs such as the training part of a dataset",
    "training": ", inputs with labels such as `dataset.train`",
    "partners": ", pictures with labels such as `dataset.train`",
    "fit": ", a function of inputs, labels and a seed that trains a model",
    "attributes": ", what `xv.find_attributes(model, generator, pictures)` gives",
    "finetuned": ", what `xv.masked_finetuning(model, training)` gives",
}


@dataclass(frozen=True)
class Entry:
    """The module in which something is made, entered only when it is asked for, and one line that says what it is."""

    room: str
    what: str

    def enter(self) -> Any:
        """The module."""
        return import_module(self.room)


def made(what: str, name: str, known: Mapping[str, type[T]], settings: Mapping[str, Any]) -> T:
    """The dataclass registered under this name, with these settings. `what` says in messages what the names are.

    Raises: UnknownNameError, where the name or a setting is unknown; InputError, where a setting is missing or wrong.
    """
    if name not in known:
        raise UnknownNameError(what, name, known)
    kind = known[name]
    allowed = setting_names(kind)
    for setting in settings:
        if setting not in allowed:
            raise UnknownNameError(f"setting of `{name}`", setting, allowed)
    if missing := missing_settings(kind, settings):
        needed = " and ".join(f"`{part}`" for part in missing)
        remedy = " and ".join(f"`{part}=...`{NEEDED.get(part, '')}" for part in missing)
        raise InputError(f"`{name}` needs {needed}. Got no value. Give {remedy}.")
    return kind(**settings)


def setting_names(kind: type) -> tuple[str, ...]:
    """Names of the settings of a method or a metric: the fields of its dataclass."""
    return tuple(part.name for part in fields(kind) if part.init)


def missing_settings(kind: type, given: Iterable[str]) -> tuple[str, ...]:
    """Settings without a default that are not given."""
    return tuple(
        part.name
        for part in fields(kind)
        if part.default is MISSING and part.default_factory is MISSING and part.name not in given
    )


def check_settings(name: str, load: Callable[..., Any], settings: Iterable[str]) -> None:
    """Raises: InputError, where the function that loads what has this name does not take a setting."""
    known = [setting for setting in signature(load).parameters if setting != "name"]
    unknown = [setting for setting in settings if setting not in known]
    if unknown:
        takes = f"takes {' and '.join(f'`{setting}`' for setting in known)}" if known else "takes no settings"
        raise InputError(f"`{name}` {takes}. Got {', '.join(f'`{setting}`' for setting in unknown)}.")
