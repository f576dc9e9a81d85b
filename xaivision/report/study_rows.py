"""Rows and explanations as a page shows them: every value by its column's name, what changed marked, effects as signed bars."""

from dataclasses import dataclass
from functools import singledispatch

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.query import Query
from xaivision.core.rules import Rules
from xaivision.core.values_in_words import column_words, value_words
from xaivision.evaluation.simulatability.parts import Cases, Part
from xaivision.explainers.rows_in_words import (
    class_words,
    rule_sentence,
    turn_sentence,
    values_apart,
)

MOST_EFFECTS = 5


@dataclass(frozen=True)
class Cell:
    """A column's name and value; `now`: the other one that it has changed to."""

    name: str
    value: str
    now: str | None = None


Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Effect:
    """What a value does: a signed number, and a bar so many percent wide for the class or against it."""

    name: str
    value: str
    number: str
    side: str
    width: int


@dataclass(frozen=True)
class Effects:
    """Those of the values that do most for a class or against it: shares of its score, or its slopes."""

    class_: str
    contributions: bool
    lines: tuple[Effect, ...]


@dataclass(frozen=True)
class Case:
    """A known row, and what the model says of it."""

    said: str
    row: Row


Told = Effects | str | tuple[Case, ...]


def row_of(query: Query, row: Tensor, changed: Tensor | None = None) -> Row:
    """Names and values of a row (F,); those that differ in the changed row (F,) have both values."""
    after = row if changed is None else changed
    return tuple(_cell(query, column, float(row[column]), float(after[column])) for column in range(len(row)))


def told_of(parts: tuple[Part, ...], index: int) -> tuple[Told, ...]:
    """What the parts say of one of their inputs."""
    return tuple(_told(part, index) for part in parts)


@singledispatch
def _told(part: Part, index: int) -> Told:
    raise TypeError(f"No way is known to tell {type(part).__name__}.")


@_told.register
def _(part: Attribution, index: int) -> Told:
    values, query = part.values[index].double().cpu(), part.query
    order = values.abs().argsort(descending=True, stable=True)[:MOST_EFFECTS].tolist()
    largest = max(float(values.abs().max()), torch.finfo(torch.float64).tiny)
    lines = tuple(_effect(query, index, column, float(values[column]), largest) for column in order if float(values[column]))
    return Effects(class_words(query, int(query.targets[index])), part.kind == "contribution", lines)


@_told.register
def _(part: Rules, index: int) -> Told:
    return rule_sentence(part, index)


@_told.register
def _(part: Counterfactuals, index: int) -> Told:
    return turn_sentence(part, index)


@_told.register
def _(part: Cases, index: int) -> Told:
    pairs = zip(part.rows[index], part.said[index].tolist(), strict=True)
    return tuple(Case(class_words(part.query, said), row_of(part.query, row)) for row, said in pairs)


def _cell(query: Query, column: int, before: float, now: float) -> Cell:
    name = column_words(query, column)
    if before == now:
        return Cell(name, value_words(query, column, before))
    return Cell(name, *values_apart(query, column, before, now))


def _effect(query: Query, index: int, column: int, value: float, largest: float) -> Effect:
    shown = value_words(query, column, float(query.inputs[index, column]))
    number = f"{value:+.2g}".replace("-", "\N{MINUS SIGN}")
    width = round(100 * abs(value) / largest)
    return Effect(column_words(query, column), shown, number, "for" if value > 0 else "against", width)
