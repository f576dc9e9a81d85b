"""Rows and explanations as parts of a page: every value by its column's name, what changed marked, effects as signed bars."""

from functools import singledispatch
from html import escape

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.query import Query
from xaivision.core.rules import Rules
from xaivision.evaluation.simulatability.parts import Cases, Part
from xaivision.explainers.rows_in_words import (
    class_words,
    column_words,
    rule_sentence,
    turn_sentence,
    value_words,
    values_apart,
)

MOST_EFFECTS = 5


def row_html(query: Query, row: Tensor, changed: Tensor | None = None) -> str:
    """Names and values of a row (F,), in which those that differ from the changed row (F,) are marked, with both values."""
    after = row if changed is None else changed
    return f"<dl class='row'>{''.join(_cell(query, column, row, after) for column in range(len(row)))}</dl>"


def told_html(parts: tuple[Part, ...], index: int) -> str:
    """What the parts say of one of their inputs."""
    return f"<div class='told'><h3>Why</h3>{''.join(told_part(part, index) for part in parts)}</div>"


@singledispatch
def told_part(part: Part, index: int) -> str:
    """What one part says of an input."""
    raise TypeError(f"No way is known to tell {type(part).__name__}.")


@told_part.register
def _(part: Attribution, index: int) -> str:
    values, query = part.values[index].double().cpu(), part.query
    order = values.abs().argsort(descending=True, stable=True)[:MOST_EFFECTS].tolist()
    largest = max(float(values.abs().max()), torch.finfo(torch.float64).tiny)
    class_ = escape(class_words(query, int(query.targets[index])))
    what = (
        f"What counted most, for <b>{class_}</b> (+) or against it (\N{MINUS SIGN})"
        if part.kind == "contribution"
        else f"How the score of <b>{class_}</b> moves where a value grows: up (+) or down (\N{MINUS SIGN})"
    )
    lines = "".join(_effect(query, index, column, float(values[column]), largest) for column in order if float(values[column]))
    return f"<p>{what}:</p><table class='effects'>{lines}</table>" if lines else "<p>No value counted.</p>"


@told_part.register
def _(part: Rules, index: int) -> str:
    return f"<p>{escape(rule_sentence(part, index))}</p>" if part.rules[index] else "<p>No rule was found.</p>"


@told_part.register
def _(part: Counterfactuals, index: int) -> str:
    return f"<p>{escape(turn_sentence(part, index))}</p>"


@told_part.register
def _(part: Cases, index: int) -> str:
    query = part.query
    return "".join(
        f"<p>Of a similar known case the model says <b>{escape(class_words(query, int(said)))}</b>:</p>{row_html(query, row)}"
        for row, said in zip(part.rows[index], part.said[index], strict=True)
    )


def _cell(query: Query, column: int, row: Tensor, after: Tensor) -> str:
    name, before, now = escape(column_words(query, column)), float(row[column]), float(after[column])
    if before == now:
        return f"<div><dt>{name}</dt><dd>{escape(value_words(query, column, before))}</dd></div>"
    old, new = map(escape, values_apart(query, column, before, now))
    values = f"<del>{old}</del> \N{RIGHTWARDS ARROW} <ins>{new}</ins>"
    return f"<div class='changed'><dt>{name} <i>changed</i></dt><dd>{values}</dd></div>"


def _effect(query: Query, index: int, column: int, value: float, largest: float) -> str:
    side = "for" if value > 0 else "against"
    shown = escape(value_words(query, column, float(query.inputs[index, column])))
    number = f"{value:+.2g}".replace("-", "\N{MINUS SIGN}")
    return (
        f"<tr><th scope='row'>{escape(column_words(query, column))} <span>{shown}</span></th><td class='number'>{number}</td>"
        f"<td class='bar' aria-hidden='true'><i class='{side}' style='width:{100 * abs(value) / largest:.0f}%'></i></td></tr>"
    )
