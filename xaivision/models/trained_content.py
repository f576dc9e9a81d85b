"""What a file of a trained classifier holds: tensors of its network and of its split, what is told beside them, and a digest."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor, nn

from xaivision.core.whole_file import write_whole
from xaivision.models.construction import construction
from xaivision.models.learning_parts import LearningParts
from xaivision.models.weights_cache import digest

SUFFIX = ".safetensors"
WEIGHTS, SPLIT = "network.", "split."


def write_content(path: str | Path, schema: str, network: nn.Module, parts: LearningParts, told: Mapping[str, Any]) -> Path:
    """Path of the file written, ".safetensors" added where it is missing; `told` is what JSON can hold.

    Raises: FileNotFoundError, where its folder does not exist; OSError, where it cannot be written.
    """
    path = Path(path)
    path = path if path.name.endswith(SUFFIX) else path.with_name(path.name + SUFFIX)
    tensors = {WEIGHTS + name: part.detach().cpu().clone().contiguous() for name, part in network.state_dict().items()}
    tensors |= {SPLIT + name: rows.clone() for name, rows in parts.named.items()}
    text = json.dumps(told, allow_nan=False)
    return write_whole(path, save(tensors, metadata={"schema": schema, "told": text, "content": content_digest(tensors, text)}))


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
