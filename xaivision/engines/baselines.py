"""Reference inputs: what an absent feature is replaced by. Every number that rests on the choice changes with it."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.engines.filters import gaussian_blur
from xaivision.engines.reverberation import reverberation

BaselineName = Literal["auto", "black", "zeros", "mean", "blur", "noise", "seabed", "typical"]
Baseline = BaselineName | Tensor
BASELINE_NAMES: tuple[BaselineName, ...] = ("auto", "black", "zeros", "mean", "blur", "noise", "seabed", "typical")


def reference_inputs(
    baseline: Baseline, inputs: Tensor, generator: torch.Generator, typical: Sequence[float] | None = None
) -> Tensor:
    """The baseline of each input, in input space, (B, *S).

    "black", "zeros": zeros. "mean": each image's own mean for each channel. "blur": the blurred image. "noise": uniform in
    [0, 1], the same draw for every input. "seabed": of a sonar picture its seabed alone, drawn from its own statistics
    (`reverberation`), by the same noise for every input. "typical": the table's typical values. "auto": black for images,
    typical for tables, and zeros for those that know no typical values. A tensor: (*S), (B, *S) or anything that broadcasts
    to it.

    Raises: InputError, where the name is unknown, has no meaning for these inputs, or the tensor does not fit.
    """
    if isinstance(baseline, Tensor):
        return _given(baseline, inputs)
    if not isinstance(baseline, str) or baseline not in BASELINE_NAMES:
        names = ", ".join(map(repr, BASELINE_NAMES))
        got = repr(baseline) if isinstance(baseline, str) else type(baseline).__name__
        raise InputError(f"`baseline` must be one of {names}, or a tensor. Got {got}.")
    is_image = inputs.ndim == 4
    if baseline == "auto":
        baseline = "black" if is_image or typical is None else "typical"
    if baseline == "typical":
        return _typical(typical, inputs)
    if baseline in ("black", "zeros"):
        return torch.zeros_like(inputs)
    if not is_image:
        raise InputError(
            f"`baseline` {baseline!r} has a meaning for images only. For a table pass 'typical', 'zeros' or a tensor."
        )
    if baseline == "mean":
        return inputs.mean((2, 3), keepdim=True).expand_as(inputs)
    if baseline == "blur":
        return gaussian_blur(inputs)
    if baseline == "seabed":
        noise = torch.randn(inputs.shape[2:], generator=generator, dtype=torch.float64, device="cpu")
        return torch.stack([reverberation(one, noise) for one in inputs])
    noise = torch.rand(inputs.shape[1:], generator=generator, dtype=torch.float64, device="cpu")
    return noise.to(inputs).expand_as(inputs)


def guessed(baseline: Baseline, inputs: Tensor, typical: Sequence[float] | None) -> str:
    """A sentence where the baseline is zeros for want of anything known, empty otherwise."""
    if inputs.ndim == 4 or typical is not None or not (isinstance(baseline, str) and baseline == "auto"):
        return ""
    return "no typical values of the columns are known, so the baseline is zeros: give the model a schema, or set `baseline`"


def _given(baseline: Tensor, inputs: Tensor) -> Tensor:
    if not bool(baseline.isfinite().all()):
        raise InputError("`baseline` must be finite. Got values that are NaN or infinite.")
    try:
        return baseline.detach().to(inputs).expand_as(inputs)
    except RuntimeError:
        raise InputError(
            f"`baseline` must have the shape of one input, {tuple(inputs.shape[1:])}, or of the batch. "
            f"Got {tuple(baseline.shape)}."
        ) from None


def _typical(typical: Sequence[float] | None, inputs: Tensor) -> Tensor:
    if inputs.ndim == 4 or typical is None:
        raise InputError(
            "`baseline` 'typical' needs a table whose schema knows typical values. "
            "Wrap the model with a schema, pass a tensor with one value a feature, or 'zeros'."
        )
    return torch.tensor(list(typical), dtype=torch.float64, device="cpu").to(inputs).expand_as(inputs)
