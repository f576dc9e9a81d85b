"""The rules of a surrogate: conditions, the class they decide, and how often, how surely and how specially they do."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xaivision.core.errors import FileFormatError
from xaivision.core.rules import Condition
from xaivision.surrogates.decision_tree import Floats, Numbers, Rows
from xaivision.surrogates.observed import Observed
from xaivision.surrogates.rule_list import RuleListStandIn, holds
from xaivision.surrogates.surrogate import Surrogate

SCHEMA = "xaivision.rules/1"


@dataclass(frozen=True)
class SurrogateRule:
    """`place`: the leaf, or the number in the list, that it is. `label`: the class it decides; `probabilities` (K,) it gives.

    `support`: rows it decides. `confidence`: the share of them that the black box gives this class; `lift`: how many times its
    share of all rows that is. NaN where it decides none.
    """

    place: int
    conditions: tuple[Condition, ...]
    label: int
    probabilities: tuple[float, ...]
    support: int
    confidence: float
    lift: float


def rules_of(surrogate: Surrogate, seen: Observed) -> tuple[SurrogateRule, ...]:
    """Every rule of a tree, from left to right, or of a list, in its order, counted on these rows: each row is one rule's.

    Raises: CapabilityError, where the surrogate is of a kind without rules.
    """
    places = surrogate.places_of(seen.rows)
    return tuple(_counted(rule, places, seen) for rule in _bare(surrogate))


def _bare(surrogate: Surrogate) -> list[SurrogateRule]:
    if isinstance(surrogate.model, RuleListStandIn):
        listed = surrogate.model
        told = [(number, listed.conditions[number], listed.values[number]) for number in range(len(listed.values))]
    else:
        tree = surrogate.tree
        told = [(leaf, tree.conditions_of(leaf), tree.values[leaf]) for leaf in tree.leaves]
    return [
        SurrogateRule(place, conditions, int(values.argmax()), tuple(values.tolist()), 0, math.nan, math.nan)
        for place, conditions, values in told
    ]


def _counted(rule: SurrogateRule, places: Numbers, seen: Observed) -> SurrogateRule:
    mine = seen.labels[places == rule.place]
    if not len(mine):
        return rule
    confidence, usual = float((mine == rule.label).mean()), float((seen.labels == rule.label).mean())
    return replace(rule, support=len(mine), confidence=confidence, lift=confidence / usual if usual else math.nan)


def explained_share(rules: Sequence[SurrogateRule], places: Numbers, agrees: "np.ndarray", sure: float) -> "np.ndarray":
    """(n,) bool: the surrogate agrees with the black box, by a rule whose confidence is at least `sure`."""
    trusted = [rule.place for rule in rules if rule.confidence >= sure]
    found: np.ndarray = agrees & np.isin(places, trusted)
    return found


def rules_as_json(surrogate: Surrogate, rules: Sequence[SurrogateRule]) -> str:
    """The rules as JSON, from which `applied` gives what the surrogate gives: thresholds and probabilities to the last digit.

    Columns of categories stand under `categories` with what their codes 0, 1, ... mean; a condition on one names those it `is`.
    """
    names, categories = surrogate.reading.names, surrogate.category_names
    told = {
        "schema": SCHEMA,
        "kind": surrogate.kind,
        "features": list(names),
        "categories": {name: list(one) for name, one in zip(names, categories, strict=False) if one},
        "classes": list(surrogate.class_names),
        "rules": [rule_told(rule, surrogate) for rule in rules],
    }
    return json.dumps(told, indent=1, allow_nan=False) + "\n"


def rule_told(rule: SurrogateRule, surrogate: Surrogate) -> dict[str, Any]:
    """One rule as such values."""
    return {
        "if": [condition_told(condition, surrogate) for condition in rule.conditions],
        "class": surrogate.class_names[rule.label],
        "probabilities": list(rule.probabilities),
        "support": rule.support,
        "confidence": None if math.isnan(rule.confidence) else rule.confidence,
        "lift": None if math.isnan(rule.lift) else rule.lift,
    }


def condition_told(condition: Condition, surrogate: Surrogate) -> dict[str, Any]:
    """One condition as such values; of a column of categories also those that it allows."""
    told = {"feature": surrogate.reading.names[condition.feature], "above": condition.low, "at_most": condition.high}
    known = surrogate.category_names[condition.feature] if surrogate.category_names else ()
    return {**told, "is": list(meant(condition, known))} if known else told


def applied(text: str, rows: Rows) -> Floats:
    """(B, K) what exported rules say of rows (B, F): the first that holds decides.

    Raises: FileFormatError, where the text holds no such rules, or they leave out a row.
    """
    try:
        told: Any = json.loads(text)
        names = {name: number for number, name in enumerate(told["features"])}
        rules = [(tuple(_read(one, names) for one in rule["if"]), rule["probabilities"]) for rule in told["rules"]]
    except (ValueError, KeyError, TypeError) as error:
        raise FileFormatError(f"This must be rules as `rules_as_json` writes them. Got something else: {error!r}.") from error
    found = np.full((len(rows), len(told["classes"])), np.nan)
    left = np.ones(len(rows), dtype=bool)
    for conditions, probabilities in rules:
        mine = left & holds(conditions, rows)
        found[mine] = probabilities
        left &= ~mine
    if left.any():
        raise FileFormatError(f"The rules must decide every row. Got {int(left.sum())} of {len(rows)} that none of them covers.")
    return found


def rule_text(rule: SurrogateRule, surrogate: Surrogate) -> str:
    """`if a > 1 and b <= 2 then malignant (support 40, confidence 0.95, lift 2.1)`; thresholds are told whole."""
    names, class_names = surrogate.reading.names, surrogate.class_names
    conditions = " and ".join(condition_text(one, names, surrogate.category_names) for one in rule.conditions)
    how = f"support {rule.support}" + (f", confidence {rule.confidence:.3f}, lift {rule.lift:.2f}" if rule.support else "")
    return f"{f'if {conditions}' if conditions else 'else'} then {class_names[rule.label]} ({how})"


def condition_text(condition: Condition, names: Sequence[str], categories: Sequence[Sequence[str]] = ()) -> str:
    """`1 < a <= 2`, with every digit that decides; `a is red or green` of a column whose codes stand for `categories`."""
    name = names[condition.feature]
    if categories and categories[condition.feature]:
        return f"{name} is {' or '.join(meant(condition, categories[condition.feature])) or 'nothing known'}"
    if condition.low is None:
        return f"{name} <= {condition.high!r}"
    if condition.high is None:
        return f"{name} > {condition.low!r}"
    return f"{condition.low!r} < {name} <= {condition.high!r}"


def meant(condition: Condition, categories: Sequence[str]) -> tuple[str, ...]:
    """The categories, numbered from 0, whose codes meet the condition."""
    low, high = (-math.inf if condition.low is None else condition.low), (math.inf if condition.high is None else condition.high)
    return tuple(name for code, name in enumerate(categories) if low < code <= high)


def _read(told: dict[str, Any], names: dict[str, int]) -> Condition:
    return Condition(names[told["feature"]], told["above"], told["at_most"])
