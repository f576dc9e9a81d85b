import json
import sys

import lightgbm
import numpy as np
import pandas as pd
import pytest
import torch
import xgboost
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from xaivision.core.access import Access
from xaivision.core.boosted_trees_classifier import BoostedTreesClassifier
from xaivision.core.errors import InputError, MissingExtraError, UnknownNameError
from xaivision.core.metering import metered
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.wrapping import classifier
from xaivision.data.schema import TableSchema

CASES = np.random.default_rng(0).normal(size=(120, 4))
TWO = (CASES[:, 0] + CASES[:, 1] ** 2 > 0.5).astype(int)
THREE = np.digitize(CASES[:, 0] - CASES[:, 2], [-0.6, 0.6])
ROWS = torch.from_numpy(CASES[:9])
FRAME = pd.DataFrame(CASES, columns=["height", "width", "depth", "mass"])
SCHEMA = TableSchema.from_frame(FRAME)
ANSWERS = {2: TWO, 3: THREE}


def xgb_estimator(classes, table=CASES):
    return xgboost.XGBClassifier(n_estimators=6, max_depth=3, n_jobs=1).fit(table, ANSWERS[classes])


def lgb_estimator(classes, table=CASES):
    return lightgbm.LGBMClassifier(n_estimators=6, num_leaves=5, verbose=-1, n_jobs=1).fit(table, ANSWERS[classes])


def xgb_booster(objective, classes=2, **more):
    told = {"num_class": classes} if classes > 2 else {}
    settings = {"objective": objective, "verbosity": 0, "nthread": 1, **told, **more}
    return xgboost.train(settings, xgboost.DMatrix(CASES, ANSWERS[classes]), 6)


def lgb_booster(objective, classes=2, **more):
    told = {"num_class": classes} if classes > 2 else {}
    settings = {"objective": objective, "verbose": -1, "num_threads": 1, "num_leaves": 5, **told, **more}
    return lightgbm.train(settings, lightgbm.Dataset(CASES, ANSWERS[classes]), 6)


def near(scores, expected):
    torch.testing.assert_close(scores.double(), torch.as_tensor(np.asarray(expected)).double(), rtol=1e-6, atol=1e-6)


def halves(margin):
    return np.stack([-margin / 2, margin / 2], 1)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("make", [xgb_estimator, lgb_estimator])
def test_probabilities_are_those_of_the_estimator(make, classes):
    estimator = make(classes)
    model = classifier(estimator)
    assert isinstance(model, BoostedTreesClassifier)
    near(model(ROWS), estimator.predict_proba(CASES[:9]))
    assert (model.score_unit, model.domain, model.num_classes) == ("probability", "tabular", classes)
    assert (model.input_shape, model.access) == ((4,), Access.SCORES)


@pytest.mark.parametrize("make", [xgb_estimator, lgb_estimator])
def test_logits_are_raw_margins_and_belong_to_the_same_probabilities(make):
    for classes in (2, 3):
        estimator = make(classes)
        model = classifier(estimator, score_unit="logit")
        raw = {"output_margin": True} if make is xgb_estimator else {"raw_score": True}
        margin = estimator.predict(CASES[:9], **raw)
        near(model(ROWS), margin if classes == 3 else halves(margin))
        near(model(ROWS).softmax(1), estimator.predict_proba(CASES[:9]))
        assert (model.access, model.gives_probabilities) == (Access.LOGITS, True)


@pytest.mark.parametrize("objective", ["binary:logistic", "binary:logitraw", "multi:softprob", "multi:softmax"])
def test_a_raw_booster_of_xgboost_is_asked_in_either_unit_whatever_its_predict_gives(objective):
    classes = 3 if objective.startswith("multi") else 2
    booster = xgb_booster(objective, classes)
    margin = booster.predict(xgboost.DMatrix(CASES[:9]), output_margin=True)
    logits = margin if classes == 3 else halves(margin)
    near(classifier(booster, score_unit="logit")(ROWS), logits)
    near(classifier(booster)(ROWS), torch.from_numpy(logits).softmax(1))


@pytest.mark.parametrize(("objective", "classes"), [("binary", 2), ("cross_entropy", 2), ("multiclass", 3)])
def test_a_raw_booster_of_lightgbm_is_asked_in_either_unit(objective, classes):
    booster = lgb_booster(objective, classes)
    raw, given = booster.predict(CASES[:9], raw_score=True), booster.predict(CASES[:9])
    logits = classifier(booster, score_unit="logit")
    near(logits(ROWS), raw if classes == 3 else halves(raw))
    near(classifier(booster)(ROWS), given if classes == 3 else np.stack([1 - given, given], 1))
    near(logits(ROWS).softmax(1), classifier(booster)(ROWS))


def test_a_margin_that_lightgbm_multiplies_before_its_logistic_function_comes_multiplied():
    booster = lgb_booster("binary", sigmoid=2.5)
    near(classifier(booster, score_unit="logit")(ROWS), halves(2.5 * booster.predict(CASES[:9], raw_score=True)))
    near(classifier(booster, score_unit="logit")(ROWS).softmax(1)[:, 1], booster.predict(CASES[:9]))


def test_classes_that_were_each_trained_alone_stand_for_no_shares():
    booster = lgb_booster("multiclassova", 3, sigmoid=2.0)
    logits = classifier(booster, score_unit="logit")
    near(logits(ROWS).sigmoid(), booster.predict(CASES[:9]))
    near(classifier(booster)(ROWS), booster.predict(CASES[:9]))
    assert not logits.gives_probabilities


def test_a_hinge_has_margins_and_no_probabilities():
    booster = xgb_booster("binary:hinge")
    with pytest.raises(InputError, match=r"cannot be had from the objective binary:hinge. Give score_unit='logit'"):
        classifier(booster)
    model = classifier(booster, score_unit="logit")
    near(model(ROWS), halves(booster.predict(xgboost.DMatrix(CASES[:9]), output_margin=True)))
    assert not model.gives_probabilities


def test_a_linear_booster_of_xgboost_is_asked_through_its_own_matrix(monkeypatch):
    booster = xgb_booster("binary:logistic", booster="gblinear", updater="coord_descent")
    expected = booster.predict(xgboost.DMatrix(CASES[:9]))
    near(classifier(booster)(ROWS)[:, 1], expected)
    model = classifier(booster)
    monkeypatch.setitem(sys.modules, "xgboost", None)
    with pytest.raises(MissingExtraError, match=r"xaivision\[xgboost\]"):
        model(ROWS)


def test_trees_after_the_best_round_are_left_out_as_the_estimator_leaves_them():
    xgb = xgboost.XGBClassifier(n_estimators=60, max_depth=4, learning_rate=1.0, early_stopping_rounds=2, n_jobs=1)
    xgb.fit(CASES[:80], TWO[:80], eval_set=[(CASES[80:], TWO[80:])], verbose=False)
    assert xgb.get_booster().num_boosted_rounds() > xgb.best_iteration + 1
    near(classifier(xgb)(ROWS), xgb.predict_proba(CASES[:9]))
    near(classifier(xgb, score_unit="logit")(ROWS), halves(xgb.predict(CASES[:9], output_margin=True)))


def test_rounds_after_the_best_are_left_out_as_the_booster_of_lightgbm_leaves_them():
    booster = lgb_booster("binary")
    every = booster.predict(CASES[:9])
    booster.best_iteration = 3
    assert np.abs(booster.predict(CASES[:9]) - every).max() > 1e-3
    near(classifier(booster)(ROWS)[:, 1], booster.predict(CASES[:9]))
    near(classifier(booster, score_unit="logit")(ROWS), halves(booster.predict(CASES[:9], raw_score=True)))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("make", [xgb_estimator, lgb_estimator])
def test_scores_have_the_inputs_dtype_and_rows_are_left_alone(make, dtype):
    rows = ROWS.to(dtype)
    before = rows.clone()
    assert classifier(make(3))(rows).dtype == dtype
    assert torch.equal(rows, before)


@pytest.mark.parametrize("make", [xgb_estimator, lgb_estimator])
def test_a_model_that_was_fitted_on_a_frame_takes_rows_without_a_warning_and_frames_through_the_schema(make):
    # Warnings are errors here, and LightGBM's estimator would warn of rows without names.
    estimator = make(3, FRAME)
    expected = estimator.predict_proba(FRAME[:9])
    near(classifier(estimator)(ROWS), expected)
    near(classifier(estimator, schema=SCHEMA)(ROWS), expected)


@pytest.mark.parametrize("make", [xgb_estimator, lgb_estimator])
def test_a_model_that_knows_no_names_takes_a_schema_of_as_many_columns(make):
    estimator = make(2)
    near(classifier(estimator, schema=SCHEMA)(ROWS), estimator.predict_proba(CASES[:9]))


@pytest.mark.parametrize("make", [xgb_estimator, lgb_estimator])
def test_a_schema_of_another_table_is_refused(make):
    turned = TableSchema.from_frame(FRAME[["mass", "height", "width", "depth"]])
    with pytest.raises(
        InputError, match=r"the 4 columns .* that start with height, width, depth, in their order\. Got 4 that start with mass"
    ):
        classifier(make(2, FRAME), schema=turned)
    with pytest.raises(
        InputError, match=r"the 4 columns that the model was trained on, in their order\. Got 3 that start with height"
    ):
        classifier(make(2), schema=TableSchema.from_frame(FRAME.iloc[:, :3]))


def test_names_with_blanks_are_the_same_names():
    frame = FRAME.rename(columns={"mass": "mean mass"})
    estimator = lgb_estimator(2, frame)
    near(classifier(estimator, schema=TableSchema.from_frame(frame))(ROWS), estimator.predict_proba(frame[:9]))


@pytest.mark.parametrize("kind", ["xgboost", "lightgbm"])
def test_categories_reach_the_model_as_it_was_trained_on_them(kind):
    words = pd.Categorical(np.array(["clay", "rock", "sand"])[np.digitize(CASES[:, 3], [-0.5, 0.5])])
    frame = FRAME.assign(mass=words)
    answers = (words == "rock").astype(int)
    if kind == "xgboost":
        estimator = xgboost.XGBClassifier(n_estimators=6, enable_categorical=True, n_jobs=1).fit(frame, answers)
    else:
        estimator = lightgbm.LGBMClassifier(n_estimators=6, verbose=-1, n_jobs=1).fit(frame, answers)
    # The schema numbers the words in another order than the model does.
    schema = TableSchema.from_frame(frame.assign(mass=words.reorder_categories(["sand", "clay", "rock"])))
    expected = estimator.predict_proba(frame)
    assert np.ptp(expected[:, 1]) > 0.1
    near(classifier(estimator, schema=schema)(schema.to_tensor(frame)), expected)


def test_classes_keep_the_names_that_the_estimator_knows():
    names = np.array(["mine", "rock"])[TWO]
    estimator = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(CASES, names)
    assert classifier(estimator).class_names == ("mine", "rock")
    assert classifier(estimator.booster_).class_names == ("0", "1")
    assert classifier(estimator.booster_, class_names=["a", "b"]).class_names == ("a", "b")


def test_batches_are_split_counted_and_joined():
    model = classifier(lgb_estimator(3), batch_size=4)
    with metered() as meter:
        scores = model(ROWS)
    assert meter.model_calls == 9
    assert torch.equal(scores, classifier(lgb_estimator(3))(ROWS))


@pytest.mark.parametrize("make", [xgb_estimator, lgb_estimator])
def test_the_model_is_left_as_it_was(make):
    estimator = make(2)
    told = estimator.get_params()
    trees = estimator.get_booster().save_raw() if make is xgb_estimator else estimator.booster_.model_to_string()
    for unit in ("probability", "logit"):
        classifier(estimator, score_unit=unit)(ROWS)
    assert json.dumps(told, default=str) == json.dumps(estimator.get_params(), default=str)
    assert trees == (estimator.get_booster().save_raw() if make is xgb_estimator else estimator.booster_.model_to_string())


def test_missing_values_go_to_the_model_which_knows_a_way_for_them():
    rows = ROWS.clone()
    rows[:, 0] = torch.nan
    for estimator in (xgb_estimator(2), lgb_estimator(2)):
        near(classifier(estimator)(rows), estimator.predict_proba(rows.numpy()))


@pytest.mark.parametrize("make", [xgb_estimator, lgb_estimator])
def test_rows_of_another_width_are_refused(make):
    with pytest.raises(InputError, match=r"shape \(B, 4\). Got \(9, 3\)"):
        classifier(make(2))(ROWS[:, :3])


@pytest.mark.parametrize(
    "model",
    [
        xgboost.XGBRegressor(n_estimators=2).fit(CASES, CASES[:, 0]),
        lightgbm.LGBMRegressor(n_estimators=2, verbose=-1).fit(CASES, CASES[:, 0]),
    ],
    ids=["xgboost", "lightgbm"],
)
def test_a_regressor_is_refused(model):
    with pytest.raises(
        InputError, match=r"`model` must be a classifier of (XGBoost|LightGBM) or a Booster. Got (XGB|LGBM)Regressor"
    ):
        classifier(model)


@pytest.mark.parametrize(
    ("model", "objective"),
    [
        (xgb_booster("reg:squarederror"), "reg:squarederror"),
        (lgb_booster("regression"), "regression"),
        (lgb_booster(lambda scores, data: (scores - data.get_label(), np.ones_like(scores))), "custom"),
    ],
    ids=["xgboost", "lightgbm", "one's own"],
)
def test_a_booster_that_is_no_classifier_is_refused_with_what_would_do(model, objective):
    with pytest.raises(
        InputError, match=rf"Its objective is {objective}\. .*wrap a function: xv\.classifier\(function, num_classes"
    ):
        classifier(model)


@pytest.mark.parametrize("model", [xgboost.XGBClassifier(), lightgbm.LGBMClassifier()], ids=["xgboost", "lightgbm"])
def test_a_model_that_is_not_fitted_is_refused(model):
    with pytest.raises(InputError, match=r"`model` must be fitted. Got a (XGB|LGBM)Classifier without trees. Fit it first"):
        classifier(model)


def test_several_labels_at_once_are_refused():
    several = xgboost.XGBClassifier(n_estimators=2).fit(CASES, np.stack([TWO, 1 - TWO], 1))
    with pytest.raises(InputError, match=r"must predict one label. Got several outputs"):
        classifier(several)


def test_a_pipeline_that_ends_in_boosted_trees_is_an_estimator():
    pipeline = make_pipeline(StandardScaler(), xgboost.XGBClassifier(n_estimators=3)).fit(CASES, TWO)
    model = classifier(pipeline)
    assert isinstance(model, SklearnClassifier)
    near(model(ROWS), pipeline.predict_proba(CASES[:9]))


def test_other_estimators_and_settings_are_sent_to_where_they_belong():
    with pytest.raises(InputError, match=r"Got StandardScaler. For other estimators use SklearnClassifier"):
        BoostedTreesClassifier(StandardScaler())
    with pytest.raises(UnknownNameError, match="`domain` is not a known setting of BoostedTreesClassifier"):
        classifier(xgb_estimator(2), domain="tabular")
