import warnings

import lightgbm
import numpy as np
import pytest
import torch
from explainer_networks import Columns, table_classifier
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from tree_tables import CONTRAST, MAKERS, OF_PROBABILITIES, fitted, shapley_by_definition, table, tensor

from xaivision.core.boosted_trees_classifier import BoostedTreesClassifier
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.targets import Target
from xaivision.explainers import tree_games
from xaivision.explainers.registry import explainer
from xaivision.explainers.tree_shap import SAME_SCORE, TreeShap

NUMBERS, LABELS = table()
BACKGROUND, ROWS = NUMBERS[:40], NUMBERS[-3:]
MARGINS = Target(1, against=0, output=CONTRAST)


def question_for(name):
    return Target(1) if name in OF_PROBABILITIES else MARGINS


def explained_number(name, model):
    """What `question_for` asks about, from the estimator's own probabilities."""

    def probability(rows):
        return model.predict_proba(rows)[:, 1]

    def log_odds(rows):
        found = np.log(model.predict_proba(rows).astype(np.float64))
        return found[:, 1] - found[:, 0]

    return probability if name in OF_PROBABILITIES else log_odds


def tolerance(name):
    return 1e-5 if name == "xgboost" else 1e-6  # XGBoost answers in 32 bits


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", MAKERS)
def test_s11_values_are_those_of_the_definition_with_the_same_background(name, classes):
    model = fitted(name, classes)
    function = explained_number(name, model)
    expected = np.stack([shapley_by_definition(function, row, BACKGROUND) for row in ROWS])
    found = TreeShap(tensor(BACKGROUND)).explain(SklearnClassifier(model), tensor(ROWS), question_for(name))
    np.testing.assert_allclose(found.values.numpy(), expected, atol=tolerance(name), rtol=0)
    assert found.kind == "contribution"
    assert found.verdict.status == "ok"


@pytest.mark.parametrize("name", MAKERS)
def test_s11_without_a_background_it_is_another_game(name):
    model = fitted(name)
    asked = question_for(name)
    whole = TreeShap(tensor(NUMBERS)).explain(SklearnClassifier(model), tensor(ROWS), asked)
    found = TreeShap().explain(SklearnClassifier(model), tensor(ROWS), asked)
    assert float((found.values - whole.values).abs().max()) > 0.01
    assert found.verdict.status == "warn"
    assert "another game" in str(found.verdict)


@pytest.mark.parametrize("init", [None, "zero"])
def test_margins_of_the_exponential_loss_are_twice_what_its_trees_add_up_to(init):
    model = GradientBoostingClassifier(n_estimators=10, loss="exponential", init=init, random_state=0)
    model.fit(NUMBERS, np.minimum(LABELS, 1))
    expected = np.stack([shapley_by_definition(explained_number("boosting", model), row, BACKGROUND) for row in ROWS])
    found = TreeShap(tensor(BACKGROUND)).explain(SklearnClassifier(model), tensor(ROWS), MARGINS)
    np.testing.assert_allclose(found.values.numpy(), expected, atol=1e-6, rtol=0)
    assert float(found.diagnostics.completeness_gap.abs().max()) < 1e-6
    assert found.verdict.status == "ok"
    trained = TreeShap().explain(SklearnClassifier(model), tensor(ROWS), MARGINS)
    assert float(trained.diagnostics.completeness_gap.abs().max()) < 1e-6


@pytest.mark.parametrize("background", [None, BACKGROUND])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", MAKERS)
def test_s12_values_add_up(name, classes, background):
    method = TreeShap(None if background is None else tensor(background))
    found = method.explain(SklearnClassifier(fitted(name, classes)), tensor(ROWS), question_for(name))
    assert float(found.diagnostics.completeness_gap.abs().max()) < tolerance(name)


def test_the_reference_is_the_mean_score_of_the_background():
    model = fitted("forest")
    found = TreeShap(tensor(BACKGROUND)).explain(SklearnClassifier(model), tensor(ROWS), 2)
    assert float(found.reference_scores[0]) == pytest.approx(model.predict_proba(BACKGROUND)[:, 2].mean(), abs=1e-12)
    assert found.diagnostics.model_calls == len(BACKGROUND) + len(ROWS)


def test_a_background_of_more_than_100_rows_is_used_whole():
    """shap cuts a bare background to 100 rows: the mean of both halves would not be the answer for all."""
    model = SklearnClassifier(fitted("forest"))
    parts = [TreeShap(tensor(NUMBERS[part])).explain(model, tensor(ROWS), 1).values for part in (slice(0, 130), slice(130, 260))]
    whole = TreeShap(tensor(NUMBERS)).explain(model, tensor(ROWS), 1).values
    torch.testing.assert_close(whole, (parts[0] + parts[1]) / 2, atol=1e-9, rtol=0)


def test_every_input_has_the_target_it_was_asked_about():
    model = SklearnClassifier(fitted("forest"))
    method = TreeShap(tensor(BACKGROUND))
    together = method.explain(model, tensor(ROWS), [0, 2, 1]).values
    alone = [method.explain(model, tensor(ROWS[row : row + 1]), target).values[0] for row, target in enumerate([0, 2, 1])]
    torch.testing.assert_close(together, torch.stack(alone), atol=1e-12, rtol=0)


def test_a_difference_of_probabilities_is_the_difference_of_the_values():
    model, method = SklearnClassifier(fitted("forest")), TreeShap(tensor(BACKGROUND))
    one, other = (method.explain(model, tensor(ROWS), target).values for target in (2, 0))
    found = method.explain(model, tensor(ROWS), Target(2, against=0)).values
    torch.testing.assert_close(found, one - other, atol=1e-7, rtol=0)


@pytest.mark.parametrize("name", ["boosting", "histograms", "xgboost", "lightgbm"])
@pytest.mark.parametrize("asked", [Target(1), Target(1, against=0), Target(1, output="margin"), Target(1, output=CONTRAST)])
def test_what_boosted_trees_do_not_add_up_to_is_refused_with_the_question_to_ask(name, asked):
    with pytest.raises(CapabilityError, match=r"which is the margin\. The .* is none\. Ask for a difference of margins, such as"):
        TreeShap(tensor(BACKGROUND)).explain(SklearnClassifier(fitted(name)), tensor(ROWS), asked)


@pytest.mark.parametrize("asked", [Target(1, output="margin"), Target(1, output=CONTRAST), MARGINS])
def test_what_forests_do_not_add_up_to_is_refused(asked):
    with pytest.raises(CapabilityError, match=r"which is the probability\. The .* is none\. Ask for the probability"):
        TreeShap(tensor(BACKGROUND)).explain(SklearnClassifier(fitted("forest")), tensor(ROWS), asked)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", ["xgboost", "lightgbm"])
@pytest.mark.parametrize("raw", [False, True])
def test_margins_of_boosters_are_explained_as_scores(name, classes, raw):
    model = fitted(name, classes)
    booster = (model.get_booster() if name == "xgboost" else model.booster_) if raw else model
    classifier = BoostedTreesClassifier(booster, score_unit="logit")
    expected = np.stack([shapley_by_definition(lambda rows: margin(name, model, rows), row, BACKGROUND) for row in ROWS])
    for asked in (1, Target(1, against=0)):
        found = TreeShap(tensor(BACKGROUND)).explain(classifier, tensor(ROWS), asked)
        assert found.verdict.status == "ok"
    if classes == 2:
        found = TreeShap(tensor(BACKGROUND)).explain(classifier, tensor(ROWS), Target(1, against=0))
        np.testing.assert_allclose(found.values.numpy(), expected, atol=tolerance(name), rtol=0)


def margin(name, model, rows):
    if name == "xgboost":
        return model.predict(rows, output_margin=True).reshape(len(rows), -1)[:, -1]
    return model.predict(rows, raw_score=True).reshape(len(rows), -1)[:, -1]


def test_values_beside_a_threshold_keep_their_side():
    """shap's own trees have thresholds in 32 bits: a row that lies closer to one than that goes the wrong way there."""
    numbers = np.array([[1.0], [1.0 + 1e-9]]).repeat(50, 0)
    model = HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=1).fit(numbers, numbers[:, 0] > 1)
    found = TreeShap(tensor(numbers[:1])).explain(SklearnClassifier(model), tensor(numbers[-1:]), MARGINS)
    assert float(found.values[0, 0]) == pytest.approx(float(found.query.scores[0] - found.reference_scores[0]), abs=1e-6)
    assert abs(float(found.values[0, 0])) > 1


def test_32_bit_inputs_go_the_way_that_the_model_takes_them():
    model = SklearnClassifier(fitted("forest"))
    found = TreeShap(tensor(BACKGROUND).float()).explain(model, tensor(ROWS).float(), 1)
    exact = TreeShap(tensor(BACKGROUND)).explain(model, tensor(ROWS), 1)
    assert found.values.dtype == torch.float32
    torch.testing.assert_close(found.values.double(), exact.values, atol=1e-6, rtol=0)


@pytest.mark.parametrize("background", [None, BACKGROUND])
@pytest.mark.parametrize("name", ["forest", "boosting", "histograms"])
def test_the_model_is_left_as_it_was(name, background):
    model = fitted(name)
    before = model.predict_proba(NUMBERS), state(model)
    TreeShap(None if background is None else tensor(background)).explain(
        SklearnClassifier(model), tensor(ROWS), question_for(name)
    )
    np.testing.assert_array_equal(model.predict_proba(NUMBERS), before[0])
    assert state(model) == before[1]


def state(model):
    if hasattr(model, "_predictors"):
        return [part.nodes.tobytes() for stage in model._predictors for part in stage]
    trees = [part.tree_ for part in np.ravel(model.estimators_)]
    return [
        b"".join(part.tobytes() for part in (tree.value, tree.threshold, tree.weighted_n_node_samples, tree.feature))
        for tree in trees
    ]


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression().fit(NUMBERS, LABELS),
        AdaBoostClassifier(n_estimators=2, random_state=0).fit(NUMBERS, LABELS),
        make_pipeline(StandardScaler(), LogisticRegression()).fit(NUMBERS, LABELS),
    ],
)
def test_a_model_that_is_no_trees_is_refused_with_what_to_take(model):
    with pytest.raises(
        CapabilityError, match=r"is no classifier of such that it knows\. Use `permutation_shap` or `kernel_shap`"
    ):
        TreeShap().explain(SklearnClassifier(model), tensor(ROWS))


def test_a_network_is_refused():
    with pytest.raises(CapabilityError, match="`tree_shap` reads decision trees, and Sequential is no classifier of such"):
        TreeShap().explain(table_classifier(6), tensor(ROWS))


def test_boosting_that_starts_from_another_model_is_refused():
    model = GradientBoostingClassifier(n_estimators=3, init=LogisticRegression()).fit(NUMBERS, LABELS)
    with pytest.raises(CapabilityError, match="starts from a LogisticRegression here"):
        TreeShap().explain(SklearnClassifier(model), tensor(ROWS), MARGINS)


def test_splits_by_categories_are_refused():
    codes = np.floor(4 * np.random.default_rng(0).random((200, 2)))
    model = HistGradientBoostingClassifier(max_iter=3, categorical_features=[0]).fit(codes, codes[:, 0] % 2)
    with pytest.raises(CapabilityError, match="this HistGradientBoostingClassifier splits by sets of categories"):
        TreeShap().explain(SklearnClassifier(model), tensor(codes[:2]), MARGINS)
    boosted = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1, min_data_per_group=1, cat_smooth=0)
    boosted.fit(codes, codes[:, 0] % 2, categorical_feature=[0])
    with pytest.raises(CapabilityError, match="this LGBMClassifier splits by sets of categories"):
        TreeShap().explain(SklearnClassifier(boosted), tensor(codes[:2]), MARGINS)


class Calibrated(RandomForestClassifier):
    """Its trees are not all of it."""

    def predict_proba(self, X):
        squared = super().predict_proba(X) ** 2
        return squared / squared.sum(1, keepdims=True)


def test_trees_that_are_not_all_of_the_model_are_refused_by_the_verdict():
    model = Calibrated(8, max_depth=4, random_state=0).fit(NUMBERS, LABELS)
    found = TreeShap(tensor(BACKGROUND)).explain(SklearnClassifier(model), tensor(ROWS), 1)
    assert found.verdict.status == "refuse"
    assert "they are not all of it" in str(found.verdict)
    assert SAME_SCORE < 0.01


@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_a_step_that_keeps_columns_apart_is_gone_through(scale):
    numbers = scale * NUMBERS
    plain, piped = (
        RandomForestClassifier(8, max_depth=4, random_state=0),
        make_pipeline(StandardScaler(), RandomForestClassifier(8, max_depth=4, random_state=0)),
    )
    plain.fit(numbers, LABELS)
    piped.fit(numbers, LABELS)
    expected = np.stack(
        [shapley_by_definition(lambda rows: piped.predict_proba(rows)[:, 1], scale * row, scale * BACKGROUND) for row in ROWS]
    )
    found = TreeShap(tensor(scale * BACKGROUND)).explain(SklearnClassifier(piped), tensor(scale * ROWS), 1)
    np.testing.assert_allclose(found.values.numpy(), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("step", [PCA(), PolynomialFeatures(2), OneHotEncoder(handle_unknown="ignore")])
def test_a_step_that_may_mix_columns_is_refused(step):
    model = make_pipeline(step, DecisionTreeClassifier(max_depth=3)).fit(np.round(NUMBERS), LABELS)
    with pytest.raises(CapabilityError, match=rf"{type(step).__name__} in front of the trees may mix columns"):
        TreeShap().explain(SklearnClassifier(model), tensor(np.round(ROWS)), 1)


def test_rows_reach_the_trees_through_the_schema():
    model = fitted("forest")
    doubled = DoublingColumns(*[0.0] * 6)
    found = TreeShap(tensor(BACKGROUND / 2)).explain(SklearnClassifier(model, schema=doubled), tensor(ROWS / 2), 1)
    expected = TreeShap(tensor(BACKGROUND)).explain(SklearnClassifier(model), tensor(ROWS), 1)
    torch.testing.assert_close(found.values, expected.values, atol=1e-9, rtol=0)


class DoublingColumns(Columns):
    def to_frame(self, rows):
        return 2 * rows


def test_words_are_refused():
    model = SklearnClassifier(fitted("forest"), schema=WordyColumns(*[0.0] * 6))
    with pytest.raises(CapabilityError, match="the trees are given words here"):
        TreeShap().explain(model, tensor(ROWS), 1)


class WordyColumns(Columns):
    """Words for the method's own look at the rows; the estimator, asked first, gets numbers."""

    asked = 0

    def to_frame(self, rows):
        self.asked += 1
        return rows if self.asked == 1 else np.full(rows.shape, "word")


def test_a_tree_that_never_splits_gives_nothing_to_any_column():
    model = DecisionTreeClassifier(max_depth=1, min_samples_leaf=200).fit(NUMBERS, LABELS)
    for background in (None, tensor(BACKGROUND)):
        found = TreeShap(background).explain(SklearnClassifier(model), tensor(ROWS), 1)
        assert not found.values.any()
        assert found.verdict.status == "warn"
        assert "zero everywhere" in str(found.verdict)


def test_a_tree_of_more_nodes_than_shap_can_count_is_refused_with_a_background():
    draws = np.random.default_rng(0)
    numbers = draws.random((60_000, 2))
    model = DecisionTreeClassifier(random_state=0).fit(numbers, draws.integers(0, 2, 60_000))
    assert model.tree_.node_count > 2**15
    with pytest.raises(
        CapabilityError, match=rf"at most 32767 nodes, which shap counts in 16 bits\. Got one of {model.tree_.node_count}"
    ):
        TreeShap(tensor(numbers[:3])).explain(SklearnClassifier(model), tensor(numbers[:1]), 1)
    found = TreeShap().explain(SklearnClassifier(model), tensor(numbers[:1]), 1)
    assert float(found.diagnostics.completeness_gap.abs().max()) < 1e-9


def test_sums_that_are_off_by_more_than_rounding_are_refused(monkeypatch):
    """shap adds up in 32 bits: a bound below that finds every row."""
    monkeypatch.setattr(tree_games, "ROUNDING", 1e-12)
    found = TreeShap(tensor(BACKGROUND)).explain(SklearnClassifier(fitted("forest")), tensor(ROWS), 1)
    assert [verdict.status for verdict in found.verdicts] == ["refuse"] * 3
    assert "do not add up to what the trees give" in str(found.verdict)


def test_rows_are_explained_in_parts_with_the_same_numbers(monkeypatch):
    model, method = SklearnClassifier(fitted("forest")), TreeShap(tensor(BACKGROUND))
    whole = method.explain(model, tensor(NUMBERS[:7]), 1).values
    monkeypatch.setattr(tree_games, "PASSES_A_CALL", 1000)
    assert torch.equal(method.explain(model, tensor(NUMBERS[:7]), 1).values, whole)


@pytest.mark.parametrize(
    ("background", "message"),
    [
        (torch.zeros(3), r"`background` must be a tensor \(N, \*S\)"),
        (torch.full((2, 6), torch.nan), "`background` must be finite"),
    ],
)
def test_a_background_that_is_none_is_refused(background, message):
    with pytest.raises(InputError, match=message):
        TreeShap(background)


def test_a_background_of_other_columns_is_refused():
    with pytest.raises(InputError, match=r"`background` must hold inputs of shape \(6,\)\. Got \(5,\)"):
        TreeShap(torch.zeros(3, 5)).explain(SklearnClassifier(fitted("forest")), tensor(ROWS))


def test_nothing_of_shap_is_heard_and_the_filters_of_warnings_are_left_alone():
    before = list(warnings.filters)
    explainer("tree_shap", background=tensor(NUMBERS)).explain(SklearnClassifier(fitted("forest")), tensor(ROWS))
    assert warnings.filters == before
