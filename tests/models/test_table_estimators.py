import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from xaivision.core.errors import Cancelled
from xaivision.core.progress import CancelToken, reporting
from xaivision.data.registry import load_dataset
from xaivision.models import load_model, model_card, table_estimators
from xaivision.models.registry import MODELS

NAMES = sorted(name for name, entry in MODELS.items() if entry.room.endswith("table_estimators"))
TABLES = {name: name.rpartition("_")[0] for name in NAMES}


@pytest.fixture
def untrained():
    table_estimators._fitted.cache_clear()


@pytest.mark.parametrize("name", NAMES)
def test_the_card_tells_the_accuracy_that_the_estimator_itself_reaches_on_held_out_rows(name):
    data, model, card = load_dataset(TABLES[name]), load_model(name), model_card(name)
    rows, targets = data.test
    right = model.model.predict(data.schema.to_frame(rows.numpy())) == targets.numpy()
    assert card.accuracy == pytest.approx(right.mean(), abs=1e-12)
    assert card.measured_on.startswith(f"{len(rows)} held-out rows of {TABLES[name]}")
    commonest = float(data.targets.bincount().max()) / len(data)
    assert card.accuracy > commonest + 0.15


@pytest.mark.parametrize("name", NAMES)
def test_class_names_are_the_datasets_in_the_order_of_the_scores(name):
    data, model = load_dataset(TABLES[name]), load_model(name)
    assert model.class_names == data.class_names
    rows, targets = data.train
    named = [model.class_names[column] for column in model(rows).argmax(1)]
    true = [data.class_names[target] for target in targets]
    assert np.mean([a == b for a, b in zip(named, true, strict=True)]) > 0.85


@pytest.mark.parametrize("name", NAMES)
def test_scores_are_probabilities_of_rows_in_their_own_units(name):
    data, model = load_dataset(TABLES[name]), load_model(name)
    scores = model(data.test.inputs)
    assert (model.domain, model.score_unit, model.schema.names) == ("tabular", "probability", data.schema.names)
    assert model.input_shape == data.inputs.shape[1:]
    assert scores.dtype == torch.float32
    torch.testing.assert_close(scores.sum(1), torch.ones(len(scores)), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["uci_sonar_forest", "wine_logistic"])
def test_a_fresh_training_gives_the_same_scores_and_touches_no_random_state(name, untrained):
    rows = load_dataset(TABLES[name]).test.inputs
    first = load_model(name)(rows)
    table_estimators._fitted.cache_clear()
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tobytes()  # noqa: NPY002 - the global one
    assert torch.equal(first, load_model(name)(rows))
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]
    assert np.random.get_state()[1].tobytes() == states[2]  # noqa: NPY002 - the global one


@pytest.mark.parametrize("name", ["uci_sonar_forest", "wine_logistic"])
def test_nothing_is_learned_from_the_held_out_rows(name, untrained, monkeypatch):
    data = load_dataset(TABLES[name])
    before = load_model(name)(data.test.inputs)
    blinded = data.inputs.clone()
    blinded[data.split.test] = 0
    table_estimators._fitted.cache_clear()
    monkeypatch.setattr(table_estimators, "load_dataset", lambda _name: replace(data, inputs=blinded))
    assert torch.equal(load_model(name)(data.test.inputs), before)


def test_a_second_load_does_not_train_again(monkeypatch):
    load_model("wine_forest")
    monkeypatch.setattr(table_estimators, "KINDS", {"forest": None})
    assert load_model("wine_forest").num_classes == 3


def test_changing_a_loaded_model_changes_no_other():
    model, rows = load_model("wine_logistic"), load_dataset("wine").test.inputs
    before = load_model("wine_logistic")(rows)
    model.model[-1].coef_[:] = 0
    assert torch.equal(load_model("wine_logistic")(rows), before)


def test_the_card_counts_what_was_learned():
    assert model_card("uci_sonar_logistic").parameters == 60 + 1
    assert model_card("wine_logistic").parameters == 3 * (13 + 1)
    forest = load_model("wine_forest").model
    splits = sum(int((tree.tree_.children_left >= 0).sum()) for tree in forest.estimators_)
    assert model_card("wine_forest").parameters == splits


def test_training_is_reported_and_can_be_cancelled(untrained):
    token, seen = CancelToken(), []

    class Bar:
        def start(self, what, total):
            seen.append((what, total))
            return self

        def advance(self):
            seen.append("advance")

        def finish(self):
            seen.append("finish")

    with reporting(Bar()):
        load_model("wine_logistic")
    assert seen == [("training wine_logistic", 1), "advance", "finish"]
    table_estimators._fitted.cache_clear()
    token.cancel()
    with pytest.raises(Cancelled), reporting(None, token):
        load_model("wine_logistic")
    assert load_model("wine_logistic").num_classes == 3
