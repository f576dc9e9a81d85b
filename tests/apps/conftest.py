"""The pages as Streamlit's own test runner runs them, with models that answer at once."""

import json
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
        return self.job_of(self.page)

    def job_of(self, page):
        """The job that this page, or a tab that asks for itself, watches."""
        return self.watch_of(page).job

    def watch_of(self, page):
        """That, and how, this session watches it."""
        return self.at.session_state[f"watched question of {page}"]

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

    def tab(self, name):
        """Another tab: the address names it too, and what the address says would win."""
        self.at.query_params[f"{self.page}_tab"] = name
        return self.set(f"{self.page}_tab", name)

    @property
    def errors(self):
        return [one.value for one in self.at.error]

    @property
    def warnings(self):
        return [one.value for one in self.at.warning]

    def data(self, name):
        """What one of the app's own components was handed."""
        found = self.components(name)
        assert found, f"no {name} among {[one.proto.component_name for one in self.at.get('bidi_component')]}"
        return found[0][1]

    def text_tables(self):
        """The page's tables of texts by their keys."""
        return self.keyed("text_table")

    def keyed(self, name):
        """What each of this kind was handed, by its key: an id is `$$ID-digest-key`."""
        return {proto.id.split("-", 2)[2]: told for proto, told in self.components(name)}

    def components(self, name):
        """Each of this kind as its message, and what it was handed."""
        found = [one.proto for one in self.at.get("bidi_component")]
        mine = [one for one in found if one.component_name == f"xaivision_{name}"]
        return [(one, json.loads(one.mixed.json if one.HasField("mixed") else one.json)) for one in mine]


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
