"""Whatever people hold in their hands (arrays, tensors, pictures, data frames, lists of these) as one batch for a model."""

import os
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xaivision.core.about import Domain
from xaivision.core.classifier import Schema
from xaivision.core.errors import InputError
from xaivision.core.image_format import ImageFormat
from xaivision.data.images import is_image_source, load_images
from xaivision.data.schema import TableSchema

FLOATS = ("float16", "float32", "float64")
USUAL_CHANNELS = (1, 3)
LAST_AXIS_OF_PICTURES = (1, 3, 4)
EXPECTED = {"image": "(C, H, W) or (B, C, H, W)", "tabular": "(F,) or (B, F)"}


def as_inputs(anything: Any, *, domain: Domain, image_format: ImageFormat | None = None, schema: Schema | None = None) -> Tensor:
    """A batch (B, C, H, W) or (B, F): floats as they are, pictures loaded in the format, frames through the schema.

    An 8-bit NumPy array with its channels last, or without any, is a picture: it is brought to the format as a file of the
    same pixels would be. Arrays and tensors of floats are inputs already, channels first.

    One input without a batch axis becomes a batch of one; a list becomes one batch. float32 stays float32 and float64
    stays float64. Values and the model's own shape are checked where the model is asked, not here.

    Raises: InputError, where this is nothing that a model of this domain takes; FileFormatError, where a file is no picture.
    """
    if domain == "image":
        return _images(anything, image_format)
    return _rows(anything, schema)


def _images(anything: Any, format: ImageFormat | None) -> Tensor:
    if isinstance(anything, np.ndarray) and anything.dtype == np.uint8:
        return load_images(_checked_picture(anything, format), format)
    if isinstance(anything, Tensor | np.ndarray):
        return _image_batch(_floats(anything, "image"), format)
    if is_image_source(anything):
        return load_images(anything, format)
    if isinstance(anything, list | tuple):
        if anything and all(is_image_source(item) for item in anything):
            return load_images(anything, format)
        return _joined([_images(item, format) for item in _not_empty(anything)])
    raise InputError(
        "Images must be tensors or NumPy arrays in [0, 1], Pillow images, paths, or lists of these. "
        f"Got {type(anything).__name__}."
    )


def _image_batch(values: Tensor, format: ImageFormat | None) -> Tensor:
    if values.ndim not in (3, 4):
        raise InputError(
            f"Images must have shape {EXPECTED['image']}. Got {tuple(values.shape)}. A gray picture needs its channel axis."
        )
    channels, height, width = values.shape[-3:]
    fitting = (format.channels,) if format is not None else USUAL_CHANNELS
    # Where height and width are the same, the channels are likelier the odd one out: (2, 5, 4, 4) is two inputs of five.
    if channels not in fitting and width in (*LAST_AXIS_OF_PICTURES, *fitting) and height != width:
        raise InputError(
            f"Images must have shape {EXPECTED['image']}, channels first. Got {tuple(values.shape)}, which has them last. "
            "Move the last axis before height and width, or give `load_images` the array."
        )
    return values.unsqueeze(0) if values.ndim == 3 else values


def _checked_picture(array: "np.ndarray[Any, Any]", format: ImageFormat | None) -> "np.ndarray[Any, Any]":
    """Raises: InputError, where an 8-bit array is not certainly one picture, or a batch of them, with its channels last."""
    shape = array.shape
    if array.ndim == 2 or (array.ndim in (3, 4) and shape[-1] in LAST_AXIS_OF_PICTURES and not _could_be_first(shape, format)):
        return array
    raise InputError(
        "8-bit pictures must have shape (H, W), (H, W, C) or (B, H, W, C) with 1, 3 or 4 channels. "
        f"Got {shape}. Move the channels to the end, or divide by 255 where they come first."
    )


def _could_be_first(shape: tuple[int, ...], format: ImageFormat | None) -> bool:
    """Whether the channels may as well come first."""
    return shape[-3] in (LAST_AXIS_OF_PICTURES if format is None else (*LAST_AXIS_OF_PICTURES, format.channels))


def _rows(anything: Any, schema: Schema | None) -> Tensor:
    if isinstance(anything, Tensor | np.ndarray):
        return _row_batch(_floats(anything, "tabular"))
    if _is_pandas(anything):
        return _frame_rows(anything, schema)
    if isinstance(anything, list | tuple):
        items = _not_empty(anything)
        if all(isinstance(item, Real) for item in items):
            return torch.tensor([[float(item) for item in items]], dtype=torch.float64)
        return _joined([_rows(item, schema) for item in items])
    raise InputError(f"Table rows must be a data frame, a tensor, a NumPy array or a list of these. Got {_named(anything)}.")


def _row_batch(values: Tensor) -> Tensor:
    if values.ndim not in (1, 2):
        raise InputError(f"Table rows must have shape {EXPECTED['tabular']}. Got {tuple(values.shape)}.")
    return values.unsqueeze(0) if values.ndim == 1 else values


def _floats(values: "Tensor | np.ndarray[Any, Any]", domain: Domain) -> Tensor:
    """The values as a tensor of their own precision; whole numbers of tables as float64, of images refused."""
    kind = str(values.dtype).removeprefix("torch.") if isinstance(values, Tensor) else values.dtype.name
    is_float = values.is_floating_point() if isinstance(values, Tensor) else kind in FLOATS
    if is_float:
        return values.detach() if isinstance(values, Tensor) else _copied(values)
    if domain == "image":
        raise _not_in_unit_range(kind, values)
    if isinstance(values, Tensor) and not values.is_complex():
        return values.double()
    if isinstance(values, np.ndarray) and values.dtype.kind in "biu":
        return _copied(values.astype(np.float64))
    raise InputError(
        f"Table rows must be numbers, float32 or float64. Got {kind}. Give categories as a data frame with a `schema`."
    )


def _copied(array: np.ndarray[Any, Any]) -> Tensor:
    """A copy in the machine's byte order: torch warns of arrays that it may not write to."""
    return torch.from_numpy(np.array(array, dtype=array.dtype.newbyteorder("="), order="C"))


def _not_in_unit_range(kind: str, values: "Tensor | np.ndarray[Any, Any]") -> InputError:
    remedy = "Divide it by 255." if isinstance(values, Tensor) else "Use `load_images`, which scales it, or divide it by 255."
    return InputError(f"Images must be floating-point numbers in [0, 1]. Got {kind}. {remedy}")


def _frame_rows(data: Any, schema: Schema | None) -> Tensor:
    frame = data if data.ndim == 2 else _one_row_frame(data)
    if schema is None:
        return _numeric_rows(frame)
    if not isinstance(schema, TableSchema):
        raise InputError(f"`schema` must be a TableSchema, which encodes data frames. Got {type(schema).__name__}.")
    return schema.to_tensor(frame)


def _one_row_frame(series: Any) -> Any:
    """A series as one row. Each column gets a type of its own: a row of mixed values is a series of objects."""
    import pandas as pd

    if not series.index.is_unique:
        raise InputError("A row must name each column once. Got a series with repeated labels.")
    return pd.DataFrame({name: [value] for name, value in series.items()})


def _numeric_rows(frame: Any) -> Tensor:
    import pandas as pd

    other = [
        str(name)
        for name, dtype in zip(frame.columns, frame.dtypes, strict=True)
        if not pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_complex_dtype(dtype)
    ]
    if other:
        more = f" and {len(other) - 1} more" if len(other) > 1 else ""
        raise InputError(
            f"A data frame without a `schema` must have numeric columns only. Got `{other[0]}`{more}. Give the classifier a "
            "`schema`, such as TableSchema.from_frame(frame), which encodes the others."
        )
    single = all(dtype == np.float32 for dtype in frame.dtypes)
    return torch.from_numpy(np.array(frame.to_numpy(dtype=np.float32 if single else np.float64, na_value=np.nan), order="C"))


def _joined(parts: Sequence[Tensor]) -> Tensor:
    shapes = [tuple(part.shape[1:]) for part in parts]
    for index, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise InputError(f"The inputs of one list must have one shape. Got {shapes[0]} first and {shape} for input {index}.")
    return torch.cat([part.to(parts[0].device) for part in parts])


def _not_empty(items: Sequence[Any]) -> Sequence[Any]:
    if not items:
        raise InputError("A list of inputs must hold at least one. Got an empty list.")
    return items


def _is_pandas(thing: Any) -> bool:
    """Whether this is a frame or a series, told without importing pandas for those who do not use it."""
    return type(thing).__module__.partition(".")[0] == "pandas" and hasattr(thing, "dtypes") and hasattr(thing, "iloc")


def _named(thing: Any) -> str:
    if isinstance(thing, str | os.PathLike):
        return f"the path `{os.fspath(thing)}`; read it with pandas.read_csv"
    return type(thing).__name__
