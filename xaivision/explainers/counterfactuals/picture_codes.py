"""What of a picture's code may change: the directions that were chosen, as a space that searches know."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.generator import Code, Direction
from xaivision.engines.counterfactuals.space import Part, Space

# Numbers without steps are told with three digits of their range: more would say nothing to the eye.
FINE = 1e-3
Chosen = Literal["all"] | Sequence[str]


class Choice(NamedTuple):
    """The kinds of directions, and the objects, that may change; or the `numbers` of the directions."""

    vary: Chosen
    objects: Chosen
    numbers: tuple[int, ...] | None = None


def check_chosen(name: str, value: object) -> None:
    """Raises: InputError, where it is neither 'all' nor a list of names."""
    named = isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(one, str) for one in value)
    if value != "all" and not (named and value):
        raise InputError(f"`{name}` must be 'all' or a list of names. Got {value!r}.")


def code_row(code: Code, width: int) -> Tensor:
    """(width,) the code's values, and zeros that nothing moves: codes of one search are of one width."""
    return torch.cat([code.values, _numbers([0.0] * (width - len(code.values)))])


def code_space(code: Code, choice: Choice, width: int) -> Space:
    """The space of the code as `code_row` lays it out. The way across a direction's range costs 1, and so does another choice.

    Raises: InputError, where a kind or an object is unknown to the generator.
    """
    ones, idle = code.directions, [0.0] * (width - len(code.directions))
    _check_known("vary", choice.vary, {one.kind for one in ones})
    _check_known("objects", choice.objects, {one.of for one in ones})
    own = code.values.tolist()
    low = [min(one.low, value) for one, value in zip(ones, own, strict=True)]
    high = [max(one.high, value) for one, value in zip(ones, own, strict=True)]
    weight = [1.0 if one.choices or one.high == one.low else 1 / (one.high - one.low) for one in ones]
    return Space(
        low=_numbers(low + idle),
        high=_numbers(high + idle),
        step=_numbers([one.step for one in ones] + idle),
        direction=_numbers([0.0] * width),
        free=torch.tensor([_is_free(place, one, choice) for place, one in enumerate(ones)] + [False] * len(idle), device="cpu"),
        weight=_numbers(weight + idle),
        parts=tuple(Part((place,), _patterns(one)) for place, one in enumerate(ones)),
        dtype=torch.float64,
        fine=_numbers([0.0 if one.step or one.choices else FINE * (one.high - one.low) for one in ones] + idle),
    )


def _is_free(place: int, one: Direction, choice: Choice) -> bool:
    if choice.numbers is not None:
        return place in choice.numbers
    return (choice.vary == "all" or one.kind in choice.vary) and (choice.objects == "all" or one.of in choice.objects)


def _patterns(one: Direction) -> Tensor | None:
    return torch.arange(len(one.choices), dtype=torch.float64, device="cpu")[:, None] if one.choices else None


def _numbers(values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, device="cpu")


def _check_known(name: str, chosen: Chosen, known: set[str]) -> None:
    for one in () if isinstance(chosen, str) else chosen:
        if one not in known:
            raise UnknownNameError(f"name for `{name}`", one, known)
