"""The page of tables: rows, edits, and what the model makes of them."""

import pytest
import torch

import xaivision as xv

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
    edited(page, "wine_logistic", 12, 100.0)
    after = page.data("guesses")["guesses"]
    assert after != before
    page.settled()
    changed = page.job.result.query.inputs
    assert changed[0, 12] == 100
    assert torch.equal(changed[0, :12], original[0, :12])
    model = xv.load_model("wine_logistic")
    assert after[0]["probability"] == pytest.approx(float(model(changed).max()))


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
