"""Simulated users: with explanations they predict better, with shuffled ones not, and without any exactly half is right."""

import csv
import json
import re
from functools import cache

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Diagnostics
from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.origin import Origin
from xaivision.core.query import asked
from xaivision.core.rules import Condition, Rule, Rules
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.evaluation.simulatability.decoding import says_turned
from xaivision.evaluation.simulatability.items import changed_pairs
from xaivision.evaluation.simulatability.simulated import Simulated
from xaivision.evaluation.simulatability.simulating import simulate
from xaivision.evaluation.simulatability.study import Design, export_study, import_answers
from xaivision.explainers.controls import Random
from xaivision.explainers.counterfactuals.decision_boundary import DecisionBoundary
from xaivision.explainers.feature_ablation import FeatureAblation
from xaivision.explainers.lime_tabular import LimeTabular
from xaivision.explainers.rules.anchors import Anchors

LEVELS, COLUMNS = 4, 10


@cache
def cat10():
    """Ten columns of four categories: what each adds is drawn, and two pairs of them act together."""
    draw = torch.Generator().manual_seed(0)
    rows = torch.randint(LEVELS, (1600, COLUMNS), generator=draw).float()
    effects = torch.randn(COLUMNS, LEVELS, generator=draw)
    score = torch.stack([effects[column][rows[:, column].long()] for column in range(COLUMNS)]).sum(0)
    score += ((rows[:, 0] == 1) & (rows[:, 1] == 2)).float() - ((rows[:, 2] == 0) & (rows[:, 3] == 3)).float()
    labels = (score > score.median()).long()
    pipeline = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(rows[:1000].numpy(), labels[:1000].numpy())
    return SklearnClassifier(pipeline), rows[:1000], rows[1000:]


def lime():
    return LimeTabular(cat10()[1], categorical=tuple(range(COLUMNS)))


def test_lime_helps_to_foretell_changed_rows_and_shuffled_it_does_not():
    model, known, rows = cat10()
    found = simulate("counterfactual", lime(), model, rows[:250], known)
    assert found.before.tolist() == [0.5] * len(found.before)
    assert len(found.before) > 150
    assert found.interval[0] > 0
    assert found.control_interval[0] < 0 < found.control_interval[1]


def test_lime_teaches_students_what_shuffled_it_does_not():
    model, known, rows = cat10()
    found = simulate("forward", lime(), model, rows, known)
    assert found.change > 0.15
    assert found.interval[0] > 0
    assert found.shuffled.mean() < found.before.mean()


def test_a_map_that_ignores_the_model_helps_nobody():
    model, known, rows = cat10()
    found = simulate("counterfactual", Random(), model, rows[:120], known)
    low, high = found.interval
    assert low < 0 < high or found.change < 0


@pytest.mark.parametrize(
    "make", [DecisionBoundary, lambda known: Anchors(known[:300], most_samples=6000, threshold=0.9)], ids=["way", "rule"]
)
def test_ways_and_rules_help_and_shuffled_ones_do_not(make):
    model, known, rows = cat10()
    found = simulate("counterfactual", make(known), model, rows[:60], known)
    assert found.interval[0] > 0
    assert found.control_interval[0] <= 0


# Class 1 where the first column is above 1.
FIRST = FunctionClassifier(
    lambda rows: torch.stack([1 - rows[:, 0], rows[:, 0] - 1], 1), 2, score_unit="logit", domain="tabular", array="torch"
)
ROWS = torch.tensor([[3.0, 3.0], [3.0, 3.0]])
CHANGED = torch.tensor([[0.0, 3.0], [3.0, 0.0]])
SWAPPED = torch.tensor([[1, 0], [1, 0]])


def test_a_full_explanation_is_decoded_right_and_swapped_columns_are_decoded_wrong():
    told = FeatureAblation(baseline="zeros").explain(FIRST, ROWS)
    assert says_turned(told, FIRST, CHANGED).tolist() == [True, False]
    assert says_turned(told, FIRST, CHANGED, SWAPPED).tolist() == [False, True]


def test_a_rule_breaks_where_its_column_leaves_it():
    rule = Rule((Condition(0, 1.0),), 1.0, 0.5)
    told = Rules(asked(FIRST, ROWS), Origin("probe"), Diagnostics(), rules=((rule,), (rule,)))
    assert says_turned(told, FIRST, CHANGED).tolist() == [True, False]
    assert says_turned(told, FIRST, CHANGED, SWAPPED).tolist() == [False, True]


def test_a_way_says_so_where_all_its_edits_are_there():
    end = torch.tensor([[[0.0, 3.0]], [[0.0, 0.0]]])
    parts = asked(FIRST, ROWS), Origin("probe"), Diagnostics()
    told = Counterfactuals(*parts, end, torch.zeros(2, dtype=torch.int64), torch.zeros(2, 1), torch.ones(2, 1, dtype=torch.bool))
    assert says_turned(told, FIRST, CHANGED).tolist() == [True, False]  # of the second only one edit of two is there
    assert says_turned(told, FIRST, torch.zeros(2, 2)).tolist() == [True, True]


def test_pairs_differ_in_the_decision_and_in_nothing_that_gives_it_away():
    model, known, rows = cat10()
    pairs = changed_pairs(model, rows[:40], known, torch.Generator().manual_seed(0))
    own = model(pairs.rows).argmax(1)
    assert torch.equal(model(pairs.kept).argmax(1), own)
    assert bool((model(pairs.turned).argmax(1) != own).all())
    edits = [(one != pairs.rows).sum(1) for one in (pairs.kept, pairs.turned)]
    assert torch.equal(*edits)
    assert set(edits[0].tolist()) == {1, 2, 3}


def test_a_constant_model_turns_nowhere_and_that_is_said():
    constant = FunctionClassifier(
        lambda rows: torch.tensor([[0.9, 0.1]]).expand(len(rows), 2), 2, score_unit="probability", domain="tabular", array="torch"
    )
    with pytest.raises(InputError, match="`rows` must turn with 1 to 3 changed columns now and then"):
        simulate("counterfactual", lime(), constant, cat10()[2][:5], cat10()[1])


def test_intervals_are_over_blocks():
    before = torch.full((50,), 0.5, dtype=torch.float64)
    after = torch.tensor([0.5, 1.0], dtype=torch.float64).repeat(25)
    found = Simulated("probe", "counterfactual", before, after, before)
    assert found.change == pytest.approx(0.25)
    half = 1.96 * float(after.std()) / 50**0.5
    assert found.interval == pytest.approx((0.25 - half, 0.25 + half), abs=0.02)
    assert found.control == 0
    assert "simulated users, by a fixed rule: 0.500 to 0.750" in str(found)


@pytest.fixture
def study(tmp_path):
    model, _, rows = cat10()
    folder = export_study(tmp_path / "study", lime(), model, rows, design=Design(items=8, learned=6))
    return folder, json.loads((folder / "key.json").read_text())


def filled(folder, answers):
    with (folder / "answers.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("user", "phase", "item", "answer"), *answers])


def test_a_study_is_balanced_and_asks_of_nothing_it_explained(study):
    folder, key = study
    assert sorted(key["right"]) == [0] * 4 + [1] * 4
    assert not set(key["asked"]) & set(key["learned"])
    before, after, learn = ((folder / f"{name}.html").read_text() for name in ("before", "after", "learn"))
    assert before.count("<section>") == after.count("<section>") == 8
    assert learn.count("<section>") == learn.count("The model said") == 6
    assert "The model said" not in before + after
    assert (folder / "answers.csv").read_text().count("\n") == 17


def test_answers_of_people_are_scored_by_the_key(study):
    folder, key = study
    right = key["right"]
    lines = []
    for user in ("ada", "alan"):
        lines += [(user, "before", item, 0) for item in range(8)]  # always the same: half is right
        lines += [(user, "after", item, one) for item, one in enumerate(right)]
    filled(folder, lines)
    found = import_answers(folder)
    assert float(found.before.mean()) == 0.5
    assert float(found.after.mean()) == 1.0
    assert found.users == "people"
    assert str(found).startswith("lime_tabular, forward, people: 0.500 to 1.000, change +0.500")


def test_answers_that_are_missing_unknown_or_double_are_refused(study):
    folder, _ = study
    whole = [("ada", phase, item, 0) for phase in ("before", "after") for item in range(8)]
    filled(folder, whole[:-1])
    with pytest.raises(InputError, match="Missing: user ada, after, item 7"):
        import_answers(folder)
    filled(folder, [*whole[:-1], ("ada", "after", 7, "maybe")])
    with pytest.raises(InputError, match=r"Line 17 of answers\.csv must have .* an answer \(0 or 1\). Got 'after', '7', 'maybe'"):
        import_answers(folder)
    filled(folder, [*whole, whole[0]])
    with pytest.raises(InputError, match="answers item 0 of 'ada' before a second time"):
        import_answers(folder)
    (folder / "key.json").unlink()
    with pytest.raises(InputError, match="`folder` must hold the `key\\.json`"):
        import_answers(folder)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda known: Anchors(known[:300], most_samples=3000, threshold=0.8),
            r"While column \d.*, \d+% of drawn rows stay (class )?[01]\.",
        ),
        (DecisionBoundary, r"(It turns to (class )?[01] with column \d|No row with few edits)"),
    ],
    ids=["rule", "way"],
)
def test_a_study_tells_rules_and_ways_in_words(make, said, tmp_path):
    model, known, rows = cat10()
    folder = export_study(tmp_path, make(known), model, rows[:60], design=Design(items=4, learned=2))
    told = re.findall(r"<p class='told'>(.*?)</p>", (folder / "learn.html").read_text())
    assert len(told) == 2
    assert all(re.match(said, one) for one in told)


def test_the_forms_say_what_to_do(study):
    folder, key = study
    for phase in ("before", "after"):
        page = (folder / f"{phase}.html").read_text()
        assert f"Write into answers.csv, in its lines of the phase {phase}, " in page
        assert f"as answer one of: {', '.join(key['classes'])}." in page
