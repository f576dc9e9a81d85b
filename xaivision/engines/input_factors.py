"""What a network multiplies, selects or masks its maps by, where that depends on the input as well.

The gradient's own record does not show all of it: a mask such as `x > 0` has no gradient, so that a product with it looks
linear, and a gate looks like any other product of two maps.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.errors import CapabilityError
from xaivision.engines.operation_tape import Call, Value, recorded
from xaivision.engines.relevance_shares import SELECTIONS, SUMS

PRODUCTS = frozenset({"mul", "multiply", "imul"})
SQUASHING = frozenset({"sigmoid", "hardsigmoid", "softmax"})
# What brings a map to another range, element by element, or only to another place.
_ELEMENTWISE = SELECTIONS | SUMS | {"mul", "multiply", "div", "divide", "true_divide", "neg", "negative"}


class InputFactors(NamedTuple):
    """Names of calls, each once. `cut`: they work by a value that follows from the input without a gradient, as masks do.

    `products`: two maps are multiplied of which neither is a gate over the other. `squashing`: a squashing function that
    serves as an activation: what it gives is neither a gate nor the scores.
    """

    cut: tuple[str, ...]
    products: tuple[str, ...]
    squashing: tuple[str, ...]


def input_factors(run: Callable[[Tensor], Tensor], sample: Tensor) -> InputFactors | None:
    """What `run(sample)` multiplies or masks by; None where its operations cannot be seen."""
    watch = _Watch()
    try:
        with torch.inference_mode(False):
            tape = recorded(run, sample, watch)
    except CapabilityError:
        return None
    products = [call for call in tape.calls if call.name in PRODUCTS and len(_factors(call)) == 2]
    bare = [call for call in products if not _is_gating(call)]
    squashing = [call for call in tape.calls if call.name in SQUASHING - {"softmax"} and _is_activation(call, tape.calls)]
    return InputFactors(*(tuple(dict.fromkeys(names)) for names in (watch.cut, _names(bare), _names(squashing))))


class _Watch:
    """Sees which values have a gradient when they are used: inside a function with a gradient of its own none has."""

    def __init__(self) -> None:
        self.cut: list[str] = []
        self._made: dict[Value, Tensor] = {}

    def __call__(self, call: Call, results: list[Tensor]) -> None:
        self._made.update(zip(call.outputs, results, strict=True))
        known = [self._made[value] for value in call.inputs if value in self._made]
        with_gradient = len(known) < len(call.inputs) or any(tensor.requires_grad for tensor in known)
        if with_gradient and any(not tensor.requires_grad for tensor in known) and any(part.requires_grad for part in results):
            self.cut.append(call.name)


def _names(calls: list[Call]) -> list[str]:
    return [call.name for call in calls]


def _factors(call: Call) -> list[Value]:
    """The factors of a product that follow from the input: the same one twice in a square."""
    return [part for part in (*call.args, *call.kwargs.values()) if isinstance(part, Value) and part.is_floating]


def _is_gating(call: Call) -> bool:
    """Whether one factor is a gate: smaller than the map, or squashed from something else than the map itself."""
    first, second = _factors(call)
    if first.shape.numel() != second.shape.numel():
        return True
    return any(_gates(gate, other) for gate, other in ((first, second), (second, first)))


def _gates(gate: Value, other: Value) -> bool:
    made = _through(gate, SELECTIONS).producer
    if made is None or made.name not in SQUASHING:
        return False
    return all(_through(value, _ELEMENTWISE) is not _through(other, SELECTIONS) for value in made.inputs)


def _through(value: Value, names: frozenset[str]) -> Value:
    """Back to the value that calls of these names, of one input each, have made this one of."""
    while value.producer is not None and value.producer.name in names and len(value.producer.inputs) == 1:
        (value,) = value.producer.inputs
    return value


def _is_activation(call: Call, calls: list[Call]) -> bool:
    return any(user.name not in PRODUCTS for user in _users(call, calls))


def _users(call: Call, calls: list[Call]) -> Iterator[Call]:
    """The calls that use what this one gives, after mere rearrangements of it."""
    made = set(call.outputs)
    for user in calls:
        if made.intersection(user.inputs):
            if user.name in SELECTIONS:
                made.update(user.outputs)
            else:
                yield user
