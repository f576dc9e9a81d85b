from dataclasses import dataclass, field

import pytest

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.registered import Entry, check_settings, made, missing_settings, setting_names


@dataclass(frozen=True)
class Knife:
    blade: int
    handles: list[int] = field(default_factory=list)
    sharp: bool = True


KNOWN = {"knife": Knife}


def test_what_is_registered_is_made_with_its_settings():
    assert made("tool", "knife", KNOWN, {"blade": 3, "sharp": False}) == Knife(3, [], False)


@pytest.mark.parametrize(
    ("name", "settings", "sentence"),
    [
        ("knive", {}, "`knive` is not a known tool. Did you mean `knife`"),
        ("knife", {"blad": 3}, "`blad` is not a known setting of `knife`. Did you mean `blade`"),
        ("knife", {"sharp": True}, "`knife` needs `blade`. Got no value. Give `blade=...`."),
    ],
)
def test_what_cannot_be_made_is_one_sentence(name, settings, sentence):
    with pytest.raises(InputError, match=sentence):
        made("tool", name, KNOWN, settings)


def test_settings_are_the_fields_and_those_without_a_default_are_missing():
    assert setting_names(Knife) == ("blade", "handles", "sharp")
    assert missing_settings(Knife, ()) == ("blade",)
    assert missing_settings(Knife, ("blade",)) == ()


def test_an_entry_is_entered_when_it_is_asked_for():
    entry = Entry("json.no_such_room", "a room that is not there")
    with pytest.raises(ModuleNotFoundError):
        entry.enter()
    assert Entry("json", "text").enter().dumps([1]) == "[1]"


def test_a_setting_that_a_function_does_not_take_is_one_sentence():
    def load(name, rows=3, seed=0):
        return name, rows, seed

    check_settings("table", load, {"rows": 4})
    with pytest.raises(InputError, match=r"`table` takes `rows` and `seed`. Got `row`"):
        check_settings("table", load, {"row": 4})
    with pytest.raises(InputError, match=r"`table` takes no settings. Got `row`"):
        check_settings("table", lambda name: name, {"row": 4})


def test_an_unknown_name_is_an_unknown_name_error():
    with pytest.raises(UnknownNameError):
        made("tool", "knive", KNOWN, {})
