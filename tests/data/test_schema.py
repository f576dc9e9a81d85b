import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from xaivision.core.classifier import Schema
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.data.feature import Feature
from xaivision.data.schema import TableSchema


def mixed_frame():
    return pd.DataFrame(
        {
            "age": np.array([31, 25, 62, 40], dtype=np.int16),
            "income": [1200.5, 800.25, 3100.0, 900.0],
            "job": ["clerk", "baker", "clerk", "doctor"],
            "size": pd.Categorical(["s", "l", "s", "l"], categories=["s", "m", "l"], ordered=True),
            "owner": [True, False, True, True],
            "odd": pd.Series(["x", 1, "x", 2.5], dtype=object),
            "nullable": pd.array([1, 2, 3, 9], dtype="Int64"),
            "word": pd.array(["q", "r", "q", "q"], dtype="string"),
            "yes": pd.array([True, False, True, True], dtype="boolean"),
            "small": np.array([1, 2, 3, 4], dtype=np.float32),
            "level": pd.Categorical([3, 1, 3, 2]),
        }
    )


def test_a_frame_comes_back_with_its_names_order_types_and_values():
    frame = mixed_frame()
    schema = TableSchema.from_frame(frame)
    rows = schema.to_tensor(frame)
    assert rows.dtype == torch.float64
    pd.testing.assert_frame_equal(schema.to_frame(rows.numpy()), frame)
    pd.testing.assert_frame_equal(schema.to_frame(rows.float()), frame)
    pd.testing.assert_frame_equal(schema.to_frame(rows[:0].numpy()), frame.iloc[:0])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-(2**31), 2**31), st.floats(-1e300, 1e300), st.text(max_size=3), st.booleans(), st.sampled_from("abc")
        ),
        min_size=1,
        max_size=12,
    )
)
def test_any_frame_comes_back_exactly(rows):
    frame = pd.DataFrame(rows, columns=["whole", "number", "text", "flag", "kind"]).astype({"kind": "category"})
    schema = TableSchema.from_frame(frame)
    tensor = schema.to_tensor(frame)
    pd.testing.assert_frame_equal(schema.to_frame(tensor.numpy()), frame)
    assert torch.equal(schema.to_tensor(schema.to_frame(tensor.numpy())), tensor)


def test_a_schema_learns_categories_ranges_medians_and_modes():
    features = {feature.name: feature for feature in TableSchema.from_frame(mixed_frame()).features}
    age, income, job, size = (features[name] for name in ("age", "income", "job", "size"))
    assert (age.categories, age.low, age.high, age.typical, age.dtype) == (None, 25, 62, 31, "int16")  # of integers: a value
    assert (income.low, income.high, income.typical) == (800.25, 3100.0, 1050.25)
    assert (job.categories, job.low, job.high, job.typical) == (("baker", "clerk", "doctor"), 0, 2, 1)
    assert (size.categories, size.typical, size.ordered) == (("s", "m", "l"), 0, True)
    assert (features["owner"].categories, features["owner"].typical) == ((False, True), 1)
    assert income.is_numeric
    assert not job.is_numeric


def test_booleans_of_one_value_still_know_both():
    assert TableSchema.from_frame(pd.DataFrame({"flag": [True, True]})).features[0].categories == (False, True)


def test_of_equally_common_categories_the_first_is_typical():
    assert TableSchema.from_frame(pd.DataFrame({"kind": ["b", "a"]})).features[0].typical == 0


def test_a_schema_is_what_a_classifier_of_tables_asks_for():
    schema = TableSchema.from_frame(mixed_frame())
    asked: Schema = schema
    assert asked.names == tuple(mixed_frame().columns)
    assert asked.typical is not None
    assert len(asked.typical) == len(schema) == 11
    assert len(asked.to_frame(np.array([asked.typical]))) == 1


def test_typical_is_none_where_one_feature_has_none():
    assert TableSchema((Feature("a", typical=1.0), Feature("b"))).typical is None


def test_what_no_frame_shows_can_be_told():
    schema = TableSchema.from_frame(
        mixed_frame(), units={"income": "EUR"}, immutable=["age"], groups={"about the job": ["income", "job"]}
    )
    features = {feature.name: feature for feature in schema.features}
    assert features["income"].unit == "EUR"
    assert [feature.name for feature in schema.features if not feature.mutable] == ["age"]
    assert features["job"].group == "about the job"
    with pytest.raises(UnknownNameError, match=r"`agee` is not a known column\. Did you mean `age`"):
        TableSchema.from_frame(mixed_frame(), immutable=["agee"])


def test_groups_hold_every_column_once():
    features = (Feature("red", group="color"), Feature("age"), Feature("blue", group="color"))
    assert TableSchema(features).groups == {"color": (0, 2), "age": (1,)}


def test_a_pipeline_that_selects_columns_by_name_gives_the_scores_of_its_frame():
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": draw.integers(20, 70, 80),
            "income": draw.normal(2000, 500, 80),
            "job": draw.choice(["baker", "clerk", "doctor"], 80),
            "owner": draw.random(80) < 0.5,
            "size": pd.Categorical(draw.choice(["s", "l"], 80), categories=["s", "m", "l"], ordered=True),
        }
    )
    labels = (frame["income"] + 600 * (frame["job"] == "doctor") + 300 * frame["owner"] > 2100).map({True: "yes", False: "no"})
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["age", "income"]),
            ("codes", OneHotEncoder(), ["job", "size"]),
            ("rest", "passthrough", ["owner"]),
        ]
    )
    pipeline = make_pipeline(columns, LogisticRegression()).fit(frame, labels)
    schema = TableSchema.from_frame(frame)
    model = SklearnClassifier(pipeline, schema=schema)
    scores = model(schema.to_tensor(frame))
    assert np.array_equal(scores.numpy(), pipeline.predict_proba(frame))
    assert model.input_shape == (5,)
    assert torch.allclose(model(schema.to_tensor(frame).float()).double(), scores, atol=1e-5)


def test_columns_are_taken_by_name_in_any_order():
    schema = TableSchema.from_frame(mixed_frame())
    reordered = mixed_frame()[sorted(mixed_frame().columns)]
    assert torch.equal(schema.to_tensor(reordered), schema.to_tensor(mixed_frame()))


def test_integers_are_rounded_and_other_numbers_are_not():
    schema = TableSchema.from_frame(pd.DataFrame({"whole": [1, 5], "number": [1.0, 5.0]}))
    frame = schema.to_frame(np.array([[2.6, 2.6]]))
    assert frame["whole"].tolist() == [3]
    assert frame["number"].tolist() == [2.6]


def changed(**columns):
    return mixed_frame().assign(**columns)


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (
            changed(job=["clerk", "pilot", "baker", "judge"]),
            r"`job` must hold known categories: 'baker', 'clerk', 'doctor'\. Got 'pilot', 'judge'",
        ),
        (mixed_frame().drop(columns="job"), r"must have the column 'job'\. Got 'age', 'income', 'size'"),
        (mixed_frame().drop(columns=["job", "age"]), r"must have the column 'age'\. 1 more are missing"),
        (changed(more=1), r"must have the 11 columns of the schema only\. Got 'more' as well"),
        (changed(income=[1.0, None, 2.0, None]), r"`income` must have no missing values\. Got 2"),
        (changed(job=["clerk", None, "baker", "baker"]), r"`job` must have no missing values\. Got 1"),
        (changed(nullable=pd.array([1, None, 2, 3], dtype="Int64")), r"`nullable` must have no missing values\. Got 1"),
        (changed(income=[1.0, np.inf, 2.0, 3.0]), r"`income` must be finite\. Got 1 infinite"),
        (changed(income=["1", "2", "3", "4"]), r"`income` must hold numbers\. Got "),
        (changed(income=[True, False, True, True]), r"`income` must hold numbers\. Got bool"),
        (changed(age=[1.0, 2.5, 3.0, 4.0]), r"`age` must hold whole numbers, as the schema says \(int16\)\. Got 2\.5"),
        (changed(job=[["a"], ["b"], ["c"], ["d"]]), r"`job` must hold numbers or categories\. Got lists"),
        (pd.concat([mixed_frame(), mixed_frame()[["age"]]], axis=1), r"a name of its own\. Got 'age' more than once"),
        (mixed_frame().to_numpy(), r"must be a pandas data frame\. Got ndarray"),
    ],
)
def test_a_frame_that_does_not_fit_is_one_sentence(frame, sentence):
    with pytest.raises(InputError, match=sentence):
        TableSchema.from_frame(mixed_frame()).to_tensor(frame)


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (pd.DataFrame({"a": []}), r"must have rows and columns\. Got 0 rows and 1 columns"),
        (pd.DataFrame(index=[0, 1]), r"must have rows and columns\. Got 2 rows and 0 columns"),
        (pd.DataFrame({0: [1, 2]}), r"named by strings\. Got 0"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), r"a name of its own\. Got 'a' more than once"),
        (pd.DataFrame({"a": [1.0, np.nan]}), r"`a` must have no missing values\. Got 1"),
        (pd.DataFrame({"a": ["x", None]}), r"`a` must have no missing values\. Got 1"),
        (pd.DataFrame({"a": [1.0, -np.inf]}), r"`a` must be finite\. Got 1 infinite"),
        (pd.DataFrame({"a": [1j, 2j]}), r"`a` must hold numbers\. Got complex128"),
        (pd.DataFrame({"a": pd.to_datetime(["2020-01-01"])}), r"`a` must hold numbers, categories, .* Got datetime"),
        (pd.DataFrame({"a": [[1], [2]]}), r"`a` must hold numbers or categories\. Got lists"),
        ([[1, 2]], r"must be a pandas data frame\. Got list"),
    ],
)
def test_a_frame_that_teaches_nothing_is_one_sentence(frame, sentence):
    with pytest.raises(InputError, match=sentence):
        TableSchema.from_frame(frame)


SMALL = TableSchema.from_frame(pd.DataFrame({"byte": np.array([1, 2], np.uint8), "kind": ["a", "b"], "number": [0.5, 1.5]}))


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([[1, 0]], r"must have shape \(B, 3\), one column a feature\. Got \(1, 2\)"),
        ([1, 0, 1], r"must have shape \(B, 3\), one column a feature\. Got \(3,\)"),
        ([[1, 0, np.nan]], r"`number` must be finite\. Got 1 values"),
        ([[np.nan, 0, 1]], r"`byte` must be finite\. Got 1 values"),
        ([[1, np.inf, 1]], r"`kind` must be finite\. Got 1 values"),
        ([[256, 0, 1]], r"`byte` must fit uint8, 0 to 255\. Got 256 to 256"),
        ([[-1, 0, 1]], r"`byte` must fit uint8, 0 to 255\. Got -1 to -1"),
        ([[1, 2, 1]], r"`kind` must hold codes of categories, whole numbers from 0 to 1\. Got 2\.0"),
        ([[1, -1, 1]], r"`kind` must hold codes of categories, whole numbers from 0 to 1\. Got -1\.0"),
        ([[1, 0.5, 1]], r"`kind` must hold codes of categories, whole numbers from 0 to 1\. Got 0\.5"),
        ([[1, 1e30, 1]], r"`kind` must hold codes of categories, whole numbers from 0 to 1\. Got 1e\+30"),
    ],
)
def test_rows_that_are_no_table_are_one_sentence(rows, sentence):
    with pytest.raises(InputError, match=sentence):
        SMALL.to_frame(np.array(rows, dtype=np.float64))


def test_a_code_moved_by_float32_arithmetic_is_still_its_category():
    assert SMALL.to_frame(np.array([[1, 1 - 1e-6, 0.5]], dtype=np.float32))["kind"].tolist() == ["b"]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: TableSchema(()), "must have at least one feature"),
        (lambda: TableSchema((Feature("a"), Feature("a"))), "Got 'a' more than once"),
        (
            lambda: TableSchema((Feature("a", group="b"), Feature("b"))),
            r"not be the name of a column that stands alone\. Got 'b'",
        ),
        (lambda: Feature(""), "must be a non-empty string. Got ''"),
        (lambda: Feature(3), "must be a non-empty string. Got 3"),
        (lambda: Feature("a", categories=("x", "x")), "must be one or more different values"),
        (lambda: Feature("a", categories=()), "must be one or more different values"),
        (lambda: Feature("a", low=2.0, high=1.0), "`low` of `a` must not be above `high`"),
        (
            lambda: TableSchema.from_frame(mixed_frame(), groups={"g": ["age"], "h": ["age"]}),
            r"must belong to one group\. Got `age` in `g` and `h`",
        ),
    ],
)
def test_a_schema_that_contradicts_itself_is_one_sentence(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()


def test_a_schema_cannot_be_changed_and_equals_its_like():
    schema = TableSchema.from_frame(mixed_frame())
    with pytest.raises(AttributeError):
        schema.features = ()
    assert schema == TableSchema.from_frame(mixed_frame())
    assert hash(schema) == hash(TableSchema.from_frame(mixed_frame()))


def test_a_schema_names_itself_and_its_first_columns_on_one_line():
    wide = TableSchema(tuple(Feature(f"V{number}") for number in range(60)))
    assert repr(wide) == "TableSchema(60 columns [V0, V1, V2, V3, ...])"
