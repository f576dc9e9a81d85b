import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import xaivision as xv
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.rules import Condition
from xaivision.data.feature import Feature
from xaivision.data.schema import TableSchema
from xaivision.report.class_colors import class_color
from xaivision.report.surrogate_cases import cases_of, follow_sentence, rule_sentence
from xaivision.report.surrogate_curves import fidelity_figure
from xaivision.report.surrogate_files import surrogate_contents, surrogate_html, surrogate_summary
from xaivision.report.surrogate_map import disagreement_figure
from xaivision.report.surrogate_rows import row_words
from xaivision.report.surrogate_table import surrogate_table
from xaivision.report.surrogate_tree import tree_figure
from xaivision.report.surrogate_words import fidelity_lines, near_text, region_lines, summary_sentences
from xaivision.report.table import as_text
from xaivision.surrogates.decided_rows import decided_rows
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
    figure = disagreement_figure(replace(study, regions=regions))
    plot = figure.axes[0].child_axes[0]
    assert len(plot.patches) == 3
    assert sorted(text.get_text() for text in plot.texts) == ["1", "2", "3, 4"]
    assert "3: column 0 <= 0.0 and column 3 <= 0.5: 25 % of 20 rows" in texts(figure)
    assert [line[0] for line in region_lines(replace(study, regions=regions))] == ["1", "2", "3", "4"]
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
        f"{name} {float(row[i]):.7g}" for i, name in zip(local.surrogate.features, local.surrogate.names, strict=True)
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
    already = study.surrogate.class_names[int(study.surrogate(rows[agreeing : agreeing + 1]).argmax())]
    assert "as it is: there is nothing to change" in follow_sentence(
        study, study.counterfactual(rows[agreeing : agreeing + 1], already)
    )
    apart = cases_of(study)[0].row
    assert "nothing to turn" in follow_sentence(study, study.counterfactual(rows[apart : apart + 1]))


def test_the_contents_are_the_files_that_are_written(study, tmp_path):
    study.save(tmp_path / "all")
    assert surrogate_contents(study) == {path.name: path.read_bytes() for path in (tmp_path / "all").iterdir()}


COLORS = ("red", "green", "blue", "a color with a name that is far too long for a line of the tree")


def colored_study(classes=2, name="color"):
    """Rows of a category and a number; the class is the category's, and the tenth of the number's where there are ten."""
    schema = TableSchema((Feature(name, categories=COLORS), Feature("size", dtype="float32")))
    chance = torch.Generator().manual_seed(0)
    rows = torch.stack([torch.randint(len(COLORS), (400,), generator=chance).float(), torch.rand(400, generator=chance)], 1)

    def score(given):
        place = (given[:, 0] >= 1).astype(int) if classes == 2 else np.minimum(given[:, 1] * classes, classes - 1).astype(int)
        noisy = np.where(given[:, 1] * 977 % 1 < 0.1, (place + 1) % classes, place)
        return np.eye(classes)[noisy] * 0.9 + 0.1 / classes

    names = tuple(f"class {label}" for label in range(classes))
    model = FunctionClassifier(score, classes, score_unit="probability", domain="tabular", schema=schema, class_names=names)
    return xv.surrogate(model, rows, k=2, depth=5, draws=2, resamples=2)


@pytest.fixture(scope="module")
def colored():
    return colored_study(name="the color of the thing, in the first row and the third column")


def test_a_question_on_categories_names_the_fewer_and_a_long_name_keeps_its_end(colored):
    told = texts(tree_figure(colored))
    assert "the color of the thing, in the first row and the third column" not in told
    assert any(text.endswith("third column") for text in told)
    assert "is red" in told
    assert not any("far too long" in text and text.startswith("is ") for text in told)


def test_the_map_names_categories_on_its_axis_and_spreads_their_points(colored):
    category = replace(colored, regions=(Region((Condition(0, low=0.5),), 0.1, Measure(0.1), 30, 0, 1),))
    plot = disagreement_figure(category).axes[0].child_axes[0]
    shown = [label.get_text() for label in plot.get_xticklabels()]
    assert shown[:3] == ["red", "green", "blue"]
    assert plot.get_xlim() == (-0.5, 3.5)
    drawn = np.concatenate([np.asarray(part.get_offsets())[:, 0] for part in plot.collections])
    codes = np.sort(colored.held_out.rows[:, 0])
    assert np.array_equal(np.sort(np.round(drawn)), codes)
    assert len(np.unique(drawn.round(6))) == len(drawn)


def test_every_class_has_a_color_of_its_own_and_the_tree_names_them():
    assert len({class_color(number) for number in range(20)}) == 20
    figure = tree_figure(colored_study(12))
    (legend,) = (axes for axes in figure.axes if axes.get_label() == "classes")
    assert [text.get_text() for text in legend.texts] == [f"class {label}" for label in range(12)]
    swatches = [patch.get_facecolor() for patch in legend.patches]
    assert len(set(swatches)) == 12
    assert {patch.get_facecolor() for patch in figure.axes[0].patches} <= set(swatches)


def test_rows_are_told_one_by_one_with_rule_way_and_what_turns_them(study):
    inputs = torch.cat([study.held_out.inputs[:2], study.learned.inputs[:1]])
    told = decided_rows(study, inputs, ("first", "second", "<third>"))
    assert [one.learned for one in told] == [False, False, True]
    first = told[0]
    assert first.rule == study.rule_of(inputs)[0]
    root, last = first.way[0].before, first.way[-1].after
    assert np.array_equal(root, study.surrogate.tree.values[0])
    assert np.array_equal(last, first.surrogate)
    words = row_words(study, first)
    label = int(first.surrogate.argmax())
    assert [line[2:] for line in words.way] == [(f"{one.before[label]:.3f}", f"{one.after[label]:.3f}") for one in first.way]
    assert words.checked == follow_sentence(study, first.turned)
    now, then = inputs[0], first.turned.counterfactuals[0, 0]
    changed = [
        (f"column {i}", f"{float(now[i]):.7g}", f"{float(then[i]):.7g}") for i in (now != then).nonzero().flatten().tolist()
    ]
    score = f"{float(first.turned.scores[0, 0]):.3f}"
    goal = study.surrogate.class_names[int(first.turned.goals[0])]
    assert words.changes == (*changed, (f"the surrogate's probability of {goal}", "", score))
    text = " ".join(as_text(surrogate_table(study, told)).split())
    assert all(
        part in text for part in ("first: The black box gives it", words.sentences[-1], words.changes[0][0], words.checked)
    )
    page = surrogate_html(study, told)
    assert "&lt;third&gt;" in page
    assert "The surrogate has learned from it." in page
    kept = surrogate_summary(study, told)["single_rows"]
    assert json.loads(json.dumps(kept, allow_nan=False)) is not None
    changed = {one["feature"]: (one["now"], one["then"]) for one in kept[0]["counterfactual"]["changes"]}
    before, after = inputs[0].tolist(), first.turned.counterfactuals[0, 0].tolist()
    assert changed == {f"column {i}": (a, b) for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b}
    assert kept[0]["way"][0]["value"] == before[first.way[0].condition.feature]
    reached = decided_rows(study, inputs[:1], ("first",), study.surrogate.class_names[label])[0]
    assert "nothing to change" in row_words(study, reached).checked
    assert row_words(study, reached).changes == ()


def test_a_row_of_a_kind_without_rules_says_so(study):
    forest = xv.surrogate(black_box(), study.learned.inputs, kind="forest", k=2, trees=5, draws=2, resamples=2)
    (told,) = decided_rows(forest, study.held_out.inputs[:1], ("one",))
    words = row_words(forest, told)
    assert words.sentences[-1] == "No single rule decides it: a surrogate of kind 'forest' has none that can be read."
    assert words.checked == "No counterfactual: only a surrogate of kind 'tree' has leaves to enter."
    for asked in (forest.rule_texts, forest.rules_json, lambda: forest.rule_of(study.held_out.inputs[:1])):
        with pytest.raises(CapabilityError, match=r"kind 'tree' or 'rule_list'\. Got 'forest'"):
            asked()
    assert set(surrogate_contents(forest)) == {"surrogate.html", "surrogate.json", "surrogate.safetensors"}
