"""The fingerprint of a model: the same in every process as long as it is the same model, another as soon as a weight differs."""

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.extras import made_by
from xaivision.core.granted import ungranted

NOT_AVAILABLE = "not available"
# What the adapter does to inputs and scores belongs to the model.
ADAPTER = ("num_classes", "score_unit", "domain", "image_format", "_affine", "_normalization", "_array")

Take = Callable[[bytes], None]


def model_fingerprint(model: ClassifierAdapter) -> str:
    """64 digits, the SHA-256 of what the model is made of and of how it is asked; "not available" where it shows nothing.

    A torch module: its parts with their settings, and every parameter and buffer. An estimator of scikit-learn: what it has
    learned and its settings. Boosted trees: their own dump. An ONNX model: the bytes of its file. No code is hashed: a module
    whose `forward` was rewritten has the same fingerprint. Bare functions show nothing.
    """
    whole = ungranted(model)
    found = hashlib.sha256()
    if not _take_model(whole.model, found.update):
        return NOT_AVAILABLE
    _take({name: getattr(whole, name, None) for name in ADAPTER}, found.update)
    return found.hexdigest()


def code_fingerprint(model: ClassifierAdapter) -> str:
    """64 digits of the source of the function that is the model, or of what runs where it has none; "not available" for others.

    What the function reads beside its arguments, such as weights in a variable of its module, is not seen.
    """
    function = ungranted(model).model
    while isinstance(function, partial):
        function = function.func
    function = getattr(function, "__func__", function)
    if not isinstance(function, FunctionType):
        function = vars(type(function)).get("__call__")
    if not isinstance(function, FunctionType):
        return NOT_AVAILABLE
    try:
        return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()
    except (OSError, TypeError):  # typed into a console, or made by `exec`
        return hashlib.sha256(function.__code__.co_code + repr(function.__code__.co_consts).encode()).hexdigest()


def content_fingerprint(value: Any) -> str:
    """64 digits of everything below a value: arrays, tensors, data sets, and models by what they are made of."""
    found = hashlib.sha256()
    _take(value, found.update)
    return found.hexdigest()


def _take_model(model: Any, take: Take) -> bool:
    """Whether there was something to take."""
    if isinstance(model, nn.Module):
        parts = {name: (_kind(part), part.extra_repr()) for name, part in model.named_modules()}
        _take([parts, dict(model.state_dict())], take)
        return True
    if made_by(model, "xgboost", "lightgbm"):
        take(_dump(model))
        return True
    if made_by(model, "onnxruntime"):
        content = _onnx_content(model)
        take(content)
        return bool(content)
    if hasattr(model, "get_params") and hasattr(model, "classes_"):
        _take(model, take)
        return True
    return False


def _dump(model: Any) -> bytes:
    """What the package itself would write to a file."""
    if made_by(model, "xgboost"):
        booster = model.get_booster() if hasattr(model, "get_booster") else model
        return bytes(booster.save_raw(raw_format="json"))
    text: str = getattr(model, "booster_", model).model_to_string()
    return text.encode()


def _onnx_content(session: Any) -> bytes:
    """The bytes that the session was opened with, or those of its file as it is now; nothing where neither is known."""
    content, path = getattr(session, "_model_bytes", None), getattr(session, "_model_path", None)
    if content:
        return bytes(content)
    return Path(path).read_bytes() if path and Path(path).is_file() else b""


def _take(value: Any, take: Take, inside: tuple[int, ...] = ()) -> None:
    """Everything below a value, each part with its kind and its length before it, in an order that is the same every time."""
    if id(value) in inside:  # a part that holds the whole
        take(b"again;")
        return
    inside = (*inside, id(value))
    take(f"{_kind(value)};".encode())
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | np.generic):
        _take_bytes(value if isinstance(value, bytes) else repr(value).encode(), take)
    elif isinstance(value, Tensor):
        tensor = value.detach().cpu().contiguous()
        take(f"{tensor.dtype}{tuple(tensor.shape)};".encode())
        take(memoryview(tensor.reshape(-1).view(torch.uint8).numpy()))  # type: ignore[arg-type]  # no copy of the weights
    elif isinstance(value, np.ndarray):
        _take_array(value, take, inside)
    elif isinstance(value, set | frozenset):
        _take(sorted(map(repr, value)), take, inside)
    elif isinstance(value, Mapping):
        take(f"{len(value)};".encode())
        for name, part in sorted(value.items(), key=lambda item: str(item[0])):
            _take_bytes(str(name).encode(), take)
            _take(part, take, inside)
    elif isinstance(value, list | tuple):
        take(f"{len(value)};".encode())
        for part in value:
            _take(part, take, inside)
    else:
        _take_object(value, take, inside)


def _take_object(value: Any, take: Take, inside: tuple[int, ...]) -> None:
    if isinstance(value, ClassifierAdapter):
        known = model_fingerprint(value)
        take((code_fingerprint(value) if known == NOT_AVAILABLE else known).encode())
        return
    if isinstance(value, nn.Module):
        _take_model(value, take)
        return
    if isinstance(value, FunctionType | type):
        _take_bytes(f"{value.__module__}.{value.__qualname__}".encode(), take)
        return
    if is_dataclass(value):
        _take({part.name: getattr(value, part.name) for part in fields(value)}, take, inside)
        return
    if isinstance(value, np.random.RandomState | np.random.Generator):
        return  # where its draws have come to is not what it learned
    if hasattr(value, "query_radius") and hasattr(value, "data"):
        _take(np.asarray(value.data), take, inside)  # an index of rows, which counts its own queries
        return
    try:
        below = getattr(value, "__dict__", None) or value.__reduce__()[1:]
    except TypeError:  # a lock, a file: nothing that is learned
        return
    _take(below, take, inside)


def _take_array(array: "np.ndarray[Any, Any]", take: Take, inside: tuple[int, ...]) -> None:
    take(f"{array.dtype.str}{array.shape};".encode())
    if array.dtype.names is not None:  # the bytes between the fields of a record hold anything
        for name in array.dtype.names:
            _take(np.ascontiguousarray(array[name]), take, inside)
    elif array.dtype.hasobject:
        for part in array.ravel().tolist():
            _take(part, take, inside)
    else:
        _take_bytes(np.ascontiguousarray(array).tobytes(), take)


def _take_bytes(content: bytes, take: Take) -> None:
    take(f"{len(content)};".encode())
    take(content)


def _kind(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"
