import pytest

import xaivision as xv
from xaivision import offers
from xaivision.data.named_sets.named_set import named_sets
from xaivision.data.named_sets.obtaining import MARK


def test_counterfactual_methods_are_those_that_answer_with_counterfactuals_and_fit():
    model = xv.load_model("wine_forest")
    found = offers.counterfactual_methods(model, ("background",))
    assert {"random_counterfactuals", "face", "decision_boundary"} <= set(found)
    assert "gradient_counterfactuals" not in found, "a forest has no gradients"
    assert "anchors" not in found
    assert offers.counterfactual_methods(model) == (), "all need known rows"
    assert "gradient_counterfactuals" in offers.counterfactual_methods(xv.load_model("wine_mlp"), ("background",))


def test_a_set_is_offered_once_it_was_fetched(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert offers.fetched_sets() == ()
    name = next(iter(named_sets()))
    folder = tmp_path / "xaivision" / "datasets" / name
    folder.mkdir(parents=True)
    (folder / MARK).write_text("{}")
    assert offers.fetched_sets() == (name,)


def test_training_classes_are_those_of_the_rows_that_are_learned_from():
    data = xv.load_dataset("wine")
    assert offers.training_classes(data) == tuple(data.class_names[label] for label in data.train.targets.tolist())
    assert offers.training_classes(data.train.inputs) == ()


@pytest.mark.parametrize("name", offers.SURROGATE_KINDS)
def test_every_kind_that_is_offered_is_made(name):
    study = xv.surrogate(xv.load_model("wine_logistic"), "wine", kind=name, k=2, depth=2, trees=5, draws=2, resamples=2)
    assert study.plan.kind == name
