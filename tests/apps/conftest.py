"""The pages as Streamlit's own test runner runs them, with models that answer at once."""

import sys
import time
from pathlib import Path

import pytest

APPS = Path(__file__).resolve().parents[2] / "apps"
sys.path.insert(0, str(APPS))

import streamlit as st  # noqa: E402
from streamlit.testing.v1 import AppTest  # noqa: E402

SECONDS = 120


class Visit:
    """One session on one page."""

    def __init__(self, page, **query):
        self.at = AppTest.from_file(str(APPS / "explorer.py"), default_timeout=SECONDS)
        self.at.query_params.update(query)
        self.page = page
        self.at.switch_page(f"views/{page}.py")
        self.run()

    def run(self):
        self.at.run()
        assert [one.message for one in self.at.exception] == []
        return self

    @property
    def job(self):
        return self.at.session_state[f"watched question of {self.page}"][1]

    def settled(self):
        """The page after its job is done and everything is drawn."""
        end = time.monotonic() + SECONDS
        while not self.job.done:
            assert time.monotonic() < end
            time.sleep(0.02)
        return self.run()

    def set(self, key, value):
        self.at.session_state[key] = value
        return self.run()

    @property
    def errors(self):
        return [one.value for one in self.at.error]

    @property
    def warnings(self):
        return [one.value for one in self.at.warning]

    def data(self, name):
        """What one of the app's own components was handed."""
        import json

        found = [one.proto for one in self.at.get("bidi_component")]
        for one in found:
            if one.component_name == f"xaivision_{name}":
                return json.loads(one.mixed.json if one.HasField("mixed") else one.json)
        raise AssertionError(f"no {name} among {[one.component_name for one in found]}")


@pytest.fixture(autouse=True)
def _forgotten():
    """Caches are shared by all tests of a process."""
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def visit(monkeypatch):
    """`visit(page, model=..., **query)`: a new session."""

    def start(page, model="app_models:tiny", **query):
        if model is None:
            monkeypatch.delenv("XAIVISION_APP_MODEL", raising=False)
        else:
            monkeypatch.setenv("XAIVISION_APP_MODEL", model)
        return Visit(page, **query)

    return start
