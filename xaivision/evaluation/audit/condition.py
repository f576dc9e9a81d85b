"""A condition that an audit has to meet, from the text that states it.

    metric:method>control      clearly better than every control, and by a metric of faithfulness than its own reversal
    metric:method>opponent     clearly better than this control, this other method, or "reversed", its own reversal
    metric:method>=number      mean of at least so much
    metric:method<=number      mean of at most so much
    failures<=number           at most so many items on which anything failed

Better is what the metric calls better. `*` for the method: all that are audited; for the metric, before `>` alone: all metrics
of faithfulness.
"""

import math
import re
from dataclasses import dataclass
from typing import Literal, cast

from xaivision.core.errors import InputError
from xaivision.evaluation.standing import REVERSED

Relation = Literal[">", ">=", "<="]
EVERY, CONTROL, FAILURES = "*", "control", "failures"
GRAMMAR = (
    "metric:method>control, metric:method>opponent, metric:method>=number, metric:method<=number or failures<=number, where "
    "opponent is a control, a method or reversed, and `*` stands for every method, before `>` also for all metrics of "
    "faithfulness"
)
FORM = re.compile(r"(?P<left>[^<>=!]*)(?P<relation>[<>=!]+)(?P<right>[^<>=!]*)")
# What people write for the relations that there are.
MEANT = {"=>": "write `>=`", "=<": "write `<=`", "<": "write `<=`", "=": "write `>=` or `<=`", "==": "write `>=` or `<=`"}


@dataclass(frozen=True)
class Condition:
    """`metric` and `method`: names, or "*". `against`: a name or "control" after ">", a number after ">=" and "<=".

    One about failures has "failures" for its metric and no method.
    """

    text: str
    metric: str
    method: str
    relation: Relation
    against: str | float


def condition(text: str) -> Condition:
    """The condition that a text states.

    Raises: InputError, where it states none: it names the part that is wrong.
    """
    found = FORM.fullmatch(text.strip())
    if found is None:
        raise _malformed(text, "it has no relation, `>`, `>=` or `<=`, or more than one")
    left, relation, right = (found[name].strip() for name in ("left", "relation", "right"))
    if relation not in (">", ">=", "<="):
        raise _malformed(text, f"`{relation}` is no relation: {MEANT.get(relation, 'write `>`, `>=` or `<=`')}")
    if left == FAILURES:
        return _of_failures(text, relation, right)
    metric, colon, method = (part.strip() for part in left.partition(":"))
    if not (colon and metric and method):
        raise _malformed(text, f"`{left}` is not a metric and a method with a colon between them")
    for name in (metric, method):
        if EVERY in name and name != EVERY:
            raise _malformed(text, f"`{name}` is no name: `*` stands alone, for all of them, and never for a part of a name")
    checked = _opponent(text, method, right) if relation == ">" else _wanted(text, right)
    if metric == EVERY and relation != ">":
        raise _malformed(text, "`*` for the metric goes with `>` alone: no number means the same on every metric")
    return Condition(text.strip(), metric, method, cast(Relation, relation), checked)


def _of_failures(text: str, relation: str, right: str) -> Condition:
    if relation != "<=":
        raise _malformed(text, f"failures go with `<=`, not with `{relation}`")
    return Condition(text.strip(), FAILURES, "", "<=", _wanted(text, right))


def _opponent(text: str, method: str, right: str) -> str:
    """Whom a method is held against."""
    if not right:
        raise _malformed(text, f"nobody stands after `>`: name a control, a method, `{CONTROL}` or `{REVERSED}`")
    if right == EVERY:
        raise _malformed(text, f"`*` stands before the relation only: for every control write `>{CONTROL}`")
    if right == method:
        raise _malformed(text, f"it compares `{method}` with itself: name another method or a control")
    if _number(right) is not None:
        raise _malformed(text, f"`>` compares with a control or a method: for a number write `>={right}`")
    return right


def _wanted(text: str, right: str) -> float:
    number = _number(right)
    if number is not None:
        return number
    if right.endswith("%") and (share := _number(right[:-1])) is not None:
        raise _malformed(text, f"`{right}` is no number: write {share / 100:g}")
    if (point := right.replace(",", ".")) != right and _number(point) is not None:
        raise _malformed(text, f"`{right}` is no number: write {point}, with a point")
    if not right:
        raise _malformed(text, "no number stands after the relation")
    raise _malformed(text, f"`{right}` is no number: with a name after it the relation is `>`")


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _malformed(text: str, why: str) -> InputError:
    return InputError(f"`--fail-under` must be {GRAMMAR}. Got {text!r}: {why}.")
