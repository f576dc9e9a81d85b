"""An ONNX model in onnxruntime, on the CPU: opened from a file, from bytes, or taken as the caller has opened it."""

import os
from typing import Any

import torch

from xaivision.core.errors import FileFormatError, InputError
from xaivision.core.extras import extra, made_by

# What onnxruntime says where memory runs out; the batch is then halved.
SIGNS_OF_FULL_MEMORY = ("Failed to allocate memory", "bad_alloc", "out of memory")


def is_onnx(thing: object) -> bool:
    """Whether this is a session of onnxruntime, a model of the onnx package, or the path of an .onnx file."""
    if isinstance(thing, str | os.PathLike):
        return os.fspath(thing).lower().endswith(".onnx")
    return _is_session(thing) or _is_proto(thing)


def session_of(model: Any) -> Any:
    """The session of a path, of bytes, of a model of the onnx package, or the session itself.

    One that is opened here computes on the CPU with as many threads as torch has now.

    Raises: MissingExtraError; InputError, where there is no such file or this is no model; FileFormatError, where
    onnxruntime cannot read it.
    """
    if _is_session(model):
        return model
    source, name = _source(model)
    runtime = extra("onnxruntime", "onnx")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # warnings would go to the terminal; errors are raised
    try:
        return runtime.InferenceSession(source, sess_options=options, providers=["CPUExecutionProvider"])
    except Exception as error:
        if not made_by(error, "onnxruntime"):
            raise
        raise FileFormatError(f"{name} must be an ONNX model that onnxruntime can read. It says: {said(error)}") from error


def run(session: Any, output: str, feed: dict[str, Any]) -> Any:
    """The named output for these inputs.

    Raises: MemoryError; InputError, where the model does not take them.
    """
    try:
        return session.run([output], feed)[0]
    except Exception as error:
        if not made_by(error, "onnxruntime"):
            raise
        if any(sign in str(error) for sign in SIGNS_OF_FULL_MEMORY):
            raise MemoryError(said(error)) from error
        shapes = ", ".join(f"`{name}` {array.shape}" for name, array in feed.items())
        raise InputError(f"`inputs` must be what the ONNX model takes. It was given {shapes} and says: {said(error)}") from error


def said(error: Exception) -> str:
    """What onnxruntime says, on one line, without its codes."""
    return " ".join(str(error).split(" : ")[-1].split())


def _source(model: Any) -> tuple[Any, str]:
    """What onnxruntime opens, and what to call it."""
    if isinstance(model, bytes | bytearray):
        return bytes(model), "`model`"
    if _is_proto(model):
        return model.SerializeToString(), "`model`"
    if isinstance(model, str | os.PathLike):
        path = os.fspath(model)
        if not os.path.isfile(path):
            raise InputError(f"`model` must be the path of an ONNX file. There is no file `{path}`.")
        return path, f"`{os.path.basename(path)}`"
    raise InputError(
        f"`model` must be a path, bytes, an InferenceSession of onnxruntime or a model of the onnx package. "
        f"Got {type(model).__name__}."
    )


def _is_session(thing: object) -> bool:
    return made_by(thing, "onnxruntime") and hasattr(thing, "get_inputs")


def _is_proto(thing: object) -> bool:
    return type(thing).__name__ == "ModelProto" and hasattr(thing, "SerializeToString")
