import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from xaivision.core.errors import InputError
from xaivision.core.sklearn_classifier import SklearnClassifier

CASES = np.random.default_rng(0).normal(size=(90, 4)) + 3
TWO = (CASES[:, 0] + CASES[:, 1] > 6).astype(int)
THREE = np.digitize(CASES[:, 0], [2.6, 3.4])
ROWS = torch.from_numpy(CASES[:7])


@pytest.mark.parametrize("answers", [TWO, THREE], ids=["two classes", "three classes"])
@pytest.mark.parametrize(
    "estimator",
    [LogisticRegression(), RandomForestClassifier(5, random_state=0), make_pipeline(StandardScaler(), LogisticRegression())],
)
def test_probabilities_are_those_of_the_estimator(estimator, answers):
    model = SklearnClassifier(estimator.fit(CASES, answers))
    assert torch.equal(model(ROWS), torch.from_numpy(estimator.predict_proba(CASES[:7])))
    assert (model.score_unit, model.domain, model.num_classes) == ("probability", "tabular", len(set(answers)))
    assert model.input_shape == (4,)


@pytest.mark.parametrize("estimator", [LinearSVC(), SVC(), make_pipeline(StandardScaler(), LinearSVC())], ids=str)
def test_a_margin_of_two_classes_becomes_two_scores_that_predict_alike(estimator):
    model = SklearnClassifier(estimator.fit(CASES, TWO))
    margin = torch.from_numpy(estimator.decision_function(CASES[:7]))
    assert torch.equal(model(ROWS), torch.stack([-margin, margin], 1))
    assert model(ROWS).argmax(1).tolist() == estimator.predict(CASES[:7]).tolist()
    assert model.score_unit == "logit"


@pytest.mark.parametrize("estimator", [LinearSVC(), SVC()], ids=str)
def test_margins_of_three_classes_are_scores_as_they_are(estimator):
    model = SklearnClassifier(estimator.fit(CASES, THREE))
    assert torch.equal(model(ROWS), torch.from_numpy(estimator.decision_function(CASES[:7])))
    assert model(ROWS).argmax(1).tolist() == estimator.predict(CASES[:7]).tolist()


@pytest.mark.parametrize(
    "estimator",
    [
        SVC(decision_function_shape="ovo"),
        make_pipeline(StandardScaler(), SVC(decision_function_shape="ovo")),
        GridSearchCV(SVC(decision_function_shape="ovo"), {"C": [1.0]}, cv=2),
    ],
    ids=["estimator", "pipeline", "search"],
)
def test_margins_between_pairs_of_classes_are_not_taken_for_scores_of_classes(estimator):
    with pytest.raises(InputError, match=r"not pairs of classes. Set .*decision_function_shape='ovr'"):
        SklearnClassifier(estimator.fit(CASES, THREE))
    assert SklearnClassifier(estimator.fit(CASES, TWO))(ROWS).shape == (7, 2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_scores_have_the_inputs_dtype(dtype):
    assert SklearnClassifier(LogisticRegression().fit(CASES, TWO))(ROWS.to(dtype)).dtype == dtype


@pytest.mark.parametrize("layout", [lambda rows: rows, lambda rows: rows.T.contiguous().T], ids=["rows", "columns"])
def test_a_pipeline_that_works_in_place_does_not_change_the_callers_values(layout):
    pipeline = make_pipeline(StandardScaler(copy=False), LogisticRegression()).fit(CASES.copy(), TWO)
    rows = layout(ROWS.clone())
    model = SklearnClassifier(pipeline)
    first = model(rows)
    assert torch.equal(rows, ROWS)
    assert torch.equal(model(rows), first)


class Columns:
    names = ("height", "width", "depth", "mass")
    typical = None
    ranges = None
    category_names = ()

    def to_frame(self, rows):
        return pd.DataFrame(rows, columns=list(self.names))


def test_with_a_schema_the_estimator_gets_its_data_frame():
    estimator = LogisticRegression().fit(Columns().to_frame(CASES), TWO)
    model = SklearnClassifier(estimator, schema=Columns())
    assert torch.equal(model(ROWS), torch.from_numpy(estimator.predict_proba(Columns().to_frame(CASES[:7]))))
    assert model.input_shape == (4,)


def test_classes_keep_their_names():
    model = SklearnClassifier(LogisticRegression().fit(CASES, np.array(["mine", "rock"])[TWO]))
    assert model.class_names == ("mine", "rock")


def test_rows_of_another_width_are_refused():
    model = SklearnClassifier(LogisticRegression().fit(CASES, TWO))
    with pytest.raises(InputError, match=r"shape \(B, 4\). Got \(7, 3\)"):
        model(ROWS[:, :3])


@pytest.mark.parametrize(
    "estimator",
    [LogisticRegression(), make_pipeline(StandardScaler(), LogisticRegression()), GridSearchCV(LogisticRegression(), {})],
)
def test_an_estimator_that_is_not_fitted_is_refused(estimator):
    with pytest.raises(InputError, match=r"must be a fitted classifier with `classes_`. Got .* Fit it first"):
        SklearnClassifier(estimator)


@pytest.mark.parametrize("estimator", [LinearRegression(), RandomForestRegressor(3)], ids=str)
def test_a_regressor_is_refused(estimator):
    with pytest.raises(InputError, match="must be a fitted classifier"):
        SklearnClassifier(estimator.fit(CASES, CASES[:, 0]))


@pytest.mark.parametrize("estimator", [RandomForestClassifier(3), MultiOutputClassifier(LogisticRegression())], ids=str)
def test_several_outputs_are_refused(estimator):
    with pytest.raises(InputError, match=r"must predict one label. Got several outputs"):
        SklearnClassifier(estimator.fit(CASES, np.stack([TWO, THREE], 1)))


class OnlyLabels:
    classes_ = np.array([0, 1])


def test_labels_without_scores_are_refused():
    with pytest.raises(InputError, match=r"`predict_proba` or `decision_function`. Got OnlyLabels, which has neither"):
        SklearnClassifier(OnlyLabels())
