"""A study with people: balanced questions that no explanation answers, the control, and what the answers say."""

import csv
import json
import math
import re
from collections import Counter
from dataclasses import replace

import pytest
import torch
from people_studies import ABLATION, COLUMNS, LEVELS, SMALL, key_of, linear, studies, table

from xaivision.core.diagnostics import Diagnostics, Note
from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.origin import Origin
from xaivision.core.query import asked
from xaivision.core.rules import Condition, Rule, Rules
from xaivision.evaluation.simulatability.answered import Answered, Arm
from xaivision.evaluation.simulatability.cells import among, cells_of, first_of_equal
from xaivision.evaluation.simulatability.design import EXPLAINED, SHUFFLED, Design
from xaivision.evaluation.simulatability.parts import Cases, moved_columns, parts_of, shuffled_parts, told_alike
from xaivision.evaluation.simulatability.questions import Pool, counterfactual_questions, forward_questions
from xaivision.evaluation.simulatability.simulated import Simulated
from xaivision.evaluation.simulatability.study import export_study, import_answers
from xaivision.explainers.counterfactuals.decision_boundary import DecisionBoundary
from xaivision.explainers.nearest_examples import NearestExamples
from xaivision.explainers.rules.anchors import Anchors
from xaivision.explainers.rules.composite import Composite


def pool(explainer, rows=None, labels=None):
    rows = table()[0] if rows is None else rows
    model = linear()
    predicted = model(rows).argmax(1)
    cells = cells_of(predicted, labels, ("no", "yes"))
    return Pool(model, lambda inputs: explainer.explain(model, inputs, seed=0), rows, predicted, cells)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return studies(tmp_path_factory.mktemp("studies"))


def answers_of(key, chosen):
    """The lines that users fill in who answer an item in a phase as `chosen(user, phase, item)` says."""
    lines = []
    for user, reader in key["users"].items():
        for phase in ("before", "after"):
            for place, number in enumerate(reader["order"], 1):
                lines.append((key["study"], user, phase, place, chosen(user, phase, key["items"][number])))
    return lines


def right_after(user, phase, item):
    """Always the same before, and right afterwards."""
    return item["right"] if phase == "after" else item["choices"][0]


def filled(path, lines):
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([("study", "user", "phase", "item", "answer"), *lines])
    return path


# Questions.


def test_items_are_balanced_over_right_and_wrong_predictions(exported):
    _, predicted, labels = table()
    for task, folder in exported.items():
        key = key_of(folder)
        numbers = [item["row"] for item in key["items"]]
        assert Counter(zip(labels[numbers].tolist(), predicted[numbers].tolist(), strict=True)) == {
            (label, said): 2 for label in (0, 1) for said in (0, 1)
        }
        assert sorted(key["balance"]["cells"].values()) == [2, 2, 2, 2]
        if task == "forward":
            assert key["balance"]["right_by_label"] == 4
            assert [("no", "yes")[predicted[number]] for number in numbers] == [item["right"] for item in key["items"]]
        else:
            assert set(key["balance"]["turned"].values()) == {1}
            assert key["balance"]["right_by_no_change"] == 4
            own = [("no", "yes")[predicted[number]] for number in numbers]
            assert [item["right"] != said for item, said in zip(key["items"], own, strict=True)] == [
                item["turned"] for item in key["items"]
            ]


def test_without_labels_as_many_are_of_either_class():
    found = forward_questions(pool(ABLATION), Design(items=8, learned=4), 0)
    assert sorted(found.right.tolist()) == [0] * 4 + [1] * 4
    assert sorted(table()[1][found.explained].tolist()) == [0, 0, 1, 1]


def test_changed_rows_have_the_right_answer_and_half_of_them_turn():
    found = counterfactual_questions(pool(ABLATION, labels=table()[2]), Design(items=16), 0)
    model = linear()
    assert torch.equal(model(found.changed).argmax(1), found.right)
    turned = found.right != model(found.rows).argmax(1)
    assert int(turned.sum()) == 8
    edits = (found.changed != found.rows).sum(1)
    assert set(edits.tolist()) <= {1, 2, 3}
    assert torch.equal(found.numbers, found.explained)
    assert torch.equal(found.parts[0].query.inputs, found.rows)


def test_no_changed_row_is_one_that_an_explanation_shows():
    # Of two columns with three values few rows can be changed to, and the way to another class shows them.
    rows = torch.cartesian_prod(torch.arange(4.0), torch.arange(4.0))
    rows = torch.cat([rows, torch.zeros(16, COLUMNS - 2)], 1)
    rows[:, 2:4] = 1.0
    found = counterfactual_questions(pool(DecisionBoundary(rows, samples=200), rows), Design(items=4), 3)
    shown = torch.cat([*found.parts[0].counterfactuals, found.rows])
    assert not among(found.changed, shown).any()


def test_no_row_that_is_asked_about_was_explained_or_shown_as_alike():
    rows = table()[0][:60].repeat(2, 1)  # each row twice: an explained one must not be asked about as its double
    explainer = NearestExamples(rows, k=3)
    found = forward_questions(pool(explainer, rows), Design(items=16, learned=16), 0)
    assert not among(found.rows, rows[found.explained]).any()
    assert not among(found.rows, found.parts[0].rows.flatten(0, 1)).any()
    assert first_of_equal(found.rows).all()


def test_of_equal_rows_one_may_be_explained_or_asked_about_and_not_another():
    rows = table()[0][:24].repeat(2, 1)
    for seed in range(5):
        found = forward_questions(pool(ABLATION, rows), Design(items=8, learned=8), seed)
        used = torch.cat([found.rows, rows[found.explained]])
        assert len(used.unique(dim=0)) == len(used) == 16


def test_too_few_rows_of_a_kind_are_told_in_one_sentence(tmp_path):
    rows, predicted, labels = table()
    right = labels == predicted
    few = (right | (labels == 1)).nonzero().flatten()
    said = (
        r"must have 2 to draw of every kind\. Of those labeled no and predicted as yes there are 0\. Give .* leave out `labels`"
    )
    with pytest.raises(InputError, match=said):
        export_study(tmp_path, "forward", ABLATION, linear(), rows[few], labels=labels[few], design=Design(items=8, learned=8))
    assert not list(tmp_path.iterdir())


def test_rows_that_never_turn_are_told_as_that(tmp_path):
    constant = FunctionClassifier(
        lambda rows: torch.tensor([[0.9, 0.1]]).expand(len(rows), 2), 2, score_unit="probability", domain="tabular", array="torch"
    )
    said = (
        r"Of those predicted as 0, with changes of 1 to 3 columns that turn the prediction and others that do not, there are 0\."
    )
    with pytest.raises(InputError, match=said):
        export_study(tmp_path, "counterfactual", ABLATION, constant, table()[0][:20], design=SMALL)


@pytest.mark.parametrize(
    ("task", "design", "said"),
    [
        ("forward", Design(items=6, learned=4), "`items` must be a multiple of 4, to be balanced. Got 6"),
        ("forward", Design(items=8, learned=5), "`learned` must be a multiple of 4, to be balanced. Got 5"),
        ("counterfactual", Design(items=12, learned=5), "`items` must be a multiple of 8, to be balanced. Got 12"),
        ("backward", Design(), "`task` must be"),
    ],
)
def test_designs_that_cannot_be_balanced_are_refused(task, design, said, tmp_path):
    rows, _, labels = table()
    with pytest.raises(InputError, match=re.escape(said)):
        export_study(tmp_path, task, ABLATION, linear(), rows, labels=labels, design=design)


def test_more_classes_are_asked_about_as_the_same_or_another(tmp_path):
    rows, model = table()[0], linear(3)
    with pytest.raises(InputError, match=r"must have two classes in the forward simulation\. This one has 3"):
        export_study(tmp_path, "forward", ABLATION, model, rows)
    folder = export_study(tmp_path, "counterfactual", ABLATION, model, rows, design=SMALL)
    key = key_of(folder)
    assert {tuple(item["choices"]) for item in key["items"]} <= {(name, "another class") for name in "abc"}
    assert Counter(item["right"] == "another class" for item in key["items"]) == {True: 4, False: 4}
    assert all((item["right"] == "another class") == item["turned"] for item in key["items"])
    assert len({item["choices"][0] for item in key["items"]}) > 1
    found = import_answers(folder, [filled(folder / "all.csv", answers_of(key, right_after))])
    assert (float(found.explained.before.mean()), float(found.explained.after.mean())) == (0.5, 1.0)


# Explanations, and the control.


class NoNumbers:
    """Attributions that are not to be shown."""

    about = ABLATION.about

    def explain(self, model, inputs, targets=None, *, seed=0):
        found = ABLATION.explain(model, inputs, targets, seed=seed)
        return replace(found, values=found.values * torch.nan)


class Doubted:
    """Attributions of the second of which the library warns."""

    about = ABLATION.about

    def explain(self, model, inputs, targets=None, *, seed=0):
        found = ABLATION.explain(model, inputs, targets, seed=seed)
        return replace(found, diagnostics=replace(found.diagnostics, notes=(Note("warn", "not sure", (1,)),)))


def test_every_kind_of_explanation_is_told_and_another_in_the_control(tmp_path):
    rows, model = table()[0], linear()
    kinds = {
        "rule": (Anchors(rows, most_samples=2000, threshold=0.8), r"While column \d.*of drawn rows stay (no|yes)\."),
        "way": (DecisionBoundary(rows, samples=300), r"It turns to (no|yes) with column \d"),
        "case": (NearestExamples(rows, k=2), r"Of a similar known case the model says <b>(no|yes)</b>"),
        "effects": (ABLATION, r"What counted most, for <b>(no|yes)</b>"),
    }
    everything = Composite(rows, local_rows=300, samples=300, most_samples=2000, threshold=0.8)
    design = Design(items=4, learned=2, users=2)
    for name, (explainer, said) in {**kinds, "all": (everything, "")}.items():
        folder = export_study(tmp_path / name, "forward", explainer, model, rows, design=design)
        pages = {reader["arm"]: folder / user / "2_learn.html" for user, reader in key_of(folder)["users"].items()}
        told = {arm: re.findall(r"<div class='told'>(.*?)</div><fieldset", page.read_text()) for arm, page in pages.items()}
        for arm in (EXPLAINED, SHUFFLED):
            assert len(told[arm]) == 2
            for words in [said] if said else [one for _, one in kinds.values()]:
                assert all(re.search(words, one) for one in told[arm]), (name, arm)
        assert all(true != other for true, other in zip(told[EXPLAINED], told[SHUFFLED], strict=True)), name


def test_shuffled_explanations_say_of_each_column_what_is_true_of_another():
    rows, model = table()[0], linear()
    some = rows[:5]
    true = parts_of(ABLATION.explain(model, some), model)
    (told,) = shuffled_parts(true, rows, torch.Generator().manual_seed(0))
    order = moved_columns(some.shape, torch.Generator().manual_seed(0))
    assert torch.equal(told.values.gather(1, order), true[0].values)
    assert not (order == torch.arange(COLUMNS)).any()
    assert torch.equal(order.sort(1).values, torch.arange(COLUMNS).expand(5, -1))


class Even:
    """Attributions that say the same of every column, but those of the first row."""

    about = ABLATION.about

    def explain(self, model, inputs, targets=None, *, seed=0):
        found = ABLATION.explain(model, inputs, targets, seed=seed)
        return replace(found, values=torch.cat([found.values[:1], torch.ones_like(found.values[1:])]))


def test_explanations_that_cannot_be_shuffled_are_told_to_whoever_runs_the_study(tmp_path, exported):
    folder = export_study(tmp_path, "forward", Even(), linear(), table()[0], design=SMALL)
    assert "\n3 of these explanations they see as they are: " in (folder / "how_to.txt").read_text()
    assert "as they are" not in (exported["forward"] / "how_to.txt").read_text()
    rows, model = table()[0], linear()
    for explainer in (NearestExamples(rows, k=2), DecisionBoundary(rows, samples=300), ABLATION):
        parts = parts_of(explainer.explain(model, rows[:6]), model)
        assert told_alike(parts, parts) == list(range(6))
        assert told_alike(parts, shuffled_parts(parts, rows, torch.Generator().manual_seed(0))) == []


def rules_of(rows, *conditions, categories=()):
    """One rule for every row, as if its columns held these categories."""
    query = replace(asked(linear(), rows), category_names=categories)
    return Rules(query, Origin("probe"), Diagnostics(), rules=((Rule(conditions, 0.9, 0.5),),) * len(rows))


def test_shuffled_rules_are_about_other_columns_and_hold_for_the_row():
    rows, some = table()[0], table()[0][:20]
    order = moved_columns(some.shape, torch.Generator().manual_seed(0))
    true = rules_of(some, Condition(0, low=1.5), Condition(1, high=2.5))
    (told,) = shuffled_parts((true,), rows, torch.Generator().manual_seed(0))
    for index, row in enumerate(some):
        above, upto = told.rules[index][0].conditions
        assert [above.feature, upto.feature] == order[index, :2].tolist()
        # On the side that was said, unless no known row lies there.
        assert above.low is not None or row[above.feature] <= rows[:, above.feature].quantile(0.25)
        assert upto.high is not None or row[upto.feature] > rows[:, upto.feature].quantile(0.75)
        for now in (above, upto):
            assert now.low is None or row[now.feature] > now.low
            assert now.high is None or row[now.feature] <= now.high
        assert told.rules[index][0].precision == 0.9


def test_shuffled_rules_of_categories_name_that_of_the_row():
    rows, some = table()[0], table()[0][:5]
    true = rules_of(some, Condition(0, -0.5, 0.5), categories=(tuple("vwxyz"),) * COLUMNS)
    (told,) = shuffled_parts((true,), rows, torch.Generator().manual_seed(0))
    for index, row in enumerate(some):
        (now,) = told.rules[index][0].conditions
        assert (now.low, now.high) == (row[now.feature] - 0.5, row[now.feature] + 0.5)


def test_shuffled_ways_change_other_columns_to_values_of_known_rows():
    rows, model = table()[0], linear()
    some = rows[:8]
    true = parts_of(DecisionBoundary(rows, samples=300).explain(model, some), model)
    order = moved_columns(some.shape, torch.Generator().manual_seed(1))
    (told,) = shuffled_parts(true, rows, torch.Generator().manual_seed(1))
    was, now = (one.counterfactuals != some[:, None] for one in (true[0], told))
    assert torch.equal(now.gather(2, order[:, None].expand_as(now)), was)
    assert bool(was.any())
    assert set(told.counterfactuals.flatten().tolist()) <= set(range(LEVELS))


def test_shuffled_cases_have_values_of_known_rows_and_keep_what_is_said():
    rows, model = table()[0], linear()
    near = NearestExamples(rows, k=2).explain(model, rows[:8])
    (true,) = parts_of(near, model)
    assert torch.equal(true.rows, near.examples)
    (told,) = shuffled_parts((true,), rows + 10, torch.Generator().manual_seed(0))
    assert isinstance(true, Cases)
    assert torch.equal(true.said, model(true.rows.flatten(0, 1)).argmax(1).view(8, 2))
    assert torch.equal(told.said, true.said)
    assert bool((told.rows >= 10).all())


def test_what_cannot_be_told_or_shown_is_refused(tmp_path):
    rows, model = table()[0], linear()
    with pytest.raises(InputError, match=r"`rows` must be rows \(n, F\) of a table. Got the shape \(400,\)"):
        export_study(tmp_path, "forward", ABLATION, model, rows[:, 0])
    with pytest.raises(InputError, match="`labels` must be a class number from 0 to 1 for each of 400 rows"):
        export_study(tmp_path, "forward", ABLATION, model, rows, labels=torch.full((400,), 2))
    with pytest.raises(InputError, match=r"`users` must be 2 or more, half of whom are the control\. Got 1"):
        Design(users=1)
    with pytest.raises(InputError, match=r"must give explanations that can be shown\. That of row \d+: "):
        export_study(tmp_path, "forward", NoNumbers(), model, rows, design=SMALL)


def test_of_one_column_there_is_no_control(tmp_path):
    rows = torch.arange(40.0)[:, None]
    model = FunctionClassifier(
        lambda given: torch.cat([20 - given, given - 20], 1), 2, score_unit="logit", domain="tabular", array="torch"
    )
    near = NearestExamples(rows, k=1)
    with pytest.raises(InputError, match=r"two columns or more for a control\. They have one\. Leave it out: control=False"):
        export_study(tmp_path, "forward", near, model, rows, design=SMALL)
    assert not list(tmp_path.iterdir())
    alone = replace(SMALL, control=False)
    assert key_of(export_study(tmp_path, "forward", near, model, rows, design=alone))["explained"]


def called(names):
    """The model of the table, with other names of its classes."""
    return FunctionClassifier(
        linear(len(names)), len(names), score_unit="logit", domain="tabular", array="torch", class_names=names
    )


@pytest.mark.parametrize("names", [("yes", " yes"), ("no", " "), ("no", "yes", "another class ")])
def test_classes_that_no_answer_tells_apart_are_refused(names, tmp_path):
    with pytest.raises(InputError, match=r"`class_names` must be answers that differ by more than space"):
        export_study(tmp_path, "counterfactual", ABLATION, called(names), table()[0], design=SMALL)


def test_classes_with_space_around_them_can_be_answered(tmp_path):
    folder = export_study(tmp_path, "forward", ABLATION, called((" <=50K", " >50K")), table()[0], design=SMALL)
    key = key_of(folder)
    for chosen in (lambda item: item["right"], lambda item: item["right"].strip()):
        lines = answers_of(key, lambda user, phase, item: chosen(item))  # noqa: B023 - read in this round
        found = import_answers(folder, [filled(folder / "all.csv", lines)])
        assert float(found.explained.before.mean()) == float(found.explained.after.mean()) == 1.0


def test_no_spreadsheet_takes_a_study_for_a_number_or_a_date(exported):
    for folder in exported.values():
        assert re.fullmatch("s[0-9a-f]{8}", key_of(folder)["study"])


def test_explanations_that_the_library_warns_of_are_counted(tmp_path):
    folder = export_study(tmp_path, "forward", Doubted(), linear(), table()[0], design=SMALL)
    key = key_of(folder)
    assert key["doubted"] == [key["explained"][1]]
    assert "The library warns of 1 of the 4 explanations" in (folder / "how_to.txt").read_text()


def test_users_see_the_items_in_orders_of_their_own_and_half_of_them_the_control(exported):
    key = key_of(exported["forward"])
    orders = [tuple(reader["order"]) for reader in key["users"].values()]
    assert len(set(orders)) == 4
    assert {tuple(sorted(order)) for order in orders} == {tuple(range(8))}
    assert Counter(reader["arm"] for reader in key["users"].values()) == {EXPLAINED: 2, SHUFFLED: 2}
    for path in (path for path in exported["forward"].rglob("user*/*") if path.is_file()):
        assert SHUFFLED not in path.read_text()


def check_half_of_the_users_are_the_control_drawn_by_chance():
    draw = torch.Generator().manual_seed(0)
    for users, control in ((2, 1), (5, 2), (8, 4)):
        design, drawn = Design(users=users), set()
        for _ in range(10):
            arms = design.arms(draw)
            assert Counter(arms.values()) == {SHUFFLED: control, EXPLAINED: users - control}
            drawn.add(tuple(arms.values()))
        assert len(drawn) > 1


def test_half_of_the_users_are_the_control_drawn_by_chance():
    check_half_of_the_users_are_the_control_drawn_by_chance()


def test_a_folder_with_something_in_it_is_left_as_it_is(exported):
    folder = exported["forward"]
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match="`folder` must be a new or an empty one: answers may be in it"):
        export_study(folder, "forward", ABLATION, linear(), table()[0], design=SMALL)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


# Answers.


@pytest.mark.parametrize("task", ["forward", "counterfactual"])
def test_who_is_right_afterwards_gains_what_was_wrong_before(task, exported, tmp_path):
    folder, key = exported[task], key_of(exported[task])
    found = import_answers(folder, [filled(tmp_path / "all.csv", answers_of(key, right_after))])
    assert float(found.explained.before.mean()) == 0.5
    assert float(found.explained.after.mean()) == 1.0
    assert found.change == found.control == 0.5
    assert found.advantage == 0
    assert str(found).startswith(f"feature_ablation, {task}, 2 people: 0.500 to 1.000, change +0.500 [")
    assert "simulated" not in str(found)
    assert not isinstance(found, Simulated)


def test_who_guesses_the_same_twice_gains_nothing(exported, tmp_path):
    key = key_of(exported["forward"])
    lines = answers_of(key, lambda user, phase, item: item["choices"][item["row"] % 2])
    found = import_answers(exported["forward"], [filled(tmp_path / "all.csv", lines)])
    assert found.change == 0
    assert found.interval == (0, 0)


def test_the_control_is_held_apart(exported, tmp_path):
    key = key_of(exported["counterfactual"])
    arms = {user: reader["arm"] for user, reader in key["users"].items()}
    lines = answers_of(key, lambda user, phase, item: right_after(user, phase if arms[user] == EXPLAINED else "before", item))
    found = import_answers(exported["counterfactual"], [filled(tmp_path / "all.csv", lines)])
    assert (found.change, found.control, found.advantage) == (0.5, 0.0, 0.5)
    assert found.advantage_interval[0] <= 0.5 <= found.advantage_interval[1]
    assert "2 people with shuffled explanations +0.000" in str(found)
    assert set(found.explained.users) == {user for user, arm in arms.items() if arm == EXPLAINED}


def test_ratings_are_read_and_may_be_missing(exported, tmp_path):
    key = key_of(exported["forward"])
    rated = [(key["study"], user, "rating", item, 4 + item % 2) for user in key["users"] for item in (1, 2)]
    rated += [(key["study"], user, "rating", 3, "") for user in key["users"]]
    found = import_answers(exported["forward"], [filled(tmp_path / "all.csv", answers_of(key, right_after) + rated)])
    assert found.explained.ratings.shape == (4, 2)
    assert found.explained.rating == 4.5
    assert int(found.explained.ratings.isnan().sum()) == 4
    assert ", rated 4.5 of 7" in str(found)


def test_sheets_are_found_where_they_are_put_and_who_answered_nothing_is_left_out(tmp_path):
    folder = export_study(tmp_path, "forward", ABLATION, linear(), table()[0], design=SMALL)
    key = key_of(folder)
    with pytest.raises(InputError, match=r"Somebody who saw explanations must have answered\. Nobody has"):
        import_answers(folder)
    (user, *_) = (user for user, reader in key["users"].items() if reader["arm"] == EXPLAINED)
    mine = [line for line in answers_of(key, right_after) if line[1] == user]
    filled(folder / user / f"answers_{user}_1_before.csv", [line for line in mine if line[2] == "before"])
    filled(folder / user / "answers.csv", [line for line in mine if line[2] == "after"])
    found = import_answers(folder)
    assert found.explained.users == (user,)
    assert found.shuffled is None
    assert math.isnan(found.interval[0])  # one person tells nothing of others
    assert "1 person: 0.500 to 1.000, change +0.500 (no interval); no control" in str(found)


def test_answers_that_are_wrong_missing_or_double_are_refused(exported, tmp_path):
    folder, key = exported["forward"], key_of(exported["forward"])
    whole = answers_of(key, right_after)
    study, user, phase, item, answer = whole[-1]

    def refused(lines, said):
        with pytest.raises(InputError, match=said):
            import_answers(folder, [filled(tmp_path / "all.csv", lines)])

    refused(whole[:-1], f"Every item must be answered in both phases. Missing: {user}, after, item 8")
    refused([*whole[:-1], (study, user, phase, item, "maybe")], r"Line 65 of all\.csv must answer one of: no, yes. Got 'maybe'")
    refused([*whole, whole[0]], r"Before 1 of user1 must be answered once. Line 66 of all\.csv answers it a second time")
    refused([*whole[:-1], (study, "user9", phase, item, answer)], "must name a user of the study")
    refused(
        [*whole[:-1], (study, user, phase, 9, answer)], r"an item of it: before \(1 to 8\), rating \(1 to 4\), after \(1 to 8\)"
    )
    refused([*whole[:-1], (study, user, "during", 1, answer)], "must name a user of the study, and a phase")
    refused([*whole[:-1], ("0" * 8, user, phase, item, answer)], f"must be of the study {study}. Got '00000000'")
    refused([*whole, (study, user, "rating", 1, 8)], "must answer one of: 1, 2, 3, 4, 5, 6, 7. Got '8'")
    (tmp_path / "other.csv").write_text("name,answer\nada,yes\n")
    with pytest.raises(
        InputError, match=r"other\.csv must have the columns study, user, phase, item, answer\. Its first line is 'name"
    ):
        import_answers(folder, [tmp_path / "other.csv"])
    with pytest.raises(InputError, match="must be a sheet of the study, a CSV file in UTF-8"):
        import_answers(folder, [tmp_path / "none.csv"])


def test_sheets_of_spreadsheets_with_semicolons_are_read(exported, tmp_path):
    sheet = filled(tmp_path / "all.csv", answers_of(key_of(exported["forward"]), right_after))
    sheet.write_text("\ufeff" + sheet.read_text().replace(",", ";"), encoding="utf-8")
    assert import_answers(exported["forward"], [sheet]).change == 0.5


def test_a_key_that_is_missing_or_was_changed_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"`folder` must hold the `key\.json`"):
        import_answers(tmp_path)
    folder = export_study(tmp_path, "forward", ABLATION, linear(), table()[0], design=SMALL)
    key = key_of(folder)
    key["items"][0]["right"] = "yes" if key["items"][0]["right"] == "no" else "no"
    (folder / "key.json").write_text(json.dumps(key))
    with pytest.raises(InputError, match="is not as `export_study` wrote it: something in it was changed"):
        import_answers(folder)
    (folder / "key.json").write_text(json.dumps({**key, "schema": "xaivision.study/1"}))
    with pytest.raises(InputError, match=r"must be of the schema 'xaivision\.study/2'"):
        import_answers(folder)


def arm(change):
    before = torch.zeros(change.shape, dtype=torch.float64)
    return Arm(tuple(f"user{one}" for one in range(change.shape[1])), before, change, torch.zeros(0, change.shape[1]))


def test_intervals_are_over_items_and_over_users():
    pattern = torch.tensor([0.0, 1.0], dtype=torch.float64).repeat(20)
    half = 2.02 * float(pattern.std()) / 40**0.5
    for change in (pattern[:, None].expand(40, 40), pattern[None].expand(40, 40)):  # items differ, or users
        found = Answered("probe", "forward", arm(change), None)
        assert found.interval == pytest.approx((0.5 - half, 0.5 + half), abs=0.02)
    both = Answered("probe", "forward", arm((pattern[:, None] + pattern[None]) / 2), None)
    assert both.interval == pytest.approx((0.5 - half / 2**0.5, 0.5 + half / 2**0.5), abs=0.02)


def test_the_difference_of_two_arms_knows_that_they_share_their_items():
    pattern = torch.tensor([0.0, 1.0], dtype=torch.float64).repeat(20)
    easy = pattern[:, None].expand(40, 10)
    found = Answered("probe", "forward", arm(easy), arm(easy[:, :6]))
    assert found.interval[1] - found.interval[0] > 0.2
    assert found.advantage_interval == pytest.approx((0, 0), abs=1e-12)


def test_each_arm_of_a_difference_has_users_of_its_own_and_few_of_them_make_it_wide():
    pattern = torch.tensor([0.0, 1.0], dtype=torch.float64)
    many, few = (arm(pattern.repeat(count // 2)[None].expand(40, count)) for count in (40, 4))
    half = 2.02 * (2 * 0.25 / 40) ** 0.5  # both vary, and not together
    assert Answered("probe", "forward", many, many).advantage_interval == pytest.approx((-half, half), abs=0.03)
    low, high = Answered("probe", "forward", many, few).advantage_interval
    assert min(-low, high) > 3.18 * (0.25 / 4) ** 0.5  # Student's of four users, were the others no source of doubt
