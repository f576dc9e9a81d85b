"""What the cards of all kinds say, told and read back."""

import json
from dataclasses import fields, replace

import pytest
import torch

from xaivision.models.class_counts import ClassCounts
from xaivision.models.learned_card import LearnedCard
from xaivision.models.prototypes.prototype_card import PrototypeCard
from xaivision.models.prototypes.prototype_recipe import PrototypeRecipe
from xaivision.models.told_parts import card_made
from xaivision.models.trained_card import TrainedCard
from xaivision.models.trained_scores import trained_scores
from xaivision.models.transfer_recipe import TransferRecipe
from xaivision.report.trained_table import trained_table

LOGITS = torch.tensor([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [3.0, 0.0, 0.0]])
SAID = {
    "backbone": "lite0",
    "weights": "EfficientNet-Lite0",
    "pretrained": True,
    "weights_digest": "w",
    "preprocessing": "as it is",
    "parameters": 7,
    "data": "sonar",
    "data_license": "MIT",
    "data_digest": "of-the-data",
    "split_digest": "of-the-split",
    "counts": (ClassCounts("fish", 30, 5, 1), ClassCounts("mine", 20, 4, 2), ClassCounts("ship", 10, 3, 0)),
    # No test picture is a ship: its recall is NaN, which JSON cannot hold.
    "scores": trained_scores(LOGITS, torch.tensor([0, 1, 1]), ("fish", "mine", "ship")),
}
TRAINED = TrainedCard(name="net", recipe=TransferRecipe(seed=11), head_losses=(1.5, 1.0), tuning_losses=(), **SAID)
OF_PROTOTYPES = PrototypeCard(
    name="parts",
    system="rbf",
    prototypes=(2, 2, 1),
    distinct=5,
    pruned=0,
    recipe=PrototypeRecipe(seed=11, losses={"cluster": 0.5}),
    losses=(1.5,),
    moved=(0.1,),
    fallen=(0.0,),
    kept_cycle=1,
    radius=0.25,
    **SAID,
)
KINDS = [(TRAINED, TransferRecipe), (OF_PROTOTYPES, PrototypeRecipe)]


def of_tested_classes(card):
    """The card without the recalls of classes that no test picture is of: NaN is not equal to itself."""
    recalls = tuple(recall for recall in card.scores.recalls if recall.count)
    return replace(card, scores=replace(card.scores, recalls=recalls))


@pytest.mark.parametrize(("card", "recipe"), KINDS)
def test_a_card_told_in_json_comes_back_equal(card, recipe):
    told = json.loads(json.dumps(card.plain(), allow_nan=False))
    assert told["scores"]["recalls"][2]["share"] is None
    back = card_made(type(card), recipe, told)
    assert of_tested_classes(back) == of_tested_classes(card)
    recall = back.scores.recalls[2]
    assert (recall.name, recall.count, recall.share == recall.share, recall.low == recall.low) == ("ship", 0, False, False)


@pytest.mark.parametrize(("card", "recipe"), KINDS)
def test_a_card_that_tells_no_reliability_is_read(card, recipe):
    told = card.plain()
    del told["scores"]["reliability"]
    assert card_made(type(card), recipe, told).scores.reliability == ()


@pytest.mark.parametrize(("card", "recipe"), KINDS)
def test_a_card_with_a_field_that_is_not_known_does_not_fit(card, recipe):
    with pytest.raises(TypeError):
        card_made(type(card), recipe, {**card.plain(), "mood": "good"})


@pytest.mark.parametrize(("card", "recipe"), KINDS)
def test_plain_values_stand_in_the_order_of_the_fields(card, recipe):
    assert isinstance(card, LearnedCard)
    assert list(card.plain()) == [part.name for part in fields(card)]
    assert {"name", "data", "counts", "scores", "versions"} < set(card.plain())


@pytest.mark.parametrize(("card", "recipe"), KINDS)
def test_the_page_says_what_was_learned_from_between_its_name_and_its_tables(card, recipe):
    lines = card.markdown("card.png").splitlines()
    assert lines[:3] == [f"# {card.name}", "", f"![Confusion matrix and reliability of {card.name}](card.png)"]
    start = lines.index("- Preprocessing: as it is")
    assert lines[start + 1] == "- Data: sonar (60 train, 12 validation, 3 test), license: MIT, SHA-256 of-the-data"
    assert lines[start + 2] == "- Split: SHA-256 of-the-split, seed 11"
    assert lines[start + 3].startswith("- Settings: seed=11, ")
    assert start + 3 < lines.index("| fish | 30 | 5 | 1 | 1.000 | 0.207 to 1.000 |")
    assert "](" not in card.markdown()


def test_each_kind_says_what_decides_in_it():
    assert "- Tuned: nothing but the last layer" in TRAINED.markdown()
    page = OF_PROTOTYPES.markdown()
    assert "- Model: RBF network" in page
    assert "- Prototypes: 2 fish, 2 mine, 1 ship; 5 on different places." in page
    assert "- Median certified radius of what is classified rightly: 0.25" in page


def test_what_falls_does_not_rise_by_a_negative_number():
    card = replace(OF_PROTOTYPES, moved=(0.1, 0.25, -0.405, -0.0001), fallen=(0.0, -0.02, 0.0), kept_cycle=3)
    said = "the validation loss rose by 0.100, 0.250, fell by 0.405, rose by 0.000; the accuracy fell by 0.000, rose by 0.020, "
    assert f"{said}fell by 0.000. Kept is cycle 3." in card.markdown()


def test_the_table_of_a_training_says_whether_it_was_tested_on_pictures_or_rows():
    assert str(trained_table(OF_PROTOTYPES).caption).splitlines()[0].endswith("on 3 test pictures.")
    assert str(trained_table(replace(OF_PROTOTYPES, backbone="")).caption).splitlines()[0].endswith("on 3 test rows.")
