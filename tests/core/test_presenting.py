from pathlib import Path

import pytest

from xaivision.core import presenting
from xaivision.core.errors import XaivisionError
from xaivision.core.presenting import Presentable, install


class Result(Presentable):
    pass


class Recorder:
    def show(self, result, index=None):
        return "shown", result, index

    def save(self, result, path):
        return Path(path), result

    def html(self, result):
        return f"<p>{type(result).__name__}</p>"


@pytest.fixture
def nobody(monkeypatch):
    monkeypatch.setattr(presenting, "_installed", [])


@pytest.mark.parametrize(
    "ask", [lambda r: r.show(), lambda r: r.save("a"), lambda r: r._repr_html_()], ids=["show", "save", "html"]
)
def test_without_a_presenter_the_error_says_what_to_import(ask, nobody):
    with pytest.raises(XaivisionError, match=r"No presenter is installed. Import `xaivision`"):
        ask(Result())


def test_a_result_reaches_the_presenter_that_was_installed_last(nobody):
    install(object())
    install(Recorder())
    result = Result()
    assert result.show() == ("shown", result, None)
    assert result.show(2) == ("shown", result, 2)
    assert result.save("a") == (Path("a"), result)
    assert result._repr_html_() == "<p>Result</p>"
