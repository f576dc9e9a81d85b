"""The pages of a study with people in a browser: what is chosen is saved as a file that `import_answers` reads."""

import json

import pytest
import torch

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.evaluation.simulatability.design import Design
from xaivision.evaluation.simulatability.study import export_study, import_answers
from xaivision.explainers.feature_ablation import FeatureAblation

pytestmark = pytest.mark.slow
NAMES = ('a "quoted", name', "<i>other</i>")


def scores(rows):
    place = rows @ torch.tensor([3.0, -2.0, 1.5, 1.0, -1.0, 0.5])
    return torch.stack([6 - place, place - 6], 1)


@pytest.fixture(params=["forward", "counterfactual"])
def study(request, tmp_path):
    rows = torch.randint(5, (200, 6), generator=torch.Generator().manual_seed(0)).float()
    model = FunctionClassifier(scores, 2, score_unit="logit", domain="tabular", array="torch", class_names=NAMES)
    design = Design(items=4, learned=2, users=1, control=False)
    return export_study(tmp_path / "study", request.param, FeatureAblation(baseline="zeros"), model, rows, design=design)


def right(key, phase, place):
    """Always the first class before, and what is right afterwards."""
    item = key["items"][key["users"]["user1"]["order"][place - 1]]
    return {"before": NAMES[0], "after": item["right"], "rating": "6"}[phase]


def test_answers_are_saved_by_the_page_once_all_are_given(study, chromium):
    key = json.loads((study / "key.json").read_text())
    context = chromium.new_context(accept_downloads=True, offline=True)
    page = context.new_page()
    pages = sorted((study / "user1").glob("*.html"))
    page.goto(pages[0].as_uri())
    for file in pages:
        assert page.url == file.as_uri()  # each leads to the next
        groups = page.evaluate("[...new Set([...document.querySelectorAll('input')].map(one => one.name))]")
        for group in groups[:-1]:
            phase, place = group.split()
            page.locator(f'input[name="{group}"]').and_(page.get_by_label(right(key, phase, int(place)))).first.check()
        page.click("button")
        assert not page.is_visible(".saved")  # one is missing
        phase, place = groups[-1].split()
        page.locator(f'input[name="{groups[-1]}"]').and_(page.get_by_label(right(key, phase, int(place)))).first.check()
        with page.expect_download() as saved:
            page.click("button")
        assert page.is_visible(".saved")
        saved.value.save_as(study / "user1" / saved.value.suggested_filename)
        if file != pages[-1]:
            page.click("section:last-of-type a")
    context.close()
    found = import_answers(study)
    assert (float(found.explained.before.mean()), float(found.explained.after.mean())) == (0.5, 1.0)
    assert found.explained.rating == 6 or key["task"] == "counterfactual"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_telephone(study, chromium, scheme):
    context = chromium.new_context(viewport={"width": 420, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    for file in sorted((study / "user1").glob("*.html")):
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 420
    context.close()
