"""Each sentence of "What this audit cannot say" stands where it is true, and only there."""

from dataclasses import replace

import pytest

from xaivision.core.access import Access
from xaivision.core.errors import UnknownNameError
from xaivision.evaluation.audit.facts import AuditFacts
from xaivision.evaluation.audit.limits import ALWAYS, FEW_ITEMS, LIMITS, cannot_say
from xaivision.evaluation.audit.scope import OUTSIDE, RESOURCES, AccessSpec, Scope

THOROUGH = AuditFacts(
    items=100,
    failed=0,
    explanations=300,
    refused=0,
    classes=10,
    num_classes=10,
    controls=("random", "sobel"),
    faithfulness=("deletion", "road"),
    removals=("zeros", "noisy neighbors"),
    masks=True,
    changes_weights=True,
    nearby=True,
    other_seeds=True,
    trains_again=True,
)
# For each limit that comes from the data or the plan: the least change of a thorough audit that makes it hold.
CHANGES = {
    "few_items": {"items": FEW_ITEMS - 1},
    "classes": {"classes": 9},
    "identified": {"identified": False},
    "learned": {"learned": 1},
    "failed": {"failed": 1},
    "refused": {"refused": 1},
    "masks": {"masks": False},
    "changes_weights": {"changes_weights": False},
    "controls": {"controls": ()},
    "controls_of_the_input": {"controls": ("random",)},
    "faithfulness": {"faithfulness": (), "removals": ()},
    "removals": {"removals": ("zeros",)},
    "trains_again": {"trains_again": False},
    "nearby": {"nearby": False},
    "other_seeds": {"other_seeds": False},
}


def everything_but(*withheld: str) -> Scope:
    return Scope(AccessSpec(tuple(name for name in RESOURCES if name not in withheld), dict.fromkeys(withheld, "not stated")), {})


def holding(scope: Scope, facts: AuditFacts) -> list[str]:
    return [name for name, limit in LIMITS.items() if limit.holds(scope.access, facts)]


def test_a_thorough_audit_with_full_access_has_only_the_sentence_that_is_always_true():
    assert cannot_say(everything_but(), THOROUGH) == (ALWAYS.format(items=100),)


def test_every_limit_is_tied_to_a_resource_or_to_a_fact():
    assert set(LIMITS) == {*CHANGES, *RESOURCES} - {"labels"}


@pytest.mark.parametrize("resource", [name for name in RESOURCES if name != "labels"])
def test_what_was_withheld_and_nothing_else_limits_what_is_said(resource):
    assert holding(everything_but(resource), THOROUGH) == [resource]
    assert len(cannot_say(everything_but(resource), THOROUGH)) == 2


@pytest.mark.parametrize("name", CHANGES)
def test_each_fact_limits_what_is_said_in_its_own_way(name):
    assert holding(everything_but(), replace(THOROUGH, **CHANGES[name])) == [name]


def test_the_sentences_name_the_numbers():
    facts = replace(THOROUGH, items=12, failed=2, refused=5, classes=3, removals=("zeros",))
    text = "\n".join(cannot_say(everything_but(), facts))
    for part in (
        "could be asked about (10)",
        "2 of 12 items",
        "5 of 300 explanations",
        "3 of 10 were",
        "(`zeros`)",
        "unlike the 12 items",
    ):
        assert part in text


def test_enough_items_count_only_those_that_could_be_asked():
    assert "few_items" in holding(everything_but(), replace(THOROUGH, items=FEW_ITEMS, failed=1))
    assert "few_items" not in holding(everything_but(), replace(THOROUGH, items=FEW_ITEMS))


@pytest.mark.parametrize("level", Access)
def test_less_than_everything_always_leaves_something_unsaid_that_is_not_always_true(level):
    withheld = [str(one) for one in Access if one > level] or list(OUTSIDE[:1])
    assert len(cannot_say(everything_but(*withheld), THOROUGH)) == 1 + len(withheld)


def test_every_sentence_is_one_line_and_ends():
    everything = everything_but(*RESOURCES[1:])
    worst = replace(THOROUGH, items=1, failed=1, refused=1, classes=1, controls=(), faithfulness=(), removals=())
    for sentence in cannot_say(everything, worst):
        assert sentence.endswith(".")
        assert "\n" not in sentence
        assert "{" not in sentence


def test_a_resource_that_nobody_knows_is_refused():
    with pytest.raises(UnknownNameError):
        everything_but("secrets")
