from dataclasses import replace

import pytest
import torch
from report_results import (
    attribution,
    comparison,
    concept_scores,
    examples,
    image_query,
    losing,
    narrative,
    refused,
    scores,
    zero,
)

from xaivision.report.panel import ScoreLine, directions, panel_of, panels_of, score_line

NAN = float("nan")


@pytest.mark.parametrize(("higher", "beaten"), [(True, 2), (False, 1)])
def test_a_control_is_beaten_only_where_it_is_strictly_worse_in_the_metrics_direction(higher, beaten):
    assert ScoreLine("m", 0.5, (0.1, 0.4, 0.5, 0.9), higher).beaten == beaten


def test_a_score_line_reads_like_a_sentence():
    assert ScoreLine("deletion", 0.25, (0.5, 0.1), False).text == "deletion 0.250 (beats 1 of 2 controls)"
    assert ScoreLine("deletion", 0.25, (0.5,), False).text == "deletion 0.250 (beats 1 of 1 control)"
    assert ScoreLine("deletion", 0.25, (), False).text == "deletion 0.250"


def test_an_undefined_value_beats_nothing_and_undefined_controls_are_not_counted():
    assert ScoreLine("deletion", NAN, (0.5,), False).text == "deletion undefined"
    controls = {"a": scores("insertion", "a", 2, 1), "b": scores("insertion", "b", 2, 2)}
    controls["a"].values[1] = NAN
    line = score_line(scores("insertion", "m", 2, 3, controls), 1)
    assert line.control_values == (float(controls["b"].values[1]),)


def test_the_controls_that_are_counted_are_named():
    controls = {"random": scores("deletion", "random", 2, 1), "reversed": scores("deletion", "reversed", 2, 2)}
    line = score_line(scores("deletion", "m", 2, 3, controls), 0)
    panel = replace(panel_of(attribution(image_query(2)), 0), scores=(line,))
    assert directions([panel])[1] == "Controls: random and a method's own map with its ranking reversed."
    assert len(directions([replace(panel, scores=(replace(line, controls=()),))])) == 1


def test_where_the_verdict_on_all_inputs_is_worse_than_on_this_one_it_stands_there_as_well():
    query = image_query(2)
    made = losing(query)
    row = made.scores["deletion"]["saliency"]
    values = torch.tensor([0.9, 0.1], dtype=torch.float64)
    made = replace(made, scores={"deletion": {**made.scores["deletion"], "saliency": replace(row, values=values)}})
    panels = [panels_of(made, index)[0] for index in (0, 1)]
    assert [panel.badge for panel in panels] == [made.verdict_of("saliency", index).status for index in (0, 1)]
    assert [panel.overall for panel in panels] == [
        "" if made.verdict_of("saliency", index).status == "warn" else "over all 2 inputs: warn" for index in (0, 1)
    ]
    assert any("over all 2 inputs: warn" in panel.lines for panel in panels)


def test_panels_come_in_order_and_failures_last():
    made = comparison(image_query(), failures={"lime": "no segments", "deletion of saliency": "no"})
    assert [panel.label for panel in panels_of(made, 0)] == ["saliency", "doubtful", "random", "sobel", "lime"]
    assert [panel.control for panel in panels_of(made, 0)] == [False, False, True, True, False]
    assert made.unanswered == {"lime": "no segments"}


def test_a_panel_of_a_comparison_has_the_verdict_of_its_input_with_what_the_controls_say_and_controls_have_none():
    panels = {panel.label: panel for panel in panels_of(losing(image_query(2), "sal\x00"), 1)}
    assert panels["sal\ufffd"].badge == "warn"
    assert panels["sal\ufffd"].verdict.reasons == ("no better than `sobel` on deletion (-0.25)",)
    assert panels["sobel"].badge == "control"
    made = losing(image_query())
    rows = made.scores["deletion"]
    evil = {**rows, "saliency": replace(rows["saliency"], controls={"so\x1bbel": rows["sobel"]})}
    doubted_ = panels_of(replace(made, scores={"deletion": evil}), 0)[0].verdict
    assert doubted_.reasons == ("no better than `so\ufffdbel` on deletion (-0.25)",)


def test_a_refused_panel_has_a_reason_and_neither_map_nor_scores():
    query = image_query()
    panel = panels_of(comparison(query, {"broken": refused(query)}), 0)[0]
    assert panel.absence == "the hook never fired"
    assert panel.map is None
    assert panel.scores == ()


def test_a_refused_set_of_examples_is_not_shown():
    query = image_query()
    broken = replace(examples(query), diagnostics=refused(query).diagnostics)
    assert panel_of(examples(query), 0).examples is not None
    assert panel_of(broken, 0).examples is None
    assert panel_of(broken, 0).absence == "the hook never fired"


def test_a_blank_map_is_an_absence_but_no_refusal():
    panel = panel_of(zero(image_query()), 0)
    assert panel.absence == "zero everywhere"
    assert panel.verdict.status == "ok"


def test_what_is_more_than_its_map_is_also_told_in_words():
    query = image_query()
    assert "The model looked at the left of input 0." in panel_of(narrative(query), 0).lines
    assert panel_of(attribution(query), 0).lines[0].startswith("net ")


def test_names_and_reasons_reach_a_panel_without_control_characters():
    query = image_query()
    panel = panel_of(refused(query, reason="bad\x1b[31m\nname"), 0, "la\x00bel")
    assert panel.label == "la\ufffdbel"
    assert panel.absence == "bad\ufffd[31m name"


def test_an_explanation_without_a_map_says_its_answer_instead():
    panel = panel_of(replace(concept_scores(image_query()), maps=None), 0)
    assert panel.map is None
    assert "fur" in panel.absence
