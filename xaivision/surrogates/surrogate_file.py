"""A surrogate in one safetensors file: it answers alone, without its black box. Nothing in the file can name code."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError

from xaivision.core.about import Domain
from xaivision.core.errors import InputError
from xaivision.core.image_format import ImageFormat
from xaivision.data.schema import TableSchema
from xaivision.models.tensor_file import read_tensors
from xaivision.models.told_parts import columns_told, schema_made
from xaivision.models.trained_content import content_of, misfit, read_content, write_tensors
from xaivision.surrogates.picture_reading import grid_statistics
from xaivision.surrogates.reading import Columns, Measured, Reading
from xaivision.surrogates.segment_reading import segment_statistics
from xaivision.surrogates.stand_in import StandIn
from xaivision.surrogates.stand_in_tensors import Tensors, stand_in_from, told_stand_in
from xaivision.surrogates.surrogate import Surrogate

RECIPES: Mapping[str, Callable[..., Measured]] = {"grid_statistics": grid_statistics, "segment_statistics": segment_statistics}
SCHEMA, WHAT = "xaivision surrogate 1", "a surrogate"
FITS = (KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True)
class Remembered:
    """What a surrogate has taken over from a black box that is not there any more."""

    num_classes: int
    domain: Domain
    class_names: tuple[str, ...]
    input_shape: tuple[int, ...] | None
    image_format: ImageFormat | None = None
    schema: TableSchema | None = None


def save_surrogate(surrogate: Surrogate, path: str | Path) -> Path:
    """Write it to one safetensors file (no pickle), ".safetensors" added where it is missing, and return its path.

    Raises: FileNotFoundError, where its folder does not exist; OSError, where it cannot be written.
    """
    return write_tensors(path, SCHEMA, *_parts(surrogate))


def surrogate_content(surrogate: Surrogate) -> bytes:
    """The bytes of such a file."""
    return content_of(SCHEMA, *_parts(surrogate))


def holds_surrogate(path: str | Path) -> bool:
    """Whether a file says that it holds a surrogate; not where it is none of ours or cannot be read."""
    try:
        return read_tensors(Path(path))[1].get("schema") == SCHEMA
    except (OSError, SafetensorError):
        return False


def load_surrogate(path: str | Path, *, reading: Reading | None = None) -> Surrogate:
    """The surrogate of a file that `xv.surrogate(...).surrogate` was saved to: equal scores, without its black box.

    `reading`: what it reads of pictures, where that was a function of your own, which no file can hold.

    Raises: FileNotFoundError; FileFormatError, where the file is damaged or of another kind; InputError, where the reading is
    missing or measures something else.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"`load_surrogate` needs a file that a surrogate was saved to. Got `{path}`, which does not exist."
        )
    _, tensors, told = read_content(path, (SCHEMA,), WHAT)
    try:
        stand_in, remembered, names = stand_in_from(tensors, told), _remembered(told), tuple(map(str, told["names"]))
        _check(stand_in, names, remembered)
        kind, local, recipe = str(told["kind"]), bool(told["local"]), _recipe(told["recipe"])
    except (*FITS, IndexError) as error:
        raise misfit(path, WHAT, str(error).splitlines()[0]) from error
    read = Columns(names) if told["columns_are_read"] else _reading(path, names, recipe, reading)
    return Surrogate(stand_in, remembered, read, kind=kind, local=local)


def _parts(surrogate: Surrogate) -> tuple[Tensors, dict[str, Any]]:
    tensors, told = told_stand_in(surrogate.model)
    reading = surrogate.reading
    return tensors, {
        **told,
        "kind": surrogate.kind,
        "local": surrogate.local,
        "names": list(reading.names),
        "columns_are_read": isinstance(reading, Columns),
        "recipe": list(reading.recipe) if isinstance(reading, Measured) and reading.recipe is not None else None,
        "domain": surrogate.domain,
        "class_names": list(surrogate.class_names),
        "input_shape": None if surrogate.input_shape is None else list(surrogate.input_shape),
        "image_format": None if surrogate.image_format is None else asdict(surrogate.image_format),
        "columns": columns_told(surrogate),
    }


def _remembered(told: dict[str, Any]) -> Remembered:
    shape, pictures = told["input_shape"], told["image_format"]
    return Remembered(
        len(told["class_names"]),
        told["domain"],
        tuple(told["class_names"]),
        None if shape is None else tuple(map(int, shape)),
        None if pictures is None else ImageFormat(**pictures),
        schema_made(told["columns"]),
    )


def _recipe(told: list[Any] | None) -> tuple[str, dict[str, int]] | None:
    """Raises: KeyError, where nothing here is made by it."""
    if told is None:
        return None
    name, settings = told
    _ = RECIPES[name]
    return str(name), {str(one): int(value) for one, value in settings.items()}


def _check(stand_in: StandIn, names: tuple[str, ...], remembered: Remembered) -> None:
    """Raises: ValueError, where it reads what has no name, or does not tell as many classes apart as there are names of."""
    if not all(0 <= feature < len(names) for feature in stand_in.features):
        raise ValueError("it reads what it has no name for")
    if stand_in.probabilities(np.zeros((1, len(names)))).shape[1] != remembered.num_classes:
        raise ValueError("it does not tell as many classes apart as it names")


def _reading(path: Path, names: tuple[str, ...], recipe: tuple[str, dict[str, int]] | None, given: Reading | None) -> Reading:
    """What is read of pictures: what was given, or made again by its recipe."""
    if given is None:
        if recipe is None:
            raise InputError(
                f"The surrogate in `{path}` reads what your own function measures, {names[0]!r} and so on, and no file holds "
                "functions. Give `reading=` what it was made with."
            )
        given = RECIPES[recipe[0]](**recipe[1])
    if given.names != names:
        raise InputError(f"`reading` must measure {len(names)} numbers, the first {names[0]!r}. Got {len(given.names)} others.")
    return given
