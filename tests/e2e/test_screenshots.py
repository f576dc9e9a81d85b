"""Pictures of every page for a person to look at, and what a machine can say of them: nothing sticks out, nothing is missing."""

import os
import tempfile
from pathlib import Path

import pytest

# A person looks at these: they are no part of the repository.
PICTURES = Path(os.environ.get("XAIVISION_SCREENSHOTS", Path(tempfile.gettempdir()) / "xaivision_screenshots"))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PAGES = {
    "photos": "/?photos_methods=saliency&photos_methods=grad_cam&photos_methods=occlusion",
    "photos_faithfulness": "/?photos_methods=saliency&photos_methods=grad_cam&photos_tab=Faithfulness",
    "photos_agreement": "/?photos_methods=saliency&photos_methods=grad_cam&photos_tab=Agreement",
    "photos_region": "/?photos_methods=saliency&photos_tab=Region&photos_judge=false",
    "sonar_mask": "/sonar?sonar_model=sonar48_convnet&sonar_methods=saliency&sonar_methods=grad_cam&sonar_tab=Mask",
    "tables": "/tables?tables_table=wine&tables_model=wine_forest",
    "tables_changes": "/tables?tables_table=wine&tables_model=wine_forest&tables_methods=tree_shap&tables_tab=Changes",
    "tables_like_cases": "/tables?tables_table=wine&tables_model=wine_forest&tables_methods=tree_shap&tables_tab=Like+cases",
    "sonar_shortcuts": "/sonar?sonar_about=Shortcuts+of+a+set&sonar_pictures=60",
    "surrogates": "/surrogates?surrogates_table=breast_cancer&surrogates_model=breast_cancer_forest&surrogates_k=8",
    "surrogates_tree": "/surrogates?surrogates_table=wine&surrogates_model=wine_forest&surrogates_tab=Tree",
    "surrogates_rules": "/surrogates?surrogates_table=wine&surrogates_model=wine_forest&surrogates_tab=Rules",
    "surrogates_disagreement": "/surrogates?surrogates_table=wine&surrogates_model=wine_forest&surrogates_tab=Disagreement",
    "surrogates_row": "/surrogates?surrogates_table=wine&surrogates_model=wine_forest&surrogates_tab=One+row",
    "prototypes": "/prototypes?prototypes_epochs=3",
    "prototypes_pairs": "/prototypes?prototypes_epochs=3&prototypes_tab=This+looks+like+that",
    "prototypes_rows": "/prototypes?prototypes_model=wine%2C+trained+here&prototypes_system=rbf",
    "audit": "/audit",
    "methods": "/methods",
}
STICKS_OUT = """() => {
  const page = document.querySelector('[data-testid=stMain]');
  return page.scrollWidth - page.clientWidth;
}"""
WITHOUT_WORDS = """() => {
  const inside = [...document.querySelectorAll('*')].map(one => one.shadowRoot).filter(Boolean);
  const pictures = [document, ...inside].flatMap(root => [...root.querySelectorAll('img')]);
  return pictures.filter(one => !one.hidden && !one.alt).length;
}"""


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (420, "dark")])
@pytest.mark.parametrize("name", list(PAGES))
def test_a_page_fits_its_window_and_every_picture_has_words(browsed, name, width, scheme):
    view = browsed(PAGES[name], width, scheme)
    height = view.page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    PICTURES.mkdir(parents=True, exist_ok=True)
    view.page.screenshot(path=PICTURES / f"{name}_{width}.png")
    view.page.set_viewport_size({"width": width, "height": min(6000, max(900, height + 40))})
    view.page.wait_for_timeout(800)
    view.page.screenshot(path=PICTURES / f"{name}_{width}_whole.png")
    assert view.page.evaluate(STICKS_OUT) <= 0
    assert view.page.evaluate(WITHOUT_WORDS) == 0
    assert view.errors == []
