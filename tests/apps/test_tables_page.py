"""The page of tables: rows, edits, and what the model makes of them."""

import io

import pytest
import torch
from PIL import Image

import xaivision as xv
from xaivision.report.changes_table import changes_rows
from xaivision.report.features import rule_words
from xaivision.report.neighbors_table import neighbors_of_row
from xaivision.report.wording import number

METHODS = ["occlusion", "feature_ablation"]


@pytest.fixture
def tables(visit):
    return lambda **query: visit("tables", None, **{"tables_methods": METHODS, "tables_judge": "false", **query})


def edited(page, name, column, value):
    """The row with one feature changed, as the grid of the browser reports it."""
    number = page.at.session_state["tables_row"]
    return page.set(
        f"tables_what_if_{name}_{number}", {"edited_rows": {column: {"what if": value}}, "added_rows": [], "deleted_rows": []}
    )


def test_a_row_that_nothing_was_learned_from_is_explained_with_the_librarys_numbers(tables):
    page = tables(tables_table="wine", tables_model="wine_logistic", tables_row="3").settled()
    data, model = xv.load_dataset("wine"), xv.load_model("wine_logistic")
    row = data.test.inputs[3:4]
    assert torch.equal(page.job.result.query.inputs, row)
    own = xv.compare(model, row, METHODS, controls=[], metrics=[], background=data)
    for name in METHODS:
        assert torch.equal(page.job.result.explanations[name].values, own.explanations[name].values)


def test_a_question_before_another_background_is_another_question():
    from desk.question import Subject

    data, model = xv.load_dataset("wine"), xv.load_model("wine_logistic")
    row = data.test.inputs[:1]
    keys = {
        Subject("m", model, row, background=one).key
        for one in (None, data, data.train.inputs, data.train.inputs[:50], data.train.inputs[:50].clone())
    }
    assert len(keys) == 4


def test_a_model_of_unknown_columns_asks_for_rows_in_one_sentence(visit):
    page = visit("tables", "app_models:nameless_table", tables_table="the model of this app")
    (error,) = page.errors
    assert "Give it rows of your own" in error
    assert not page.at.exception


def test_bars_are_named_after_the_columns(tables):
    page = tables(tables_table="wine", tables_model="wine_logistic").settled()
    gallery = page.data("gallery")
    assert gallery["wide"]
    names = xv.load_dataset("wine").schema.names
    assert {bar["name"] for card in gallery["cards"] for bar in card["bars"]} <= set(names)
    assert all(card["bars"] for card in gallery["cards"])


def test_an_edit_changes_the_probability_at_once_and_is_explained(tables):
    page = tables(tables_table="wine", tables_model="wine_logistic").settled()
    before = page.data("guesses")["guesses"]
    original = page.job.result.query.inputs
    assert len(page.components("guesses")) == 1
    edited(page, "wine_logistic", 12, 100.0)
    assert [told["caption"] for _, told in page.components("guesses")] == ["What the model takes it for", "Before the edit"]
    after = page.data("guesses")["guesses"]
    assert after != before
    page.settled()
    changed = page.job.result.query.inputs
    assert changed[0, 12] == 100
    assert torch.equal(changed[0, :12], original[0, :12])
    model = xv.load_model("wine_logistic")
    assert after[0]["probability"] == pytest.approx(float(model(changed).max()))


def test_an_edit_is_in_the_address_to_the_last_bit_and_is_none_of_another_rows(visit, tables):
    page = tables(tables_table="wine", tables_model="wine_logistic", tables_row="3").settled()
    edited(page, "wine_logistic", 12, 100.7)
    edited(page, "wine_logistic", 12, 100.7)  # drawn again, it is no other edit
    page.settled()
    said = dict(page.at.query_params)
    asked = page.job.result.query.inputs
    other = visit("tables", None, **said).settled()
    assert torch.equal(other.job.result.query.inputs, asked)
    assert asked[0, 12] == torch.tensor(100.7)
    assert dict(other.run().at.query_params) == said
    row = visit("tables", None, **{**said, "tables_row": "4"}).settled().job.result.query.inputs
    assert torch.equal(row, xv.load_dataset("wine").test.inputs[4:5])
    back = edited(other, "wine_logistic", 12, float(xv.load_dataset("wine").test.inputs[3, 12]))
    assert "tables_edits" not in back.at.query_params


def test_an_address_of_edits_that_are_none_is_the_row_as_it_is(tables):
    from desk.address import mark_of

    row = xv.load_dataset("wine").test.inputs[3:4]
    for said in ("12:nan", "12:inf", "x:1", "12", "99:1.0", ","):
        page = tables(
            tables_table="wine", tables_model="wine_logistic", tables_row="3", tables_edits=f"{mark_of(row)}~{said}"
        ).settled()
        assert torch.equal(page.job.result.query.inputs, row)


@pytest.mark.parametrize("table", ["uci_sonar", "breast_cancer", "wine"])
def test_every_table_has_its_models_and_usual_methods(visit, table):
    page = visit(
        "tables", None, tables_table=table, tables_model=f"{table}_forest", tables_judge="false", tables_methods="tree_shap"
    )
    page.settled()
    assert page.at.selectbox(key="tables_model").options == [f"{table}_{kind}" for kind in ("mlp", "logistic", "forest")]
    assert page.errors == page.warnings == []


def test_nearest_cases_are_shown_as_samples(tables):
    page = tables(tables_table="wine", tables_model="wine_logistic", tables_methods="nearest_examples").settled()
    (card,) = page.data("gallery")["cards"]
    assert len(card["samples"]) > 1


def test_a_table_model_of_ones_own_is_explained_at_a_known_row(visit):
    page = visit("tables", "app_models:table", tables_methods=["occlusion"], tables_judge="false").settled()
    assert page.at.selectbox(key="tables_table").value == "the model of this app"
    assert page.job.result.query.feature_names == ("age", "income", "debt", "years")


def test_another_table_takes_its_own_models_and_rows(tables):
    page = tables(tables_table="wine", tables_model="wine_forest", tables_row="40").settled()
    page.at.selectbox(key="tables_table").set_value("breast_cancer")
    page.run().settled()
    assert page.at.selectbox(key="tables_model").value == "breast_cancer_mlp"
    assert page.errors == []


WINE = {"tables_table": "wine", "tables_model": "wine_logistic", "tables_row": "3"}


@pytest.fixture(scope="module")
def row():
    return xv.load_model("wine_logistic"), xv.load_dataset("wine").test.inputs[3:4], xv.load_dataset("wine")


def told(page, name):
    """What a tab that asks for itself shows once it is answered."""
    page.job_of(f"tables_{name}").wait(60)
    return page.run()


def shown(page, key):
    return [tuple(row) for row in page.text_tables()[key]["rows"]]


def test_what_would_turn_a_row_is_told_by_only_what_changes_with_the_librarys_numbers(tables, row, tmp_path):
    page = told(tables(**WINE, tables_tab="Changes", tables_changes_goal="class_2", tables_changes_count="2"), "changes")
    model, inputs, data = row
    own = xv.explain(model, inputs, "random_counterfactuals", background=data, total_CFs=2, desired_class=2)
    assert bool(own.found.all())
    assert shown(page, "tables_changes_changes") == changes_rows(own)
    assert page.errors == page.warnings == []
    files = {one.name.rpartition(".")[2]: one.content for one in page.job_of("tables_changes").kept["files"]}
    assert Image.open(io.BytesIO(files["png"])).size[0] > 300
    (tmp_path / "answer.safetensors").write_bytes(files["safetensors"])
    assert torch.equal(xv.load(tmp_path / "answer").counterfactuals, own.counterfactuals)


def test_only_the_columns_that_may_change_do(tables):
    asked = {"tables_changes_free": ["alcohol", "proline"], "tables_changes_method": "decision_boundary"}
    page = told(tables(**WINE, tables_tab="Changes", **asked), "changes")
    *changed, score, cost = shown(page, "tables_changes_changes")
    assert {row[0] for row in changed} <= {"alcohol", "proline"}
    assert (score[0], cost[0][:8]) == ("probability of class_1", "cost in ")
    assert page.at.number_input(key="tables_changes_count").disabled


def test_an_edit_asks_anew_what_would_turn_the_row(tables):
    page = told(tables(**WINE, tables_tab="Changes"), "changes")
    before = page.job_of("tables_changes")
    told(edited(page, "wine_logistic", 12, 100.0), "changes")
    assert page.job_of("tables_changes") is not before
    assert page.job_of("tables_changes").result.query.inputs[0, 12] == 100


def test_a_rule_that_holds_a_row_is_told_with_its_precision_and_coverage(tables, row):
    page = told(tables(**WINE, tables_tab="Rules", tables_rules_threshold="0.8"), "rules")
    model, inputs, data = row
    own = xv.explain(model, inputs, "anchors", background=data, threshold=0.8)
    (rule,) = own.rules[0]
    (words,) = shown(page, "tables_rules_rules")
    assert words[0] == rule_words(own.query, rule)
    assert words[1:] == tuple(number(one) for one in (rule.precision, rule.precision_bound, rule.coverage))


def test_like_cases_stand_beside_the_row_with_their_true_classes(tables, row):
    page = told(tables(**WINE, tables_tab="Like cases", tables_neighbors_count="2"), "neighbors")
    model, inputs, data = row
    own = xv.explain(model, inputs, "nearest_examples", background=data, k=2)
    classes = [data.class_names[label] for label in data.train.targets.tolist()]
    expected = neighbors_of_row(own, classes=classes)
    assert shown(page, "tables_neighbors_cases") == [*expected.facts, *expected.columns]
    assert ("true class", "", *(classes[place] for place in own.indices[0].tolist())) in expected.facts


def test_without_known_rows_there_are_no_tabs_that_need_them(visit):
    page = visit("tables", "app_models:table", tables_methods=["occlusion"], tables_judge="false").settled()
    assert [tab.label for tab in page.at.tabs] == ["Bars", "Faithfulness", "Agreement", "Export"]
