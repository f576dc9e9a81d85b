"""What every explainer must say of itself, and that the tables of these tests know every method."""

import re
from dataclasses import dataclass, fields

import pytest
from contract_cases import CASES, DRAWN_AT_RANDOM, FITTING, ONE_EACH, SETTINGS, Case, made

from xaivision.core.about import BOTH_DOMAINS, About
from xaivision.core.access import Access
from xaivision.core.protocols import Explainer
from xaivision.explainers.registry import EXPLAINERS, explainer, missing_settings

# A paper by number, or by venue and year.
PAPER = re.compile(r"arXiv:\d{4}\.\d{4,5}|10\.\d{4,}/\S+|[A-Z]{3,} (19|20)\d\d")


@pytest.mark.parametrize("name", EXPLAINERS)
def test_the_card_is_complete(name: str) -> None:
    about = EXPLAINERS[name].about
    assert isinstance(about, About)
    assert about.name == name
    for part in fields(about):
        if part.type in (str, "str"):
            text = getattr(about, part.name)
            assert text == text.strip() != ""
    assert about.answers.endswith("?")
    assert about.misleads.endswith(".")
    assert PAPER.search(about.source) or (about.control and about.source == "a control")
    assert about.domains
    assert set(about.domains) <= set(BOTH_DOMAINS)
    assert isinstance(about.needs, Access)
    assert about.needs == Access.LABELS or not about.control


@pytest.mark.parametrize("name", EXPLAINERS)
def test_the_name_is_the_snake_case_of_the_class(name: str) -> None:
    spelled = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[CX])(?=[A-Z])", "_", EXPLAINERS[name].__name__).lower()
    assert spelled == name


@pytest.mark.parametrize("name", EXPLAINERS)
def test_the_class_is_a_documented_frozen_explainer(name: str) -> None:
    kind = EXPLAINERS[name]
    assert isinstance(kind.__new__(kind), Explainer)
    assert kind.__dataclass_params__.frozen
    assert kind.__doc__
    assert not kind.__doc__.startswith(f"{kind.__name__}(")


def test_a_method_with_a_required_setting_and_no_value_here_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True)
    class Demanding:
        about = EXPLAINERS["occlusion"].about
        reference: object

    monkeypatch.setitem(EXPLAINERS, "demanding", Demanding)
    with pytest.raises(pytest.fail.Exception, match=r"`demanding` has settings without a default, \('reference',\): give them"):
        made("demanding", Case("demanding", "mlp").subject())


def test_every_setting_without_a_default_has_a_value_here() -> None:
    needing = {name for name, kind in EXPLAINERS.items() if missing_settings(kind, ())}
    assert needing <= set(SETTINGS), "SETTINGS in tests/contracts/contract_cases.py must name these methods"


def test_the_tables_name_registered_methods_only() -> None:
    assert set(SETTINGS) <= set(EXPLAINERS)
    assert set(DRAWN_AT_RANDOM) <= set(EXPLAINERS)


def test_every_method_is_tried_on_a_model() -> None:
    assert {case.method for case in FITTING} == set(EXPLAINERS)
    assert {case.kind for case in FITTING} == {case.kind for case in CASES}


@pytest.mark.parametrize("name", EXPLAINERS)
def test_the_registry_makes_it(name: str) -> None:
    subject = Case(name, "cnn3").subject()
    given = SETTINGS[name](subject) if name in SETTINGS else {}
    assert isinstance(explainer(name, **given), EXPLAINERS[name])


@pytest.mark.parametrize("asked", ONE_EACH, ids=str)
def test_a_prompt_shows_it_in_one_line(asked: Case) -> None:
    """A background of sixty rows would fill pages."""
    told = repr(asked.explainer(asked.subject()))
    assert "\n" not in told
    assert len(told) < 600
