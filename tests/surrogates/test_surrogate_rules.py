import json
import math

import numpy as np
import pytest
from surrogate_subjects import linear_box, schema_of, seen_by, table

from xaivision.core.errors import CapabilityError, FileFormatError
from xaivision.core.rules import Condition
from xaivision.data.feature import Feature
from xaivision.surrogates.growing import READABLE, Growth, grown
from xaivision.surrogates.reading import columns_of
from xaivision.surrogates.surrogate import Surrogate
from xaivision.surrogates.surrogate_rules import applied, condition_text, explained_share, rule_text, rules_as_json, rules_of


def readable(kind, weights=(3, -2, 1, 0, 0, 0), **settings):
    model = linear_box(weights, schema=schema_of(6))
    seen = seen_by(model, table(300))
    stand_in = grown(kind, seen.rows, seen.probabilities, [0, 1, 2], Growth(**settings))
    return Surrogate(stand_in, model, columns_of(model, 6), kind=kind), seen, seen_by(model, table(200, seed=3))


@pytest.mark.parametrize("kind", READABLE)
def test_exported_rules_reproduce_the_surrogate_on_every_row_of_any_table(kind):
    surrogate, _, held_out = readable(kind, depth=6, in_a_leaf=1)
    text = rules_as_json(surrogate, rules_of(surrogate, held_out))
    rows = (table(5000, seed=9) * 3).numpy()
    assert np.array_equal(applied(text, rows), surrogate.model.probabilities(rows))


@pytest.mark.parametrize("kind", READABLE)
def test_rules_in_words_decide_as_the_surrogate_does(kind):
    surrogate, seen, _ = readable(kind)
    names = surrogate.reading.names
    rules = rules_of(surrogate, seen)
    for row, label in zip(seen.rows[:100], surrogate.model.probabilities(seen.rows[:100]).argmax(1), strict=True):
        values = {name: float(value) for name, value in zip(names, row, strict=True)}
        for rule in rules:
            words = rule_text(rule, surrogate).removeprefix("else").removeprefix("if").partition(" then ")[0]
            if eval(words.strip() or "True", {}, values):  # noqa: S307 - our own words, which are Python
                assert rule.label == label
                break
        else:
            pytest.fail("no rule holds of the row")


def test_codes_of_categories_are_told_by_their_names():
    colors = ("red", "green", "blue")
    names, categories = ("color", "size"), (colors, ())
    told = [condition_text(one, names, categories) for one in (Condition(0, 0.5), Condition(0, 0.5, 1.5), Condition(1, 2.0))]
    assert told == ["color is green or blue", "color is green", "size > 2.0"]
    assert condition_text(Condition(0, high=0.5), names) == "color <= 0.5"


def test_rules_of_a_table_with_categories_name_them():
    inputs = table(200)
    inputs[:, 0] = (inputs[:, 0] > 0).float() * 2
    schema = schema_of(6, x0=Feature("x0", categories=("low", "middle", "high"), low=0, high=2, dtype="object"))
    model = linear_box([3, 0, 0, 0, 0, 0], schema=schema)
    seen = seen_by(model, inputs)
    surrogate = Surrogate(grown("tree", seen.rows, seen.probabilities, [0], Growth()), model, columns_of(model, 6), kind="tree")
    told = [rule_text(rule, surrogate).partition(" then")[0] for rule in rules_of(surrogate, seen)]
    assert told == ["if x0 is low or middle", "if x0 is high"]
    exported = json.loads(rules_as_json(surrogate, rules_of(surrogate, seen)))
    assert exported["categories"] == {"x0": ["low", "middle", "high"]}
    assert [rule["if"][0]["is"] for rule in exported["rules"]] == [["low", "middle"], ["high"]]


@pytest.mark.parametrize("kind", READABLE)
def test_supports_sum_to_the_rows_and_confidence_and_lift_are_shares_of_them(kind):
    surrogate, _, held_out = readable(kind)
    rules = rules_of(surrogate, held_out)
    places = surrogate.places_of(held_out.rows)
    assert sum(rule.support for rule in rules) == len(held_out)
    for rule in rules:
        mine = places == rule.place
        assert rule.support == mine.sum()
        if rule.support:
            right = (held_out.labels == rule.label)[mine].mean()
            assert rule.confidence == pytest.approx(right, abs=1e-15)
            assert rule.lift == pytest.approx(right / (held_out.labels == rule.label).mean(), abs=1e-12)
        else:
            assert math.isnan(rule.confidence)


def test_what_is_explained_is_what_agrees_by_a_sure_rule():
    surrogate, seen, held_out = readable("tree", depth=2)
    rules, places = rules_of(surrogate, seen), surrogate.places_of(held_out.rows)
    agrees = surrogate.model.probabilities(held_out.rows).argmax(1) == held_out.labels
    shares = [explained_share(rules, places, agrees, sure).mean() for sure in (0.0, 0.8, 0.95, 1.01)]
    assert shares[0] == agrees.mean()
    assert shares[0] >= shares[1] >= shares[2] >= shares[3] == 0
    by_hand = [bool(agrees[i]) and next(r.confidence for r in rules if r.place == places[i]) >= 0.8 for i in range(len(held_out))]
    assert shares[1] == np.mean(by_hand)


def test_kinds_without_rules_say_so():
    surrogate, _, held_out = readable("forest", trees=3)
    with pytest.raises(CapabilityError, match=r"'tree' or 'rule_list'. Got 'forest'"):
        rules_of(surrogate, held_out)


def test_texts_that_are_no_rules_and_rules_that_leave_rows_out_are_refused():
    surrogate, seen, _ = readable("tree")
    text = rules_as_json(surrogate, rules_of(surrogate, seen))
    with pytest.raises(FileFormatError, match="must be rules as"):
        applied("{}", seen.rows)
    holed = json.loads(text)
    del holed["rules"][0]
    with pytest.raises(FileFormatError, match="none of them covers"):
        applied(json.dumps(holed), seen.rows)
