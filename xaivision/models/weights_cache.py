"""Weights trained on this machine, kept in the user's cache directory under what they were trained from."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from xaivision.core.cache_folder import cache_directory
from xaivision.models.tensor_file import read_tensors

Weights = Mapping[str, Tensor]


def kept_weights(name: str, key: str, like: Weights) -> dict[str, Tensor] | None:
    """The weights kept under this name and key, None where there are none to be trusted.

    Trusted are files that say they belong to the key, hold the tensors of `like` by name, shape and dtype, and whose content
    has the digest they carry.
    """
    path = _path(name, key)
    if path is None:
        return None
    try:
        weights, said = read_tensors(path)
    except (OSError, SafetensorError):
        return None
    whole = said.get("key") == key and said.get("content") == digest(weights) and _described(weights) == _described(like)
    return weights if whole else None


def keep_weights(name: str, key: str, weights: Weights) -> None:
    """Keep the weights for the next process. Where the directory cannot be written, the next process trains them again."""
    path = _path(name, key)
    if path is None:
        return
    part = path.with_name(f"{path.name}.{uuid4().hex}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(dict(weights), part, metadata={"key": key, "content": digest(weights)})
        part.replace(path)
    except (OSError, SafetensorError):
        with suppress(OSError):
            part.unlink()


def digest(weights: Weights) -> str:
    """SHA-256 over names, dtypes, shapes and values."""
    found = hashlib.sha256()
    for part, tensor in sorted(weights.items()):
        found.update(repr((part, str(tensor.dtype), tuple(tensor.shape))).encode())
        found.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def _described(weights: Weights) -> dict[str, tuple[object, ...]]:
    return {part: (tensor.dtype, tuple(tensor.shape)) for part, tensor in weights.items()}


def _path(name: str, key: str) -> Path | None:
    directory = cache_directory()
    return None if directory is None else directory / "models" / f"{name}-{key[:16]}.safetensors"
