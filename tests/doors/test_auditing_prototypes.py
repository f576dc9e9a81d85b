"""Audits and comparisons take maps of prototypes as they take any other."""

from pathlib import Path

import pytest
import torch

import xaivision as xv
from xaivision import evaluation
from xaivision.data.planted_properties import load
from xaivision.explainers.prototypes.prototype_matches import PrototypeMatches
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


def test_nothing_in_audits_and_comparisons_knows_of_prototypes():
    folder = Path(evaluation.__file__).parent
    files = [folder / "comparison.py", folder / "measurement.py", *(folder / "audit").rglob("*.py")]
    assert len(files) > 20
    assert not [file.name for file in files if "prototype" in file.read_text(encoding="utf-8").lower()]
