import io
from dataclasses import replace

import numpy as np
import pytest
import torch

import xaivision as xv
from xaivision.core.diagnostics import Diagnostics, Note
from xaivision.report.arrays import arrays_file


@pytest.fixture(scope="module")
def comparison():
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(5, 3)).eval()
    model = xv.classifier(module, domain="tabular", num_classes=3, score_unit="logit")
    rows = torch.rand(2, 5, generator=torch.Generator().manual_seed(0))
    return xv.compare(model, rows, ["saliency", "occlusion"], metrics=[])


def arrays_of(comparison):
    return np.load(io.BytesIO(arrays_file(comparison)), allow_pickle=False)


def test_the_file_holds_the_question_and_every_raw_map(comparison):
    found = arrays_of(comparison)
    assert set(found) == {"inputs", "targets", "scores", *(f"map/{label}" for label in comparison.explanations)}
    assert np.array_equal(found["inputs"], comparison.query.inputs.numpy())
    assert np.array_equal(found["targets"], comparison.query.targets.numpy())
    for label, explanation in comparison.explanations.items():
        assert np.array_equal(found[f"map/{label}"], explanation.values.numpy())


def test_what_is_refused_is_no_number(comparison):
    one = comparison.explanations["saliency"]
    doubted = replace(one, diagnostics=Diagnostics(notes=(Note("refuse", "cut", (1,)),)))
    found = arrays_of(replace(comparison, explanations={**comparison.explanations, "saliency": doubted}))["map/saliency"]
    assert np.isnan(found[1]).all()
    assert np.array_equal(found[0], one.values[0].numpy())
    assert torch.isfinite(one.values).all(), "the explanation itself stays as it is"
