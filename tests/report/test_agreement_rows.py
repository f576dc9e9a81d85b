import pytest
import torch

import xaivision as xv
from xaivision.report.page import agreement_rows


@pytest.fixture(scope="module")
def comparison():
    torch.manual_seed(0)
    model = xv.classifier(torch.nn.Linear(12, 3).eval(), domain="tabular", num_classes=3, score_unit="logit")
    rows = torch.rand(2, 12, generator=torch.Generator().manual_seed(0))
    return xv.compare(model, rows, ["saliency", "occlusion", "input_x_gradient"], controls=[], metrics=[])


def said(rows):
    return [[cell[0] for cell in row.cells] for row in rows]


def test_the_usual_measure_is_the_rank_correlation(comparison):
    assert said(agreement_rows(comparison)) == said(agreement_rows(comparison, "rank_correlation"))


def test_another_measure_is_the_librarys(comparison):
    mean = comparison.agreement_by("sign_agreement").nanmean(0)
    rows = agreement_rows(comparison, "sign_agreement")
    assert [row.label for row in rows] == list(comparison.agreement_labels)
    assert [[float(text.replace("−", "-")) for text in line] for line in said(rows)] == [
        [round(float(value), 2) for value in line] for line in mean
    ]
    assert said(rows) != said(agreement_rows(comparison))
