from dataclasses import replace
from io import StringIO

import pytest
import torch
from report_results import (
    attribution,
    comparison,
    counterfactuals,
    doubted,
    every_explanation,
    image_query,
    losing,
    narrative,
    refused,
    scores,
    table_query,
)
from rich.console import Console

from xaivision.core.about import About, AboutEvaluator
from xaivision.core.access import Access
from xaivision.core.diagnostics import Diagnostics, Note
from xaivision.evaluation.registry import EVALUATORS
from xaivision.explainers.registry import EXPLAINERS
from xaivision.report.table import as_text, catalog_table, comparison_table, explanation_table, facts_table


def printed(table, width, terminal=False):
    stream = StringIO()
    Console(file=stream, width=width, force_terminal=terminal, color_system="truecolor" if terminal else None).print(table)
    return stream.getvalue()


def test_the_comparison_table_has_a_row_for_every_method_control_and_failure():
    query = image_query(2)
    made = comparison(query, {"saliency": attribution(query), "doubtful": doubted(query)}, failures={"lime": "no segments"})
    lines = as_text(comparison_table(made)).splitlines()
    for label in (*made.explanations, "lime"):
        assert sum(line.strip().startswith(f"{label} ") for line in lines) == 1, label
    assert any(line.strip() == "controls:" for line in lines)


def test_the_comparison_table_names_verdicts_values_controls_and_costs():
    made = comparison(image_query())
    text = as_text(comparison_table(made, "my photo"))
    value = float(made.scores["deletion"]["saliency"].values[0])
    for part in (
        "my photo: cat (logit 1.000)",
        "warn",
        f"{value:.3f}",
        "/2",
        "64",
        "500 ms",
        "deletion \N{DOWNWARDS ARROW}",
        "insertion \N{UPWARDS ARROW}",
    ):
        assert part in text


def test_several_inputs_have_intervals_and_one_has_none():
    assert "[" not in as_text(comparison_table(comparison(image_query(1))))
    assert "mean [95 % interval]" in as_text(comparison_table(comparison(image_query(3))))


def test_reasons_and_failures_stand_below_the_table():
    made = comparison(image_query(), failures={"deletion of doubtful": "kind does not fit"})
    text = as_text(comparison_table(made))
    assert "doubtful: it did not converge" in text
    assert "deletion of doubtful: kind does not fit" in text


def test_a_method_that_loses_to_a_control_is_doubted_in_its_row_and_below_the_table():
    text = as_text(comparison_table(losing(image_query(2))))
    row = next(line.split() for line in text.splitlines() if line.strip().startswith("saliency "))
    assert row[1] == "warn"
    below = " ".join(text.split())
    assert "saliency: no better than `sobel` on deletion (-0.25 [-0.25, -0.25])" in below
    assert "random: " not in below
    for control in ("random", "sobel"):
        assert next(line.split() for line in text.splitlines() if line.strip().startswith(f"{control} "))[1] == "control"


def test_the_cost_of_everything_together_stands_below_that_of_each_row_alone():
    text = " ".join(as_text(comparison_table(losing(image_query(2)))).split())
    assert "calls and time are those of each row alone" in text
    assert "everything together, with the metrics: 321 model calls, 12 gradient calls, 1.50 s" in text


def test_scores_of_an_explanation_that_must_not_be_shown_are_left_out():
    query = image_query()
    made = comparison(query, {"broken": refused(query)}, ())
    line = next(line for line in as_text(comparison_table(made)).splitlines() if "broken " in line and "refuse" in line)
    assert "0." not in line


@pytest.mark.parametrize("width", [80, 120])
def test_no_column_is_lost_in_a_narrow_terminal(width):
    text = printed(comparison_table(comparison(image_query(2))), width)
    for heading in ("method", "verdict", "deletion", "insertion", "calls", "time"):
        assert heading in text
    assert "500 ms" in text
    assert max(map(len, text.splitlines())) <= width


def test_plain_text_has_no_escapes_and_a_terminal_has_colors():
    table = comparison_table(comparison(image_query()))
    assert "\x1b" not in as_text(table)
    assert "\x1b[" in printed(table, 120, terminal=True)


@pytest.mark.parametrize(("columns", "widest"), [("60", 60), ("5", 20), ("", 400), ("0", 400), ("wide", 400), ("-3", 400)])
def test_plain_text_is_as_wide_as_the_variable_says(monkeypatch, columns, widest):
    monkeypatch.setenv("COLUMNS", columns)
    long = facts_table({"name": "word " * 200})
    assert widest * 0.7 < max(map(len, as_text(long).splitlines())) <= widest


def test_plain_text_is_not_folded_where_no_variable_says_how_wide(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert len(as_text(facts_table({"name": "word " * 60})).splitlines()) == 1


def test_names_are_never_markup_or_terminal_commands():
    query = replace(image_query(), class_names=("[red]cat[/red]\x1b[2J", "b", "c"))
    made = comparison(query, {"[bold]m[/bold]": attribution(query)})
    text = as_text(comparison_table(made, "[blink]t[/blink]"))
    for name in ("[red]cat[/red]\ufffd[2J", "[bold]m[/bold]", "[blink]t[/blink]"):
        assert name in text
    assert "\x1b" not in printed(explanation_table(made.explanations["[bold]m[/bold]"], ["[i]x[/i]\x07"]), 120)


def test_the_explanation_table_has_a_row_for_each_input_with_its_title():
    for result in every_explanation(table_query(2)):
        text = as_text(explanation_table(result, ["first", "second"]))
        assert "first" in text
        assert "second" in text
        assert "64 model calls" in text


def test_the_explanation_table_says_why_a_result_is_refused_or_doubted():
    assert "refused: the hook never fired" in as_text(explanation_table(refused(table_query())))
    assert "Doubt: it did not converge" in as_text(explanation_table(doubted(table_query())))
    assert "The model looked at the left" in as_text(explanation_table(narrative(image_query())))


def test_the_explanation_table_says_once_that_and_why_nothing_was_found():
    notes = (Note("warn", "not found: every feature is frozen"), Note("warn", "it was stopped"))
    made = counterfactuals(table_query(), 1)
    made = replace(made, found=torch.zeros_like(made.found), diagnostics=Diagnostics(notes=notes))
    text = as_text(explanation_table(made))
    assert "not found: every feature is frozen. Doubt: it was stopped" in text
    assert text.count("found") == 1


def test_every_registered_card_has_a_row_with_what_it_answers():
    text = as_text(catalog_table("methods", [kind.about for kind in EXPLAINERS.values()]))
    for kind in EXPLAINERS.values():
        assert kind.about.name in text
        assert kind.about.answers in text
    text = as_text(catalog_table("metrics", [kind.about for kind in EVALUATORS.values()]))
    assert all(kind.about.misleads in text for kind in EVALUATORS.values())


def test_cards_may_be_dataclasses_mappings_or_bare_names():
    about = About("a", "Why?", "Never.", "1", "me", Access.SCORES)
    metric = AboutEvaluator("b", "How?", "Always.", "2", "you", higher_is_better=True)
    text = as_text(
        catalog_table("all", [about, metric, {"name": "c", "what": "a model", "accuracy": 0.75, "license": None}, "d"])
    )
    for part in ("Why?", "misleads: Never.", "higher is better: yes", "a model", "accuracy: 0.7500", "d"):
        assert part in text
    assert "license" not in text


def test_facts_are_written_as_words():
    text = as_text(facts_table({"gpu": False, "threads": 2, "versions": {"torch": "2.15"}, "sizes": [1, 2], "none": None}))
    rows = dict(line.split(maxsplit=1) for line in text.splitlines() if len(line.split(maxsplit=1)) == 2)
    assert {name: value.strip() for name, value in rows.items()} == {
        "gpu": "no",
        "threads": "2",
        "versions": "torch 2.15",
        "sizes": "1, 2",
    }


def test_a_metric_that_did_not_judge_a_method_leaves_its_cell_empty():
    query = image_query()
    made = comparison(query, {"saliency": attribution(query)}, (), scores={"deletion": {}})
    assert "saliency" in as_text(comparison_table(made))


def test_undefined_values_are_called_undefined():
    query = image_query()
    found = scores("deletion", "saliency", 1, 0)
    undefined = replace(found, values=torch.tensor([float("nan")]))
    made = comparison(query, {"saliency": attribution(query)}, (), scores={"deletion": {"saliency": undefined}})
    assert "undefined" in as_text(comparison_table(made))
