"""Pieces: what was answered for several items at once, or for each alone where one of them broke the whole."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from xaivision.core.errors import Cancelled, XaivisionError

T = TypeVar("T")
Chosen = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Pieces(Generic[T]):
    """`answers`: which items, and what was answered for them together. `errors`: one sentence for each that failed."""

    answers: tuple[tuple[Chosen, T], ...]
    errors: Mapping[int, str]


def in_pieces(items: Sequence[int], ask: Callable[[Chosen], T], who: str = "the model") -> Pieces[T]:
    """What `ask` answers for all items at once; where it raises, for each alone, so that the others lose nothing.

    `who` may be at fault where something unforeseen is raised, in words.

    Raises: Cancelled.
    """
    chosen = tuple(items)
    if not chosen:
        return Pieces((), {})
    try:
        return Pieces(((chosen, ask(chosen)),), {})
    except Cancelled:
        raise
    except Exception as error:  # whatever one item makes the model raise must not take the others along
        if len(chosen) == 1:
            return Pieces((), {chosen[0]: sentence(error, who)})
    return joined([in_pieces([item], ask, who) for item in chosen])


def joined(pieces: Sequence[Pieces[T]]) -> Pieces[T]:
    """Several as one."""
    answers = tuple(answer for one in pieces for answer in one.answers)
    return Pieces(answers, {item: why for one in pieces for item, why in one.errors.items()})


def sentence(error: Exception, who: str = "the model") -> str:
    """What went wrong, on one line; errors of this library are sentences already."""
    told = str(error) if isinstance(error, XaivisionError) else f"{who} raised {type(error).__name__}: {error}"
    return " ".join(told.split())
