"""Pictures of every page for a person to look at, and what a machine can say of them: nothing sticks out, nothing is missing."""

import os
import tempfile
from pathlib import Path

import pytest

# A person looks at these; `docs/pictures.py` takes some of them for the documents.
PICTURES = Path(os.environ.get("XAIVISION_SCREENSHOTS", Path(tempfile.gettempdir()) / "xaivision_screenshots"))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PHOTO = "/?photos_model=efficientnet_lite0&photos_methods=" + "&photos_methods=".join(
    ("grad_cam", "integrated_gradients", "layerwise_relevance", "saliency")
)
WINE_LEARNED = "/prototypes?prototypes_model=wine%2C+trained+here&prototypes_system=rbf"
AUDITED = "audit_model=sonar48_convnet&audit_data=sonar48&audit_rows=0-11&audit_out=audited&audit_metrics=deletion"
PAGES = {
    "photos": PHOTO,
    "photos_faithfulness": f"{PHOTO}&photos_tab=Faithfulness",
    "photos_agreement": f"{PHOTO}&photos_tab=Agreement",
    "photos_export": f"{PHOTO}&photos_tab=Export",
    "photos_words": "/?photos_model=efficientnet_lite0&photo=cup+of+coffee&photos_methods=grad_cam&photos_judge=false"
    "&photos_tab=In+words",
    "photos_region": "/?photos_methods=saliency&photos_tab=Region&photos_judge=false",
    "sonar": "/sonar?sonar_model=sonar48_convnet&sonar_scene=2",
    "sonar_mask": "/sonar?sonar_model=sonar48_convnet&sonar_scene=2&sonar_tab=Mask",
    "sonar_words": "/sonar?sonar_model=sonar48_convnet&sonar_scene=2&sonar_methods=grad_cam&sonar_judge=false&sonar_tab=In+words",
    "sonar_stranger": "/sonar?sonar_model=sonar48_convnet&sonar_source=Side-scan+scenes&sonar_methods=grad_cam&sonar_judge=false",
    "tables": "/tables?tables_table=wine&tables_model=wine_forest",
    "tables_changes": "/tables?tables_table=wine&tables_model=wine_forest&tables_methods=tree_shap&tables_tab=Changes",
    "tables_rules": "/tables?tables_table=wine&tables_model=wine_logistic&tables_methods=occlusion&tables_tab=Rules",
    "tables_like_cases": "/tables?tables_table=wine&tables_model=wine_forest&tables_methods=tree_shap&tables_tab=Like+cases",
    "sonar_shortcuts": "/sonar?sonar_about=Shortcuts+of+a+set&sonar_pictures=60",
    "surrogates": "/surrogates?surrogates_table=breast_cancer&surrogates_model=breast_cancer_forest&surrogates_k=8",
    "surrogates_tree": "/surrogates?surrogates_table=wine&surrogates_model=wine_forest&surrogates_tab=Tree",
    "surrogates_rules": "/surrogates?surrogates_table=wine&surrogates_model=wine_forest&surrogates_tab=Rules",
    "surrogates_disagreement": "/surrogates?surrogates_table=wine&surrogates_model=wine_forest&surrogates_tab=Disagreement",
    "surrogates_row": "/surrogates?surrogates_table=wine&surrogates_model=wine_forest&surrogates_tab=One+row",
    "prototypes": "/prototypes",
    "prototypes_pairs": "/prototypes?prototypes_tab=This+looks+like+that",
    "prototypes_rows": WINE_LEARNED,
    "prototypes_rows_pairs": f"{WINE_LEARNED}&prototypes_tab=This+looks+like+that",
    "audit": "/audit",
    "audit_done": f"/audit?{AUDITED}&audit_methods=grad_cam&audit_methods=saliency",
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


def finished(view):
    """The audit that the address asks for, once it is done."""
    view.page.get_by_role("button", name="Start, or go on").click()
    view.page.get_by_text("Items, the worst first").wait_for()
    view.idle()


# What is done on a page before it is photographed.
DONE = {"audit_done": finished}


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (420, "dark")])
@pytest.mark.parametrize("name", list(PAGES))
def test_a_page_fits_its_window_and_every_picture_has_words(browsed, name, width, scheme):
    view = browsed(PAGES[name], width, scheme)
    if name in DONE:
        DONE[name](view)
    photographed(view, f"{name}_{width}")


def photographed(view, name):
    """What is seen at first and the whole page, once nothing sticks out, nothing lacks words, and nothing was complained of."""
    width = view.page.viewport_size["width"]
    height = view.page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    PICTURES.mkdir(parents=True, exist_ok=True)
    view.page.screenshot(path=PICTURES / f"{name}.png")
    view.page.set_viewport_size({"width": width, "height": min(6000, max(900, height + 40))})
    view.page.wait_for_timeout(800)
    view.page.screenshot(path=PICTURES / f"{name}_whole.png")
    assert view.page.evaluate(STICKS_OUT) <= 0
    assert view.page.evaluate(WITHOUT_WORDS) == 0
    assert view.errors == []
