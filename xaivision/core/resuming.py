"""A forward pass taken up again at a layer: what the network did before is recorded once and not computed again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from xaivision.core.layers import Layer

# An output this many times the size of the layer's is shown to all rows, others are copied for each: the network may
# write on a copy, and copying the large first maps would cost more than the layers after the last one.
COPIED_UP_TO = 2


@dataclass(frozen=True, eq=False)
class Start:
    """What the parts of a network gave for one input before a layer was done.

    `recorded`: for each part its outputs in the order of its calls, without calls inside others that are recorded. The
    last one of the `layer` is the layer's own output.
    """

    recorded: dict[nn.Module, list[Any]]
    layer: nn.Module


def recorded_start(module: nn.Module, layer: Layer, forward: Callable[[], object]) -> Start | None:
    """What comes before the layer in `forward()` for one input; None where the layer is not called."""
    parts = {name: part for name, part in module.named_modules() if name}
    recorder = _Recorder(parts[layer.name], layer.call)
    handles = [part.register_forward_pre_hook(recorder.begin) for part in parts.values()]
    handles += [part.register_forward_hook(recorder.end) for part in parts.values()]
    try:
        with torch.no_grad():
            forward()
    finally:
        for handle in handles:
            handle.remove()
    if recorder.calls_left >= 0:
        return None
    recorded: dict[nn.Module, list[Any]] = {}
    for part, output in recorder.found:
        recorded.setdefault(part, []).append(output)
    return Start(recorded, parts[layer.name])


class _Recorder:
    """Outputs in the order in which parts are done, until the layer has been called so many times more."""

    def __init__(self, layer: nn.Module, calls_left: int) -> None:
        self.layer, self.calls_left = layer, calls_left
        self.found: list[tuple[nn.Module, Any]] = []
        self._begun: list[int] = []

    def begin(self, _part: nn.Module, _inputs: Any) -> None:
        self._begun.append(len(self.found))

    def end(self, part: nn.Module, _inputs: Any, output: Any) -> None:
        inside = self._begun.pop()
        if self.calls_left < 0:
            return
        del self.found[inside:]  # whoever skips this part skips what is called inside it
        self.found.append((part, _kept(output)))
        self.calls_left -= int(part is self.layer)


@contextmanager
def resumed(start: Start, outputs: Tensor) -> Iterator[None]:
    """Let forward passes inside, of as many rows as `outputs` (n, ...), begin where the layer gives these outputs.

    What the network computes between its parts is computed again, on recorded numbers. Whether that is right for this
    network has to be tried out: it may write on what it takes for its own.
    """
    largest = COPIED_UP_TO * outputs[0].numel()
    changed = [(part, vars(part).get("forward")) for part in start.recorded]
    try:
        for part, recorded in start.recorded.items():
            answers = [_for_rows(one, len(outputs), largest) for one in recorded]
            if part is start.layer:
                answers[-1] = outputs.clone()
            vars(part)["forward"] = _answering(answers, part.forward)
        yield
    finally:
        for part, before in changed:
            vars(part).pop("forward", None)
            if before is not None:
                vars(part)["forward"] = before


def _answering(answers: list[Any], forward: Callable[..., Any]) -> Callable[..., Any]:
    """Gives the answers one after the other, and works as before when there are no more."""
    left = iter(answers)
    none = object()

    def answer(*inputs: Any, **named: Any) -> Any:
        known = next(left, none)
        return forward(*inputs, **named) if known is none else known

    return answer


def _kept(output: Any) -> Any:
    """A copy: later parts may write on it."""
    if isinstance(output, tuple | list):
        return type(output)(_kept(one) for one in output)
    return output.detach().clone() if isinstance(output, Tensor) else output


def _for_rows(output: Any, rows: int, largest: int) -> Any:
    if isinstance(output, tuple | list):
        return type(output)(_for_rows(one, rows, largest) for one in output)
    if not isinstance(output, Tensor) or not output.ndim or len(output) != 1:
        return output
    shown = output.expand(rows, *output.shape[1:])
    return shown.clone() if rows == 1 or output.numel() <= largest else shown
