from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.text import Text
from report_results import attribution, comparison, counterfactuals, diagnostics, origin, rules, table_query
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import xaivision as xv
from xaivision.core.rules import Condition, Rule, Rules
from xaivision.report.features import change_words, condition_words, rule_words, top_bars, value_words
from xaivision.report.html import html_page
from xaivision.report.signed_map import signed_map

COLORS = ("red", "green", "blue", "gray")
ARROW = "\N{RIGHTWARDS ARROW}"


def words(figure):
    return " | ".join(text.get_text() for text in figure.findobj(Text))


def query(colors=(2.0, 0.0)):
    """Rows of an age and a color."""
    inputs = torch.tensor([[40.5, code] for code in colors], dtype=torch.float64)
    made = replace(table_query(len(colors)), inputs=inputs, feature_names=("age", "color"))
    return replace(made, category_names=((), COLORS))


def answered(asked):
    return attribution(asked, values=torch.tensor([[1.0, -2.0]] * len(asked), dtype=torch.float64))


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        (0, 2.0, "2.000"),
        (1, 2.0, "blue"),
        (1, 2.0 - 1e-6, "blue"),
        (1, 0.0, "red"),
        (1, 1.5, "1.500"),
        (1, 4.0, "4"),
        (1, -1.0, "\N{MINUS SIGN}1"),
        (1, float("nan"), "undefined"),
        (1, float("inf"), "infinite"),
        (2, 2.5, "2.500"),
    ],
)
def test_a_code_is_called_by_its_category_and_every_other_value_by_its_number(column, value, said):
    assert value_words(query(), column, value) == said


def test_values_without_known_categories_are_numbers():
    assert value_words(replace(query(), category_names=()), 1, 2.0) == "2"


def test_whole_columns_are_told_in_whole_numbers_and_others_with_their_digits():
    asked = replace(query(), category_names=())
    assert change_words(asked, 1, 12.0, 18.0) == ("12", "18")
    assert change_words(asked, 1, 123456.0, 123457.0) == ("123456", "123457")
    assert change_words(asked, 1, 12.0, 18.5) == ("12", "18.50")
    assert change_words(asked, 0, 12.0, 18.0) == ("12.00", "18.00")  # a row of it has 40.5
    assert value_words(asked, 1, -0.0) == "0"


def test_names_of_categories_are_foreign_text():
    evil = replace(query(), category_names=((), ("a\nb", "\x1b[31m", "c", "d")))
    assert value_words(evil, 1, 0.0) == "a b"
    assert "\x1b" not in value_words(evil, 1, 1.0)


def test_bars_of_a_row_name_the_category_of_that_row():
    made = answered(query())
    bars = [{bar.name: bar.value for bar in top_bars(made.query, i, signed_map(made, i), "shared_raw")} for i in range(2)]
    assert bars == [{"color": "blue", "age": "40.50"}, {"color": "red", "age": "40.50"}]


def test_the_figure_and_the_page_of_a_row_show_categories():
    made = answered(query())
    assert "color = blue" in words(made.show(0))
    assert "color = red" in words(made.show(1))
    page = html_page([("a", comparison(made.query, {"saliency": made}, ()))])
    assert "color = blue" in page
    assert "color = 2" not in page


def test_changes_of_a_counterfactual_name_both_categories():
    asked = query((3.0, 0.0))
    changed = torch.tensor([[[40.5, 1.0]], [[38.0, 0.0]]], dtype=torch.float64)
    made = replace(
        counterfactuals(asked, 1), counterfactuals=changed, scores=torch.ones(2, 1), found=torch.ones(2, 1, dtype=torch.bool)
    )
    assert f"color: gray {ARROW} green" in words(made.show(0))
    assert f"age: 40.50 {ARROW} 38.00" in words(made.show(1))
    assert "color" not in words(made.show(1))


def test_a_small_change_of_a_counterfactual_is_told_with_the_digits_that_show_it():
    asked = query((3.0, 0.0))
    near = torch.tensor([[[40.50001, 3.0]], [[40.5, 1.0]]], dtype=torch.float64)
    made = replace(counterfactuals(asked, 1), counterfactuals=near, found=torch.ones(2, 1, dtype=torch.bool))
    assert f"age: 40.50000 {ARROW} 40.50001" in words(made.show(0))


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (None, 0.5, "color is red"),
        (0.5, 2.0, "color is green or blue"),
        (0.0, None, "color is not red"),
        (2, None, "color is gray"),
        (None, 2, "color is not gray"),
        (1, None, "color is blue or gray"),
        (None, 3, "color ≤ 3.000"),  # true of every category
        (3, None, "color > 3.000"),  # true of none
        (None, None, "color"),
    ],
)
def test_a_condition_on_codes_is_said_in_categories(low, high, said):
    assert condition_words(query(), Condition(1, low, high)) == said


def test_a_condition_on_numbers_stays_one():
    assert condition_words(query(), Condition(0, 18, 65)) == "18.00 < age ≤ 65.00"


def test_the_figure_of_a_rule_names_categories():
    rule = Rule((Condition(0, 18), Condition(1, None, 0.5)), 0.9, 0.2)
    made = Rules(query(), origin("anchors"), diagnostics(), rules=((rule,), ()))
    assert rule_words(made.query, rule) == "if age > 18.00 and color is red"
    assert "if age > 18.00 and color is red" in words(made.show())
    assert rule_words(made.query, Rule((), 0.5, 1.0)) == "always"
    assert "if column 0 > 0.2500" in words(rules(table_query()).show())


def test_a_model_over_a_data_frame_is_explained_in_the_names_of_its_categories(tmp_path):
    chance = np.random.default_rng(0)
    colors = chance.choice(COLORS, 80, p=[0.7, 0.1, 0.1, 0.1])
    frame = pd.DataFrame({"age": chance.uniform(20, 70, 80), "color": pd.Categorical(colors, COLORS)})
    estimator = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["color"]), remainder="passthrough"), LogisticRegression()
    )
    estimator.fit(frame, frame["color"] == "gray")
    schema = xv.TableSchema.from_frame(frame)
    assert schema.category_names == ((), COLORS)
    made = xv.explain(
        xv.SklearnClassifier(estimator, schema=schema), schema.to_tensor(frame[frame["color"] == "gray"][:2]), "occlusion"
    )
    assert made.query.category_names == ((), COLORS)
    back = xv.load(made.save(tmp_path / "r"))
    assert back.query.category_names == ((), COLORS)
    for index in range(2):
        assert "color = gray" in words(back.show(index))
