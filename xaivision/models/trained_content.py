"""What a file of a classifier that was learned here holds: tensors, what is told beside them in JSON, and a digest of both."""

import hashlib
import json
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from torch import Tensor, nn

from xaivision.core.errors import FileFormatError
from xaivision.core.whole_file import write_whole
from xaivision.models.construction import construction
from xaivision.models.learning_parts import LearningParts
from xaivision.models.tensor_bytes import tensor_bytes
from xaivision.models.tensor_file import read_tensors
from xaivision.models.weights_cache import digest

SUFFIX = ".safetensors"
WEIGHTS, SPLIT = "network.", "split."


def write_content(path: str | Path, schema: str, network: nn.Module, parts: LearningParts, told: Mapping[str, Any]) -> Path:
    """The file of a network and of the split that it learned from: as `write_tensors`."""
    tensors = {WEIGHTS + name: part.detach().cpu().clone().contiguous() for name, part in network.state_dict().items()}
    tensors |= {SPLIT + name: rows.clone() for name, rows in parts.named.items()}
    return write_tensors(path, schema, tensors, told)


def write_tensors(path: str | Path, schema: str, tensors: Mapping[str, Tensor], told: Mapping[str, Any]) -> Path:
    """Path of the file written, ".safetensors" added where it is missing; `told` is what JSON can hold.

    Raises: FileNotFoundError, where its folder does not exist; OSError, where it cannot be written.
    """
    path = Path(path)
    path = path if path.name.endswith(SUFFIX) else path.with_name(path.name + SUFFIX)
    return write_whole(path, content_of(schema, tensors, told))


def content_of(schema: str, tensors: Mapping[str, Tensor], told: Mapping[str, Any]) -> bytes:
    """The bytes of such a file."""
    text = json.dumps(told, allow_nan=False)
    return tensor_bytes(tensors, {"schema": schema, "told": text, "content": content_digest(tensors, text)})


def read_content(path: Path, schemas: Container[str], what: str) -> tuple[str, dict[str, Tensor], dict[str, Any]]:
    """Which of these schemas the file has, its tensors, and what is told beside them; `what` it must be, for errors.

    Raises: FileFormatError, where it is damaged, was changed, or is of another kind.
    """
    try:
        tensors, said = read_tensors(path)
    except SafetensorError as error:
        raise misfit(path, what, "it is damaged or another kind of file") from error
    if said.get("schema") not in schemas:
        raise misfit(path, what, "it holds something else")
    if said.get("content") != content_digest(tensors, said.get("told", "")):
        raise misfit(path, what, "its content does not match its checksum: it was damaged or changed")
    return said["schema"], tensors, json.loads(said["told"])


def misfit(path: Path, what: str, why: str) -> FileFormatError:
    """What is said of a file that is none of what it should be."""
    return FileFormatError(f"`{path}` must be {what} written by `save`. Got a file that does not fit: {why}.")


def content_digest(tensors: Mapping[str, Tensor], told: str) -> str:
    """SHA-256 of the tensors with their names, and of the text."""
    return hashlib.sha256(f"{digest(tensors)} {told}".encode()).hexdigest()


def put_weights(network: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Put those of a file in the network's place.

    Raises: RuntimeError, where they are those of another network.
    """
    with construction(seed=0):
        network.load_state_dict({name.removeprefix(WEIGHTS): part for name, part in tensors.items() if name.startswith(WEIGHTS)})


def split_of(tensors: Mapping[str, Tensor]) -> LearningParts:
    """The rows that were learned from, stopped by and tested on.

    Raises: KeyError, where the file lacks one of the three.
    """
    return LearningParts(tensors[SPLIT + "train"], tensors[SPLIT + "validation"], tensors[SPLIT + "test"])
