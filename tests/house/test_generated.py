"""The generated regions of README.md and docs/ say what the code says."""

import json
import sys

import pytest
from source_rules import ROOT

sys.path.insert(0, str(ROOT / "docs"))

import generate
import markdown_tables

from xaivision.evaluation.registry import EVALUATORS
from xaivision.explainers.registry import EXPLAINERS


def test_every_generated_region_is_current():
    stale = [str(page.relative_to(ROOT)) for page in generate.outdated()]
    assert stale == [], "run `make generate`"


def test_every_region_stands_on_a_page():
    text = "\n".join(page.read_text() for page in generate.pages())
    assert [name for name in generate.REGIONS if f"<!-- generated: {name} -->" not in text] == []


def test_every_registered_name_has_a_card():
    methods, metrics = (ROOT / "docs" / f"{page}.md" for page in ("methods", "metrics"))
    assert [name for name in EXPLAINERS if f"### `{name}`" not in methods.read_text()] == []
    assert [name for name in EVALUATORS if f"### `{name}`" not in metrics.read_text()] == []


def test_a_region_is_filled_and_the_rest_is_kept():
    page = "before\n<!-- generated: x -->\nold\n<!-- end -->\nafter\n"
    assert generate.refreshed(page, {"x": lambda: "new"}) == "before\n<!-- generated: x -->\n\nnew\n\n<!-- end -->\nafter\n"


def test_filling_twice_changes_nothing():
    once = generate.refreshed("<!-- generated: x -->\n<!-- end -->\n", {"x": lambda: "new\n"})
    assert generate.refreshed(once, {"x": lambda: "new\n"}) == once


@pytest.mark.parametrize("page", ["<!-- generated: y -->\n<!-- end -->", "<!-- generated: x -->\nno end"])
def test_a_region_that_cannot_be_filled_is_refused(page):
    with pytest.raises(ValueError, match="generated region"):
        generate.refreshed(page, {"x": lambda: "new"})


def test_an_outdated_page_fails_the_check_and_is_left_alone(tmp_path, monkeypatch, capsys):
    page = tmp_path / "README.md"
    page.write_text("<!-- generated: methods -->\nold\n<!-- end -->\n")
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "outdated", lambda found=generate.outdated: found(tmp_path))
    assert generate.main(["--check"]) == 1
    assert "README.md is out of date" in capsys.readouterr().out
    assert page.read_text().splitlines()[1] == "old"
    assert generate.main([]) == 0
    assert "| `saliency` |" in page.read_text()
    assert generate.main(["--check"]) == 0


def test_a_table_escapes_what_would_break_it():
    assert markdown_tables.table(("a",), [("x|y\nz",), (0.12345,)]).splitlines()[2:] == ["| x\\|y z |", "| 0.123 |"]


def test_a_benchmark_shows_its_goal_its_machine_and_every_row(tmp_path):
    result = {"title": "Speed", "what": "Seconds.", "columns": ["who", "s"], "rows": [["we", 1.5], ["they", 3]]}
    (tmp_path / "speed.json").write_text(json.dumps({**result, "goal": "below 2", "machine": "2 cores"}))
    text = markdown_tables.benchmarks(tmp_path)
    assert text.startswith("## Speed\n\nSeconds.")
    assert "| we | 1.5 |" in text
    assert "| they | 3 |" in text
    assert "Goal: below 2" in text
    assert "Measured on: 2 cores" in text
