import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import xaivision as xv
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.rules import Condition
from xaivision.report.surrogate_cases import cases_of, follow_sentence, rule_sentence
from xaivision.report.surrogate_curves import disagreement_figure, fidelity_figure
from xaivision.report.surrogate_files import surrogate_contents, surrogate_html, surrogate_summary
from xaivision.report.surrogate_table import surrogate_table
from xaivision.report.surrogate_tree import tree_figure
from xaivision.report.surrogate_words import fidelity_lines, near_text, summary_sentences
from xaivision.report.table import as_text
from xaivision.report.wording import number
from xaivision.surrogates.disagreement import Region
from xaivision.surrogates.fidelity import Measure
from xaivision.surrogates.surrogate_rules import applied


def black_box(names=("quiet", "loud")):
    def score(rows):
        right = 1 / (1 + np.exp(-4 * (rows[:, 0] - rows[:, 2])))
        return np.stack([1 - right, right], 1)

    return FunctionClassifier(score, 2, score_unit="probability", domain="tabular", class_names=names)


@pytest.fixture(scope="module")
def study():
    rows = torch.randn(240, 5, generator=torch.Generator().manual_seed(0))
    return xv.surrogate(black_box(), rows, k=2, depth=3, draws=3, resamples=2, labels=(rows[:, 0] > rows[:, 2]).long())


def texts(figure):
    found = [text.get_text() for text in figure.texts]
    waiting = list(figure.axes)
    while waiting:
        axes = waiting.pop()
        found += [text.get_text() for text in axes.texts]
        waiting += axes.child_axes
    return found


def test_the_tree_is_drawn_with_every_question_and_every_leaf(study):
    told = texts(tree_figure(study))
    tree = study.surrogate.tree
    for node in np.flatnonzero(tree.left >= 0):
        assert f"column {tree.feature[node]} ≤ {float(tree.threshold[node])!r}" in told
    leaves = [text for text in told if text.startswith(("quiet:", "loud:"))]
    assert len(leaves) == len(tree.leaves)
    rows = sum(int(text.split(" of ")[1].split()[0]) for text in leaves if " of " in text)
    assert rows == len(study.held_out)


def test_curves_have_every_depth_and_every_number_of_features(study):
    left, right = (axes.child_axes[0] for axes in fidelity_figure(study).axes)
    lines = {line.get_label(): line for line in left.lines}
    assert lines["R² of probabilities"].get_ydata().tolist() == [point.held_out.r2.value for point in study.depths]
    counted = {line.get_label(): line for line in right.lines}
    assert counted["share with the same class"].get_xdata().tolist() == [point.count for point in study.counts]


def test_the_map_marks_every_held_out_row_once_and_each_disagreement(study):
    plot = disagreement_figure(study).axes[0].child_axes[0]
    agreeing, apart = (len(part.get_offsets()) for part in plot.collections)
    labels = study.surrogate.model.probabilities(study.held_out.rows).argmax(1)
    assert apart == (labels != study.held_out.labels).sum()
    assert agreeing + apart == len(study.held_out)
    assert len(plot.patches) == len(study.regions)


def test_regions_that_a_third_feature_tells_apart_are_one_rectangle_with_a_line_each(study):
    other = [(Condition(0, low=0.0), Condition(1, high=1.0)), (Condition(0, low=0.0), Condition(1, low=1.0))]
    third = [(Condition(0, high=0.0), Condition(3, high=0.5)), (Condition(0, high=0.0), Condition(3, low=0.5))]
    regions = tuple(Region(one, 0.2, Measure(0.25), 20, 0, 1) for one in (*other, *third))
    plot = disagreement_figure(replace(study, regions=regions)).axes[0].child_axes[0]
    assert len(plot.patches) == 3
    told = [" ".join(text.get_text().split()) for text in plot.texts]
    assert sorted(told) == ["25 % of 20", "25 % of 20", "25 % of 20 where column 3 <= 0.5 25 % of 20 where column 3 > 0.5"]
    assert {round(patch.get_alpha(), 9) for patch in plot.patches} == {0.06 + 0.5 * 0.25}


def test_features_are_whole_numbers_and_held_out_marks_stand_beside_held_out_bars(study):
    right = fidelity_figure(study).axes[1].child_axes[0]
    assert all(place == int(place) for place in right.get_xticks())
    marks = {float(line.get_ydata()[0]) for line in right.lines if line.get_marker() == "D"}
    assert marks == {study.fidelity.r2.value, study.fidelity.agreement.value}


def test_kinds_without_a_tree_show_their_fidelity(study):
    forest = xv.surrogate(black_box(), study.learned.inputs, kind="forest", k=2, trees=5, draws=2, resamples=2)
    with pytest.raises(CapabilityError, match="Got 'forest'"):
        tree_figure(forest)
    assert len(forest.show().axes) == 2
    assert "The tree" not in surrogate_html(forest)


def test_the_page_tells_the_limits_and_escapes_foreign_names():
    rows = torch.randn(120, 3, generator=torch.Generator().manual_seed(1))
    page = surrogate_html(xv.surrogate(black_box(("<b>quiet</b>", "loud & clear")), rows, k=2, draws=2, resamples=2))
    assert "<b>quiet" not in page
    assert "&lt;b&gt;quiet" in page
    for part in ("Where it disagrees", "random features", "Confidence", "data:image/png"):
        assert part in page
    assert "<script" not in page


def test_saving_writes_the_page_its_numbers_and_rules_that_are_the_surrogate(study, tmp_path):
    page = study.save(tmp_path / "out")
    assert page.name == "surrogate.html"
    told = json.loads((tmp_path / "out" / "surrogate.json").read_text())
    assert told == surrogate_summary(study)
    assert told["fidelity"]["agreement"]["value"] == study.fidelity.agreement.value
    rules = (tmp_path / "out" / "surrogate_rules.json").read_text()
    rows = torch.randn(50, 5).numpy()
    assert np.array_equal(applied(rules, rows), study.surrogate.model.probabilities(rows))


def test_sentences_say_when_the_chosen_features_are_no_better_than_random_ones(study):
    assert "do better" in summary_sentences(study)[0]
    beaten = {"agreement_gain": Measure(0.1, (0.02, 0.2)), "agreements": (0.7,) * 20}
    for found in ({"agreement_gain": Measure(0.01, (-0.02, 0.04)), "beaten": 1.0}, {"beaten": 0.9}):
        same = replace(study, random=replace(study.random, **{**beaten, **found}))
        assert "do not clearly do better" in summary_sentences(same)[0]
    assert "(2 of 20 draws agree as often or more): their names say little" in summary_sentences(same)[0]
    every = xv.surrogate(black_box(), study.learned.inputs, k=5, draws=2, resamples=2)
    assert np.isnan(every.random.agreement_gain.value)
    assert "none was chosen" in summary_sentences(every)[0]


def test_the_region_that_was_expected_to_be_worst_is_called_worst_only_where_it_is(study):
    first, second = (
        Region((Condition(0, low=bound),), found, Measure(rate), rows, 0, 1)
        for bound, found, rate, rows in ((0.5, 0.3, 0.04, 50), (0.0, 0.2, 0.1, 150))
    )
    told = next(one for one in summary_sentences(replace(study, regions=(first, second))) if "disagree" in one)
    assert "It is not most there: it disagrees on 4 % of 50 held-out rows, and on 10 % of the other 150." in told
    told = next(one for one in summary_sentences(replace(study, regions=(second, first))) if "disagree" in one)
    assert told == "It disagrees most where column 0 > 0.0: on 10 % of 150 held-out rows, and on 4 % of the other 50."


def test_one_class_stands_beside_agreement_and_accuracy(study):
    usual = np.bincount(study.learned.labels).argmax()
    lines = {line[0]: line for line in fidelity_lines(study)}
    assert lines["same class as the black box"][2].startswith(f"{(study.held_out.labels == usual).mean():.3f}")
    true = np.bincount(study.learned.truth).argmax()
    assert lines["accuracy of the surrogate"][2].startswith(f"{(study.held_out.truth == true).mean():.3f}")
    assert surrogate_summary(study)["commonest_class"]["agreement"]["rows"] == len(study.held_out)


def test_how_many_counterfactuals_were_asked_and_are_copies_is_told(study):
    assert f"of {study.follows.rows} counterfactuals turn the black box" in [line[0] for line in fidelity_lines(study)]
    told = surrogate_summary(study)["counterfactuals"]
    assert told["followed"]["rows"] == study.follows.rows > 0
    assert told["followed_copied_whole"]["value"] == study.copied.value
    assert "from one known row" in " ".join(summary_sentences(study))


def test_a_local_study_says_so_and_of_which_row(study):
    row = study.learned.inputs[7]
    local = xv.surrogate(black_box(), study.learned.inputs, near=row, k=2, draws=2, resamples=2)
    values = ", ".join(
        f"{name} {number(float(row[i]))}" for i, name in zip(local.surrogate.features, local.surrogate.names, strict=True)
    )
    assert near_text(local) == values
    assert f"near one row alone ({values})" in summary_sentences(local)[0]
    page = surrogate_html(local)
    assert "A local surrogate" in page
    assert values in page
    assert "near one row" in repr(local)
    assert "near one row" in as_text(surrogate_table(local))
    assert "near one row" in " ".join(texts(tree_figure(local)))
    assert surrogate_summary(local)["near"] == dict(zip(local.held_out.names, row.tolist(), strict=True))
    assert surrogate_summary(study)["near"] is None


def test_notebook_and_terminal_show_the_same_numbers(study):
    said = f"{study.fidelity.agreement.value:.3f}"
    assert said in as_text(surrogate_table(study))
    assert "held-out rows the black box" in study._repr_html_()
    with pytest.raises(InputError, match=r"in one figure\. Got the index 2"):
        study.show(2)


def test_cases_are_the_held_out_rows_with_the_disagreements_first_and_of_these_those_that_the_black_box_is_surest_of(study):
    cases = cases_of(study)
    given = study.surrogate.model.probabilities(study.held_out.rows)
    apart = set(np.flatnonzero(given.argmax(1) != study.held_out.labels).tolist())
    assert 0 < len(apart) < len(cases) == len(study.held_out)
    first, rest = cases[: len(apart)], cases[len(apart) :]
    assert {one.row for one in first} == apart
    assert not any(one.agrees for one in first)
    for part in (first, rest):
        sure = [one.black_box_probability for one in part]
        assert sure == sorted(sure, reverse=True)
    one = first[0]
    assert one.surrogate_probability == given[one.row].max()
    assert one.black_box == study.surrogate.class_names[study.held_out.labels[one.row]] != one.surrogate


def test_a_row_is_told_by_its_rule_and_by_what_the_black_box_makes_of_its_counterfactual(study):
    rows = study.held_out.inputs
    assert rule_sentence(study, 3) == study.rule_texts()[study.rules.index(study.rule_of(rows[3:4])[0])]
    agreeing = next(one.row for one in cases_of(study) if one.agrees)
    found = study.counterfactual(rows[agreeing : agreeing + 1])
    goal = study.surrogate.class_names[int(found.goals[0])]
    assert follow_sentence(study, found) == f"Checked: the black box, too, takes the changed row for {goal}."
    stays = replace(found, counterfactuals=found.query.inputs[:, None])
    assert "does not follow" in follow_sentence(study, stays)
    assert "can be entered" in follow_sentence(study, replace(found, found=torch.zeros_like(found.found)))
    apart = cases_of(study)[0].row
    assert "nothing to turn" in follow_sentence(study, study.counterfactual(rows[apart : apart + 1]))


def test_the_contents_are_the_files_that_are_written(study, tmp_path):
    study.save(tmp_path / "all")
    assert surrogate_contents(study) == {path.name: path.read_bytes() for path in (tmp_path / "all").iterdir()}
