from io import StringIO

import pytest
from rich.console import Console

from xaivision.catalog import OVERVIEW, SHELVES, catalog, full_cards
from xaivision.core.errors import UnknownNameError
from xaivision.report.table import overview_table


@pytest.mark.parametrize("shelf", SHELVES)
def test_in_a_narrow_terminal_the_overview_is_one_line_each_with_the_whole_name(shelf):
    (cards,) = catalog(shelf).values()
    console = Console(file=StringIO(), width=80)
    console.print(overview_table(shelf, cards, OVERVIEW[shelf]))
    lines = [line for line in console.file.getvalue().splitlines() if line.strip()][2:]
    assert [line.split()[0] for line in lines] == [card["name"] for card in cards]
    assert all(len(line) <= 80 for line in lines)


def test_a_full_card_adds_the_settings_and_what_a_data_set_costs_to_use():
    (card,) = full_cards("metrics", "deletion")["metrics"]
    assert card.items() > catalog("metrics")["metrics"][0].items()
    assert "steps=32" in card["settings"]
    (card,) = full_cards("methods", "nearest_examples")["methods"]
    assert "background (to be given)" in card["settings"]
    (card,) = full_cards("datasets", "uci_sonar")["datasets"]
    assert card["license"] == "CC BY 4.0"


def test_a_model_that_has_to_be_downloaded_has_a_card_too():
    (card,) = full_cards("models", "resnet18")["models"]
    assert card["num_classes"] == 1000


def test_names_that_are_on_no_shelf_are_answered_with_the_closest():
    with pytest.raises(UnknownNameError, match=r"`metrix` is not a known list\. Did you mean `metrics`"):
        full_cards("metrix")
    with pytest.raises(UnknownNameError, match=r"`wyne` is not a known dataset\. Did you mean `wine`"):
        full_cards("datasets", "wyne")
    with pytest.raises(UnknownNameError, match="`sobel` is not a known method"):
        full_cards("methods", "sobel")
