"""The sets that `datasets/registry.toml` names: what they are, where they are, and on what terms."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from xaivision.core.errors import UnknownNameError
from xaivision.data.named_files import REGISTRY, datasets_folder


@dataclass(frozen=True)
class NamedSet:
    """One `[[set]]` of the registry. `addresses`: archives that together hold it. `manifest`: the list of its pictures.

    `inside`: the folder of the origin that holds them ("" for any), where others of the same names lie beside it.
    `pictures` is how many there are, and `classes` the folders that are classes; `note` is what has to be known before a
    score on them is believed.
    """

    name: str
    what: str
    pictures: int
    classes: tuple[str, ...]
    addresses: tuple[str, ...]
    inside: str
    manifest: str
    license: str
    citation: str
    origin: str
    note: str


@cache
def named_sets() -> Mapping[str, NamedSet]:
    """Every registered set by name."""
    with (datasets_folder() / REGISTRY).open("rb") as file:
        entries = tomllib.load(file)["set"]
    return {
        entry["name"]: NamedSet(**{**entry, "classes": tuple(entry["classes"]), "addresses": tuple(entry["addresses"])})
        for entry in entries
    }


def named_set(name: str) -> NamedSet:
    """The registered set of that name.

    Raises: UnknownNameError.
    """
    if name not in named_sets():
        raise UnknownNameError("set of pictures", name, named_sets())
    return named_sets()[name]
