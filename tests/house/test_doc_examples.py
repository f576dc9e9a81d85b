"""The examples in README.md and docs/ run as they stand: the blocks of a page in order, in one namespace and a new folder."""

import re
from pathlib import Path

import pytest
from source_rules import ROOT

EXAMPLE = re.compile(r"^<!-- run -->\n+```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MARK = re.compile(r"^<!-- run -->$", re.MULTILINE)

PAGES = [page for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if MARK.search(page.read_text())]


def examples(page: str) -> list[str]:
    return [found[1] for found in EXAMPLE.finditer(page)]


def run(page: Path) -> None:
    """Line numbers in an error are those of the page."""
    text = page.read_text()
    namespace: dict[str, object] = {"__name__": "__main__"}
    for found in EXAMPLE.finditer(text):
        before = text.count("\n", 0, found.start(1))
        exec(compile("\n" * before + found[1], str(page), "exec"), namespace)  # noqa: S102 - our own pages


# Those of README are the first that anybody runs; those of docs/ together take a minute of a core.
@pytest.mark.parametrize(
    "page", [pytest.param(page, id=page.name, marks=[] if page.parent == ROOT else pytest.mark.slow) for page in PAGES]
)
def test_the_examples_of_a_page_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(page)


def test_pages_have_examples_and_no_mark_is_lost():
    assert len(PAGES) >= 5
    for page in PAGES:
        text = page.read_text()
        assert len(examples(text)) == len(MARK.findall(text)), page.name


def test_a_wrong_example_fails_at_its_line(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- run -->\n```python\nx = 1\n```\n\nText.\n\n<!-- run -->\n```python\nassert x == 2\n```\n")
    with pytest.raises(AssertionError) as caught:
        run(page)
    assert caught.traceback[-1].lineno + 1 == 10


def test_an_unmarked_block_is_not_run():
    assert examples("```python\n1 / 0\n```\n") == []
