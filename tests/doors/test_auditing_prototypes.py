"""Audits and comparisons take maps of prototypes as they take any other."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

import xaivision as xv
from xaivision import evaluation
from xaivision.core.access import Access
from xaivision.core.granted import granted
from xaivision.data.planted_properties import load
from xaivision.data.split import Split
from xaivision.explainers.prototypes.prototype_matches import PrototypeMatches
from xaivision.models.learned_inputs import LearnedInputs
from xaivision.models.transfer import train

METHODS = {
    "similarity": PrototypeMatches(k=4),
    "place": PrototypeMatches(k=4, maps="place"),
    "perturbation": PrototypeMatches(k=4, maps="perturbation", window=8, stride=8),
    "saliency": "saliency",
}


@pytest.fixture(scope="module")
def data():
    return load("planted_properties", count=40)


@pytest.fixture(scope="module")
def model(data):
    settings = {"backbone": "three_convolutions", "width": 16, "per_class": 2, "epochs": 3, "cycles": 2}
    return train(data, model="proto_part", **settings).classifier


def test_an_audit_judges_prototypes_beside_a_gradient(model, data):
    found = xv.audit(model, data, METHODS, ["deletion", "sparseness", "random_logit"], metric_settings={"deletion": {"steps": 4}})
    assert set(found.methods) == set(METHODS)
    assert {one.method for one in found.conclusions} == set(METHODS)
    assert [row.error for row in found.rows if row.error] == []
    for metric in ("deletion", "sparseness", "random_logit"):
        for label in METHODS:
            values = [row.value for row in found.rows if (row.method, row.metric, row.variant) == (label, metric, "")]
            assert len(values) == len(data.test.inputs), (label, metric)
            assert bool(torch.tensor(values).isfinite().any()), (label, metric)


def test_a_comparison_draws_and_judges_them_together(model, data):
    pictures = data.test.inputs[:2]
    found = xv.compare(model, pictures, METHODS, metrics=["deletion"], metric_settings={"deletion": {"steps": 4}})
    assert found.failures == {}
    assert set(found.scores["deletion"]) >= set(METHODS)
    assert {"similarity", "place", "perturbation", "saliency"} <= set(found.agreement_labels)
    assert found.show(0).axes


def test_an_audit_takes_inputs_with_their_labels_as_a_data_set_gives_them(model, data):
    pair, alone = (xv.audit(model, one, ["saliency"], ["sparseness"]) for one in (data.test, data.test.inputs))
    assert [row.value for row in pair.rows] == [row.value for row in alone.rows]


def test_an_audit_says_how_many_items_the_model_has_learned_from(model, data):
    rows = model.model.source_rows.unique()
    known = torch.cat([data.inputs[rows], data.test.inputs[:2]])
    said = [" ".join(xv.audit(model, one, ["saliency"], ["sparseness"]).checklist.cannot_say) for one in (known, data)]
    assert f"it has learned from at least {len(rows)} of {len(known)} items" in said[0]
    assert "learned from" not in said[1]


def test_a_comparison_says_which_inputs_the_model_has_learned_from(model, data):
    known = data.inputs[model.model.source_rows[0]]
    pictures = torch.stack([data.test.inputs[0], known, data.test.inputs[1]])
    found = xv.compare(model, pictures, {name: METHODS[name] for name in ("similarity", "saliency")}, metrics=["sparseness"])
    assert found.learned == (1,)
    for label in found.methods:
        assert "the model has learned from at least 1 of 3 inputs" in " ".join(found.verdicts[label].reasons)
        said = ["the model has learned from this input" in " ".join(found.verdict_of(label, index).reasons) for index in range(3)]
        assert said == [False, True, False]
        assert found.verdict_of(label, 1).status == "warn"
    new = xv.compare(model, pictures[[0, 2]], ["saliency"], metrics=["sparseness"])
    assert new.learned == ()
    assert "has learned" not in " ".join(new.verdicts["saliency"].reasons)


@pytest.mark.parametrize("evaluator", ["sparseness", "random_logit"])
def test_a_metric_and_a_sanity_check_say_it_as_well(model, data, evaluator):
    known, new = data.inputs[model.model.source_rows[0]], data.test.inputs[0]
    said = [
        "has learned from this input" in " ".join(xv.evaluate(model, one, "saliency", evaluator).notes) for one in (known, new)
    ]
    assert said == [True, False]


def test_a_search_for_shortcuts_says_which_pictures_the_model_has_learned_from(model, data):
    everything = torch.arange(len(data))
    held = replace(data, fixed_split=Split(everything[:0], everything))
    told = [xv.shortcuts(one, model, methods=["saliency"], probes=["color"]) for one in (held, data)]
    assert [one.learned for one in told] == [len(model.model.source_rows.unique()), 0]
    said = [" ".join(one.sentences) for one in told]
    assert f"It has learned from at least {told[0].learned} of these pictures" in said[0]
    assert "It has learned from" not in said[1]


def test_what_may_not_read_weights_does_not_look_for_training_inputs_in_them(model, data):
    known = data.inputs[model.model.source_rows[0]]
    assert known in LearnedInputs(model)
    assert known.double().add(5e-7) in LearnedInputs(model)  # as other ways to read a gray picture give it
    assert known.add(1e-3) not in LearnedInputs(model)
    assert known[:, :-1] not in LearnedInputs(model)
    assert data.test.inputs[0] not in LearnedInputs(model)
    assert not LearnedInputs(granted(model, Access.GRADIENTS))
    assert not LearnedInputs(xv.load_model("wine_logistic"))


def test_nothing_in_audits_and_comparisons_knows_of_prototypes():
    folder = Path(evaluation.__file__).parent
    files = [folder / "comparison.py", folder / "measurement.py", *(folder / "audit").rglob("*.py")]
    assert len(files) > 20
    assert not [file.name for file in files if "prototype" in file.read_text(encoding="utf-8").lower()]
