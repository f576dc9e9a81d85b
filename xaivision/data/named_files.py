"""The files of named datasets: found in a checkout or an installed wheel, and never used before their sha256 agrees."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from xaivision.core.errors import FileFormatError, InputError, UnknownNameError

_PACKAGE = Path(__file__).resolve().parents[1]
# A wheel carries the folder inside the package, a checkout beside it. Beside an installed package may lie another
# project's folder of that name, which the registry file tells apart.
PLACES = (_PACKAGE / "datasets", _PACKAGE.parent / "datasets")
REGISTRY = "registry.toml"


@dataclass(frozen=True)
class NamedFile:
    """One entry of `datasets/registry.toml`. `package` is the installed package that carries the file, if it is not ours."""

    name: str
    file: str
    sha256: str
    license: str
    origin: str
    package: str | None = None


def datasets_folder() -> Path:
    """The folder of the registry and the samples.

    Raises: InputError, where the installation lacks it.
    """
    for place in PLACES:
        if (place / REGISTRY).is_file():
            return place
    raise InputError(f"The folder `datasets` must come with xaivision. It is not in {PLACES[0].parent}. Install xaivision again.")


@cache
def named_files() -> Mapping[str, NamedFile]:
    """Every registered file by name."""
    with (datasets_folder() / REGISTRY).open("rb") as file:
        entries = tomllib.load(file)["file"]
    return {entry["name"]: NamedFile(**entry) for entry in entries}


def read_named_file(name: str) -> bytes:
    """The content of a registered file, whose sha256 was compared.

    Raises: UnknownNameError; InputError, where the file is missing; FileFormatError, where it is not the registered one.
    """
    if name not in named_files():
        raise UnknownNameError("dataset file", name, named_files())
    entry = named_files()[name]
    path = _folder_of(entry) / entry.file
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"`{path}` must be a file that can be read. Got: {error.strerror}. Install {_carrier(entry)} again."
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != entry.sha256:
        raise FileFormatError(
            f"`{path}` must have the sha256 {entry.sha256[:12]}..., as registered. Got {found[:12]}...: the file is damaged or "
            f"was changed. Install {_carrier(entry)} again."
        )
    return content


def _carrier(entry: NamedFile) -> str:
    return f"`{entry.package}`" if entry.package else "xaivision"


def _folder_of(entry: NamedFile) -> Path:
    if entry.package is None:
        return datasets_folder()
    found = find_spec(entry.package)  # finds the folder without running the package
    if found is None or not found.submodule_search_locations:
        raise InputError(f"The package `{entry.package}`, which carries `{entry.file}`, must be installed. It is not found.")
    return Path(found.submodule_search_locations[0])
