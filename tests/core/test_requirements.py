"""The one question whether a model gives what a method needs."""

from dataclasses import dataclass

import pytest

from xaivision.core.access import Access
from xaivision.core.requirements import lacking, unmet


@dataclass(frozen=True)
class Card:
    name: str = "probe"
    needs: Access = Access.SCORES
    domains: tuple[str, ...] = ("image", "tabular")


@dataclass(frozen=True)
class Model:
    access: Access = Access.SCORES
    domain: str = "tabular"


@pytest.mark.parametrize("needs", Access)
@pytest.mark.parametrize("gives", Access)
def test_a_model_has_to_give_at_least_what_is_needed(needs, gives):
    why = unmet(Card(needs=needs), Model(access=gives))
    assert bool(why) == (needs > gives)


def test_what_is_missing_is_named_with_the_remedy():
    why = unmet(Card(needs=Access.GRADIENTS), Model(access=Access.LOGITS))
    assert why.startswith("`probe` needs a model's gradients, and Model gives no more than its logits. Use ")


def test_a_card_may_name_methods_of_its_kind_for_who_has_scores_only():
    assert "such as `occlusion`, or wrap" in unmet(Card(needs=Access.GRADIENTS), Model())

    @dataclass(frozen=True)
    class Kind(Card):
        instead: tuple[str, ...] = ("one", "another")

    assert "such as `one` or `another`, or wrap" in unmet(Kind(needs=Access.GRADIENTS), Model())


def test_another_domain_is_named():
    why = unmet(Card(domains=("image",)), Model())
    assert why == "`probe` is for image inputs. Got a model of tabular inputs."


def test_a_setting_may_need_more_than_the_card():
    assert not unmet(Card(), Model())
    assert "needs a model's activations" in lacking(Card(), Model(), Access.ACTIVATIONS)
