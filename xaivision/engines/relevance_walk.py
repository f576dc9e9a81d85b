"""The way of relevance from the scores of a tape back to its inputs, with the books of every operation."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.errors import CapabilityError
from xaivision.engines import affine_layers, relevance_shares
from xaivision.engines.affine_layers import CONVOLUTIONS, DENSE, MEANS
from xaivision.engines.operation_tape import Call, Tape, Value, tensors_in
from xaivision.engines.relevance_rules import Affine, Flow, Share
from xaivision.engines.relevance_shares import (
    ACTIVATIONS,
    BATCH_NORMALIZATION,
    DROPOUTS,
    PRODUCTS,
    SCALINGS,
    SELECTIONS,
    Given,
    Rule,
)

Bounds = tuple[Tensor, Tensor]


class Rules(NamedTuple):
    """The rule of layers of `maps`, of `dense` ones, and of the `first` layer over the pixels where it has another."""

    maps: Rule
    dense: Rule
    first: Callable[[Affine, Flow, Bounds], Share] | None = None


class Step(NamedTuple):
    """The books of one operation, (B,) each in float64: relevance `received`, `passed` on, and `absorbed` by constants.

    `mass`: the sum of the absolute values passed on.
    """

    name: str
    received: Tensor
    passed: Tensor
    absorbed: Tensor
    mass: Tensor


class Propagation(NamedTuple):
    """`values` (B, *S), the `initial` relevance of the scores (B, K), and the books of every operation on the way."""

    values: Tensor
    initial: Tensor
    steps: list[Step]


def unruled(tape: Tape) -> tuple[str, ...]:
    """Why relevance cannot be handed from the scores to the inputs, one phrase an operation; empty where it can."""
    pixels = _near_the_inputs(tape, SELECTIONS | SCALINGS)
    found = [
        (call.name, relevance_shares.objection(call))
        for call in _on_the_way(tape)
        if not (call.name == "addcmul" and pixels.issuperset(call.outputs))
    ]
    return tuple(dict.fromkeys(f"`{name}` {why}" for name, why in found if why))


def propagated(tape: Tape, initial: Tensor, rules: Rules) -> Propagation:
    """The relevance of one batch that was written down, from that of its scores (B, K).

    The normalization of pixels takes nothing: what a normalized pixel gets, the pixel gets.

    Raises: CapabilityError, where an operation on the way has no rule, or no layer is the first.
    """
    if reasons := unruled(tape):
        raise CapabilityError(
            f"Relevance needs a rule for every operation. This network has some without: {', '.join(reasons)}. "
            "Use a gradient or perturbation method."
        )
    walk, books = _Walk(tape, rules), _Books(len(initial))
    steps = []
    found = {tape.scores: initial}
    for call in _on_the_way(tape):
        relevance = [found.pop(value, None) for value in call.outputs]
        if any(part is not None for part in relevance):  # a layer folded into the one after it has nothing left to do
            given = walk.given(call, relevance)
            for value, part in given.shares:
                found[value] = found[value] + part if value in found else part
            steps.append(books.step(call.name, relevance, given))
    values = found.get(tape.inputs)
    nothing = torch.zeros_like(tape.inputs.tensor)
    return Propagation(nothing if values is None else values, initial, steps)


def pixel_bounds(tape: Tape) -> dict[Value, Bounds]:
    """The least and the largest value of whatever is a mere scaling, rearrangement or mean of inputs between 0 and 1."""
    one = tape.inputs.tensor
    bounds = {tape.inputs: (torch.zeros_like(one), torch.ones_like(one))}
    for call in tape.calls:
        if _continues(call, set(bounds), SELECTIONS | SCALINGS | MEANS):
            first, second = (list(tensors_in(call.again(_end(bounds, end)))) for end in (0, 1))
            for value, low, high in zip(call.outputs, first, second, strict=True):
                bounds[value] = torch.minimum(low, high), torch.maximum(low, high)
    return bounds


def _end(bounds: dict[Value, Bounds], end: int) -> Callable[[Value], Tensor]:
    return lambda value: bounds[value][end].clone()  # a clone: some operations work in place


class _Walk:
    """What is known before the way back begins."""

    def __init__(self, tape: Tape, rules: Rules) -> None:
        self._rules = rules
        self._pixels = _near_the_inputs(tape, SELECTIONS | SCALINGS)
        self._bounds = {} if rules.first is None else pixel_bounds(tape)
        if rules.first is not None and not any(_is_layer(call) and call.inputs[0] in self._bounds for call in tape.calls):
            raise CapabilityError(
                "This composite has a rule of its own for the layer over the pixels, and no convolution or dense layer works on "
                "them directly in this network. Use the composite 'epsilon_plus'."
            )

    def given(self, call: Call, relevance: Sequence[Tensor | None]) -> Given:
        received = relevance[0]
        if call.name in SELECTIONS or received is None:
            return relevance_shares.passed_on(call, relevance)
        if call.name in PRODUCTS | DROPOUTS or (call.name in SCALINGS and call.outputs[0] in self._pixels):
            return relevance_shares.scaled(call, received)
        if call.name in ACTIVATIONS:
            return relevance_shares.activated(call, received)
        if _is_layer(call):
            return self._through(call, call, _weighted(call), received)
        if call.name == BATCH_NORMALIZATION:
            return self._normalized(call, received)
        rule = self._rule_of_maps(call)
        if call.name in MEANS:
            (value,) = relevance_shares.sources(call)
            layer = affine_layers.averaging(call, call.outputs[0].tensor)
            return relevance_shares.through_layer(layer, value, call.outputs[0], received, rule)
        return relevance_shares.summed(call, received, rule)

    def _normalized(self, call: Call, received: Tensor) -> Given:
        """Folded into the layer before it where it alone uses what that gives, else a layer of its own."""
        (value,) = call.inputs
        before, found = value.producer, affine_layers.normalization(call)
        if before is not None and value.consumers == 1 and affine_layers.takes_a_normalization(before):
            return self._through(before, call, affine_layers.folded(_weighted(before), found), received)
        layer = affine_layers.normalizing(call)
        return relevance_shares.through_layer(layer, value, call.outputs[0], received, self._rule_of_maps(call))

    def _through(self, layer: Call, last: Call, affine: Affine, received: Tensor) -> Given:
        (value,) = layer.inputs
        rule = self._rules.maps if layer.name in CONVOLUTIONS else self._rules.dense
        if self._rules.first is not None and value in self._bounds:
            rule = partial(_first, rule=self._rules.first, bounds=self._bounds[value])
        return relevance_shares.through_layer(affine, value, last.outputs[0], received, rule)

    def _rule_of_maps(self, call: Call) -> Rule:
        """Means, sums and normalizations have the rule of the convolutions between maps, and of dense layers elsewhere."""
        return self._rules.maps if len(call.inputs[0].shape) > 2 else self._rules.dense


def _first(layer: Affine, flow: Flow, rule: Callable[[Affine, Flow, Bounds], Share], bounds: Bounds) -> Share:
    return rule(layer, flow, bounds)


def _is_layer(call: Call) -> bool:
    return call.name in CONVOLUTIONS | DENSE


def _weighted(call: Call) -> Affine:
    return affine_layers.convolution(call) if call.name in CONVOLUTIONS else affine_layers.dense(call)


def _on_the_way(tape: Tape) -> list[Call]:
    """The calls that relevance passes, from the scores down."""
    wanted, found = {tape.scores}, []
    for call in reversed(tape.calls):
        if wanted.intersection(call.outputs):
            found.append(call)
            wanted.update(relevance_shares.sources(call))
    return found


def _near_the_inputs(tape: Tape, names: frozenset[str]) -> set[Value]:
    """The inputs, and whatever operations of these names alone make of them."""
    reached = {tape.inputs}
    for call in tape.calls:
        if _continues(call, reached, names):
            reached.update(call.outputs)
    return reached


def _continues(call: Call, reached: set[Value], names: frozenset[str]) -> bool:
    """Whether it makes one of these names out of what was reached; out of one map alone, where it is more than a selection."""
    if call.name not in names or not reached.issuperset(call.inputs):
        return False
    return call.name in SELECTIONS or relevance_shares.is_affine(call)


class _Books:
    """Adds up relevance, each tensor once: most operations hand on what they got."""

    def __init__(self, batch: int) -> None:
        self._batch = batch
        # Tensors are kept with their sums: the number of a freed one would be given to another.
        self._sums: dict[int, tuple[Tensor, Tensor, Tensor]] = {}

    def step(self, name: str, relevance: Sequence[Tensor | None], given: Given) -> Step:
        received = [self._of(part) for part in relevance if part is not None]
        passed = [self._of(part) for _, part in given.shares]
        nothing = torch.zeros_like(received[0][0])
        absorbed = nothing if given.absorbed is None else self._of(given.absorbed)[0]
        self._sums = {number: found for number, found in self._sums.items() if any(found[0] is part for _, part in given.shares)}
        return Step(
            name,
            sum((total for total, _ in received), nothing),
            sum((total for total, _ in passed), nothing),
            absorbed,
            sum((mass for _, mass in passed), nothing),
        )

    def _of(self, part: Tensor) -> tuple[Tensor, Tensor]:
        """The sum and the sum of absolute values, (B,) in float64.

        Raises: CapabilityError, where a map has no part for each input.
        """
        if id(part) not in self._sums:
            self._sums[id(part)] = part, _totals(part, self._batch), _totals(part.abs(), self._batch)
        _, total, mass = self._sums[id(part)]
        return total, mass


def _totals(part: Tensor, batch: int) -> Tensor:
    if part.numel() % batch:
        raise CapabilityError(
            f"A map must have a part for each of {batch} inputs. One has the shape {tuple(part.shape)}: it mixes the inputs of a "
            "batch, as a mean over them does. Give the classifier batch_size=1."
        )
    rows = part if len(part) == batch and part.ndim > 1 else part.reshape(batch, -1)
    return rows.sum(tuple(range(1, rows.ndim))).double()
