"""What an ONNX model takes: its one input, in which layout, of which type, and how many at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from xaivision.core.about import Domain
from xaivision.core.errors import InputError

ChannelPlace = Literal["channels_first", "channels_last"]

FLOATS: Mapping[str, type[np.floating[Any]]] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
}
CHANNELS = (1, 3, 4)


@dataclass(frozen=True)
class OnnxInput:
    """`shape` of one input as the adapter is given it, (C, H, W) or (F,), None where a side may vary.

    `together`: the fixed number of inputs that the model takes in one call, None where it may vary.
    """

    name: str
    dtype: type[np.floating[Any]]
    domain: Domain
    shape: tuple[int | None, ...]
    channels_last: bool = False
    together: int | None = None

    @property
    def fixed(self) -> tuple[int, ...] | None:
        """The shape of one input, where every side is known."""
        known = tuple(side for side in self.shape if side is not None)
        return known if len(known) == len(self.shape) else None

    def feeds(self, batch: "np.ndarray") -> Iterator[tuple["np.ndarray", int]]:
        """Arrays as the model takes them, and how many rows of each answer count: a short one is filled up with its last row."""
        laid = np.moveaxis(batch, 1, -1) if self.channels_last else batch
        ready = np.ascontiguousarray(laid, dtype=self.dtype)
        together = self.together or len(ready)
        for start in range(0, len(ready), together):
            part = ready[start : start + together]
            missing = together - len(part)
            yield (np.concatenate([part, part[-1:].repeat(missing, axis=0)]) if missing else part), len(part)


def onnx_input(session: Any, domain: Domain | None, layout: ChannelPlace | None) -> OnnxInput:
    """The model's input, as far as the file tells; `domain` and `layout` are what the caller has told.

    Raises: InputError, where there are several, it does not take floating-point numbers, or it cannot be told what its axes
    are.
    """
    if layout is not None and layout not in get_args(ChannelPlace):
        raise InputError(f"`layout` must be one of {', '.join(map(repr, get_args(ChannelPlace)))}. Got {layout!r}.")
    inputs = session.get_inputs()
    if len(inputs) != 1:
        names = ", ".join(f"`{one.name}`" for one in inputs)
        raise InputError(
            f"The ONNX model must have one input. Got {len(inputs)}: {names}. Export it with one tensor, or wrap a function of "
            "yours that feeds them: xv.classifier(function, num_classes=..., score_unit=..., domain=...)."
        )
    (one,) = inputs
    if one.type not in FLOATS:
        raise InputError(
            f"The ONNX model must take floating-point numbers (images in [0, 1]). Its input `{one.name}` takes {one.type}. "
            "Wrap a function of yours that converts them."
        )
    sides = [side if isinstance(side, int) and side > 0 else None for side in one.shape]
    kind = _domain(one.name, sides, domain)
    if kind == "tabular":
        if layout is not None:
            raise InputError(f"`layout` is for images. Got {layout!r} for a model of table rows.")
        return OnnxInput(one.name, FLOATS[one.type], kind, tuple(sides[1:]) or (None,), together=sides[0] if sides else None)
    last = _channels_last(one.name, sides, layout)
    shape = tuple(sides[1:]) or (None, None, None)
    ours = (shape[-1], *shape[:-1]) if last else shape
    return OnnxInput(one.name, FLOATS[one.type], kind, ours, last, sides[0] if sides else None)


def _domain(name: str, sides: Sequence[int | None], told: Domain | None) -> Domain:
    """A file without shapes has no sides at all."""
    shown: Domain | None = {2: "tabular", 4: "image"}.get(len(sides))  # type: ignore[assignment]  # the two domains
    if sides and shown is None:
        raise InputError(
            f"The ONNX model must take images, with four axes, or table rows, with two. Its input `{name}` has {len(sides)}. "
            "Wrap a function of yours that reshapes them."
        )
    if told is not None and shown not in (None, told):
        raise InputError(f"`domain` must fit the ONNX model, whose input `{name}` has {len(sides)} axes. Got {told!r}.")
    if told is None and shown is None:
        raise InputError(f"The ONNX model does not say what its input `{name}` is. Give domain='image' or domain='tabular'.")
    found: Domain = told if told is not None else shown  # type: ignore[assignment]  # one of them is there
    return found


def _channels_last(name: str, sides: Sequence[int | None], told: ChannelPlace | None) -> bool:
    """Whether the channels are the last axis, where the sizes of the axes leave no doubt or the caller has told."""
    if told is not None:
        return told == "channels_last"
    first, last = (bool(sides) and sides[axis] in CHANNELS for axis in (1, -1))
    if first == last:
        shown = (
            "of no known shape" if not sides else f"of shape ({', '.join('?' if side is None else str(side) for side in sides)})"
        )
        raise InputError(
            f"`layout` cannot be told from the ONNX model's input `{name}` {shown}. Give layout='channels_first' "
            "(B, C, H, W) or layout='channels_last' (B, H, W, C)."
        )
    return bool(last)
