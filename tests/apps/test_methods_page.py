"""The page of cards: one for everything that is registered."""

import pytest

from xaivision.catalog import full_cards
from xaivision.evaluation.registry import EVALUATORS
from xaivision.explainers.registry import explainers


@pytest.fixture
def said(visit):
    return lambda **query: "\n".join(one.value for one in visit("methods", **query).at.markdown).replace("\\", "")


@pytest.mark.parametrize(
    ("shelf", "names"),
    [
        ("Methods", [name for name, made in explainers().items() if not made.about.control]),
        ("Controls", [name for name, made in explainers().items() if made.about.control]),
        ("Metrics and sanity checks", list(EVALUATORS)),
    ],
)
def test_every_registered_one_has_a_card(visit, shelf, names):
    page = visit("methods", methods_shelf=shelf)
    found = []
    pages = -(-len(names) // 12)
    for place in range(1, pages + 1):
        if pages > 1:
            page.set(f"shelf_page_{pages}", place)
        found += [one.value.removeprefix("#### ").replace("\\", "") for one in page.at.markdown if one.value.startswith("####")]
    assert found == names


def test_a_card_says_what_it_answers_when_it_misleads_what_it_costs_and_where_it_is_from(said):
    text = said(methods_search="integrated gradients sundararajan")
    (card,) = [one for one in full_cards("methods")["methods"] if one["name"] == "integrated_gradients"]
    for fact in ("answers", "misleads", "cost", "source"):
        assert card[fact] in text


def test_cards_are_filtered_by_words_inputs_and_access(said):
    trees = said(methods_search="tree shap")
    assert "tree_shap" in trees
    assert "grad_cam" not in trees
    tables = said(methods_for="tables", methods_needs="activations")
    assert "grad_cam" not in tables


def test_where_no_card_fits_the_page_says_so(visit):
    page = visit("methods", methods_search="no card says xyzzy")
    assert [one.value for one in page.at.info] == ["No card fits. Take a filter away."]
