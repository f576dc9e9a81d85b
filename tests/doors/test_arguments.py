import pytest

from xaivision.arguments import names_in, row_numbers, settings_by_name
from xaivision.core.errors import InputError


def test_settings_reach_the_method_or_metric_they_name():
    assert settings_by_name(["steps=64", "baseline=black"], ["a"]) == {"a": {"steps": 64, "baseline": "black"}}
    assert settings_by_name(["a.steps=64", "b.k=None"], ["a", "b"]) == {"a": {"steps": 64}, "b": {"k": None}}
    assert settings_by_name(None, ["a", "b"], ["m"]) == {"a": {}, "b": {}, "m": {}}
    assert settings_by_name(["steps=8", "m.steps=4"], ["a"], ["m"]) == {"a": {"steps": 8}, "m": {"steps": 4}}
    assert settings_by_name(["a.text=x=y", "a.part=(1, 2)"], ["a"]) == {"a": {"text": "x=y", "part": (1, 2)}}
    assert settings_by_name(["a.noise=0.5", "layer=features.3"], ["a"]) == {"a": {"noise": 0.5, "layer": "features.3"}}


@pytest.mark.parametrize(
    ("given", "methods"),
    [("steps", ["a"]), ("steps=3", ["a", "b"]), ("c.steps=3", ["a", "b"]), ("=3", ["a", "b"]), ("a.=3", ["a"]), ("steps=3", [])],
)
def test_settings_that_reach_nobody_are_refused(given, methods):
    with pytest.raises(InputError, match=r"`--set` must be .* for one of .*m\. Got"):
        settings_by_name([given], methods, ["m"])


def test_rows_are_numbers_and_ranges():
    assert row_numbers("0-2,7") == [0, 1, 2, 7]
    assert row_numbers("3") == [3]
    for wrong in ("", "a", "1-", "-1", "1-b", "2-1", "\N{SUPERSCRIPT TWO}", "1,,2"):
        with pytest.raises(InputError, match="`--rows` must be numbers"):
            row_numbers(wrong)


def test_names_stand_between_commas():
    assert names_in(" a, b,,c") == ["a", "b", "c"]
    assert names_in("") == []
