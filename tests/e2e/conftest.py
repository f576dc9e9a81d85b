"""The app in a real browser, Debian's Chromium. Where it is missing these tests are not collected, and a line says so."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

CHROMIUM = shutil.which("chromium")
collect_ignore_glob = [] if CHROMIUM else ["test_*.py"]
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update"


def pytest_report_header():
    return f"browser: {CHROMIUM}" if CHROMIUM else "chromium is not installed: tests of the app in a browser are not collected"


@pytest.fixture(scope="session")
def app(tmp_path_factory):
    """The address of the app with a model that answers at once."""
    from served_app import served

    with served("e2e_models:tiny", cwd=tmp_path_factory.mktemp("served")) as (address, process):
        yield address, process


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def browsed(chromium, app):
    """`browsed(path, width=..., scheme=...)`: a page of the app in a browser of its own, watched for errors and requests."""
    from app_page import AppPage

    opened = []

    def open_page(path="/", width=1280, scheme="light", address=app[0]):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, accept_downloads=True, reduced_motion="reduce"
        )
        opened.append(AppPage(context, address))
        return opened[-1].go(path)

    yield open_page
    for one in opened:
        one.close()
