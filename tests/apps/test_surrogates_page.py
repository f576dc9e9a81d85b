"""The page of surrogates: every widget, and the numbers of `xv.surrogate`."""

import io
import json

import numpy as np
import pytest

import xaivision as xv
from desk.gallery import gallery_data
from desk.view import wall
from xaivision.report.changes_table import changes_rows
from xaivision.report.panel import panel_of
from xaivision.report.scale import LARGEST
from xaivision.report.surrogate_cases import rule_sentence
from xaivision.report.surrogate_files import surrogate_contents
from xaivision.report.surrogate_page import surrogate_page
from xaivision.report.view import View

OF_DIGITS = {"surrogates_of": "Pictures", "surrogates_set": "Digits, 8 x 8"}
ASKED = {"surrogates_table": "wine", "surrogates_model": "wine_logistic", "surrogates_k": "3", "surrogates_depth": "3"}


@pytest.fixture
def surrogates(visit):
    return lambda **query: visit("surrogates", None, **{**ASKED, **query})


@pytest.fixture(scope="module")
def own():
    return xv.surrogate(xv.load_model("wine_logistic"), "wine", k=3, depth=3)


def table(page, name):
    """The rows of one of the page's tables."""
    return page.text_tables()[f"surrogates_{name}"]["rows"]


def cells(rows, width):
    return [[*row, *[""] * (width - len(row))] for row in rows]


def test_every_tab_has_the_librarys_numbers_for_the_same_seed(surrogates, own):
    told, page = surrogate_page(own), surrogates().settled()
    assert page.errors == []
    assert table(page, "fidelity") == cells(told.fidelity, 4)
    said = "\n".join(one.value for one in page.at.markdown).replace("\\", "")
    assert all(sentence in said for sentence in told.sentences)
    assert table(page.tab("Rules"), "rules") == cells(told.rules, 6)
    assert table(page.tab("Disagreement"), "regions") == cells(told.regions, 6)
    assert table(page.tab("Features"), "ranking") == cells(told.ranking, 3)
    job = page.job
    page.tab("Tree")
    assert page.job is job, "another tab asks nothing"
    assert page.data("wide_picture") == {"uri": told.tree.uri, "alt": told.tree.alt}


def test_a_row_is_told_with_its_rule_its_way_and_what_turns_it_checked_on_the_black_box(surrogates, own):
    page = surrogates().settled().tab("Disagreement")
    cases = page.at.dataframe[0].value
    given = own.surrogate.model.probabilities(own.held_out.rows).argmax(1)
    apart = np.flatnonzero(given != own.held_out.labels)
    assert sorted(cases["row"][cases["agree"] == "no"]) == apart.tolist()
    assert len(cases) == len(own.held_out)
    for place, checked in ((0, "as it is"), (-1, "Checked: the black box, too, takes the changed row")):
        row = int(cases["row"].iloc[place])
        page.set("surrogates_row", row).tab("One row")
        said = "\n".join(one.value for one in page.at.markdown).replace("\\", "")
        inputs = own.held_out.inputs[row : row + 1]
        assert own.rule_texts()[own.rules.index(own.rule_of(inputs)[0])] in said
        assert table(page, "turned") == cells(changes_rows(own.counterfactual(inputs)), 3)
        assert checked in said
        bars = page.data("gallery")["cards"][0]["bars"]
        assert {bar["name"] for bar in bars} <= set(own.held_out.names)


@pytest.mark.slow
def test_another_depth_and_number_of_features_is_another_surrogate(surrogates):
    page = surrogates().settled()
    first = page.job.result
    page.at.slider(key="surrogates_depth").set_value(1)
    page.run().settled()
    page.at.select_slider(key="surrogates_k").set_value("1")
    found = page.run().settled().job.result
    assert (first.k, first.surrogate.tree.depth) == (3, 3)
    assert (found.k, found.surrogate.tree.depth) == (1, 1)


def test_the_address_is_a_permalink_to_kind_ranking_leaf_and_seed(surrogates):
    asked = {"kind": "linear", "rankings": ["mutual information"], "leaf": "9", "seed": "4", "tab": "Features"}
    page = surrogates(**{f"surrogates_{name}": value for name, value in asked.items()}).settled()
    plan = page.job.result.plan
    assert (plan.kind, plan.rankings, plan.growth.in_a_leaf, plan.growth.seed) == ("linear", ("mutual_information",), 9, 4)
    assert page.errors == []
    assert "surrogates_ranking" in page.text_tables()


@pytest.mark.slow
def test_a_kind_without_rules_says_so_and_shows_no_tab_of_them(surrogates):
    page = surrogates(surrogates_kind="linear", surrogates_tab="One row").settled()
    assert [tab.label for tab in page.at.tabs] == ["Fidelity", "Disagreement", "One row", "Features", "Export"]
    assert "Rules need a surrogate" in page.at.info[0].value


def test_a_ranking_that_does_not_fit_the_model_is_one_sentence(surrogates):
    page = surrogates(surrogates_model="wine_forest", surrogates_rankings=["gradient"]).settled()
    (error,) = page.errors
    assert "gradient" in error


@pytest.mark.slow
def test_the_exports_are_the_librarys_own_files(surrogates, own):
    page = surrogates(surrogates_tab="Export").settled()
    made = {one.name: one.content for one in page.job.kept["exports"]}
    assert made == surrogate_contents(own)
    assert json.loads(made["surrogate.json"])["k"] == 3


def rows_as_csv(columns=("age", "income", "debt", "years"), count=60):
    text = io.StringIO()
    drawn = np.random.default_rng(0).normal(size=(count, len(columns)))
    np.savetxt(text, drawn, delimiter=",", header=",".join(columns), comments="")
    return text.getvalue().encode(), drawn.astype(np.float32)


def test_a_model_of_ones_own_is_given_rows_as_csv(visit):
    page = visit("surrogates", "app_models:table", surrogates_k="2")
    assert "hand over a table" in page.at.info[0].value
    content, drawn = rows_as_csv()
    page.at.file_uploader(key="surrogates_rows_of_ones_own").upload("../<b>rows.csv", content, "text/csv")
    page.run().settled()
    assert page.errors == []
    study = page.job.result
    assert len(study.learned) + len(study.held_out) == len(drawn)
    assert study.held_out.names == ("age", "income", "debt", "years")


def test_a_table_without_the_models_columns_is_one_sentence(visit):
    page = visit("surrogates", "app_models:table")
    page.at.file_uploader(key="surrogates_rows_of_ones_own").upload("rows.csv", rows_as_csv(("a", "b"))[0], "text/csv")
    (error,) = page.run().errors
    assert "the uploaded file" in error
    assert "age" in error


def card_of(found):
    """What the gallery is handed of an attribution alone."""
    shown = wall(found.query, [panel_of(found, 0)], View("shared_raw", LARGEST))
    return untimed(gallery_data(found.query.inputs, shown)["cards"][0])


def untimed(card):
    """The card but for its lines, the last of which tells the seconds."""
    return {name: told for name, told in card.items() if name != "lines"}


def test_of_pictures_the_rule_stands_beside_a_map_of_where_the_black_box_looks(surrogates):
    """The tree reads named numbers of a picture; the numbers and the map are the library's."""
    page = surrogates(**OF_DIGITS, surrogates_k="4").settled()
    assert page.errors == []
    model = xv.load_model("digits_cnn")
    mine = xv.surrogate(model, "digits", k=4, depth=3)
    told = surrogate_page(mine)
    assert table(page, "fidelity") == cells(told.fidelity, 4)
    page.set("surrogates_row", 7).tab("One row")
    said = "\n".join(one.value for one in page.at.markdown).replace("\\", "")
    assert rule_sentence(mine, 7) in said
    found = xv.explain(model, mine.held_out.inputs[7:8], "grad_cam")
    shown = untimed(page.data("gallery")["cards"][0])
    assert shown == card_of(found)
    other = xv.explain(model, mine.held_out.inputs[7:8], "occlusion")
    page.set("surrogates_map_method", "occlusion")
    assert untimed(page.data("gallery")["cards"][0]) == card_of(other)
    assert card_of(other)["label"] != shown["label"]
    assert page.data("wide_picture") == {"uri": told.tree.uri, "alt": told.tree.alt}


def test_what_ranks_columns_is_not_offered_for_pictures(surrogates):
    page = surrogates(**OF_DIGITS).settled()
    offered = next(one for one in page.at.multiselect if one.label == "Features ranked by")
    assert offered.value == ["mutual_information"]
    assert len(offered.options) == 2
