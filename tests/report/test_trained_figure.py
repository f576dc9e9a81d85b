import json

import pytest
import torch

from xaivision.models.trained_card import ClassCounts, TrainedCard
from xaivision.models.trained_scores import trained_scores
from xaivision.models.transfer_recipe import TransferRecipe
from xaivision.report.trained_figure import MOST_WITH_NUMBERS, trained_figure
from xaivision.report.trained_files import write_trained_card


def card_of(names=("fish", "mine", "ship"), *, pretrained=True, name="sonar_lite0"):
    """Of each class ten pictures, of which the first is taken for the next class."""
    targets = torch.arange(len(names)).repeat_interleave(10)
    called = torch.where(torch.arange(len(targets)) % 10 == 0, (targets + 1) % len(names), targets)
    logits = torch.nn.functional.one_hot(called, len(names)).double() * 4
    counts = tuple(ClassCounts(one, 30, 5, 10) for one in names)
    words = ("lite0", "EfficientNet-Lite0", pretrained, "w", "as it is", 7, "sonar", "MIT", "d", "s")
    return TrainedCard(name, *words, counts, TransferRecipe(), (1.0,), (), trained_scores(logits, targets, tuple(names)))


def words_in(figure):
    found = [text.get_text() for text in figure.texts]
    for axes in figure.findobj(lambda one: hasattr(one, "get_xlabel")):
        found += [text.get_text() for text in axes.texts] + [axes.get_xlabel(), axes.get_ylabel()]
    return found


def test_every_class_stands_at_its_row_and_column_with_its_counts():
    words = words_in(trained_figure(card_of()))
    for name in ("fish", "mine", "ship"):
        assert words.count(name) == 2
    assert (words.count("9"), words.count("1")) == (3, 3)
    assert "0" not in words
    assert "how sure the classifier is" in words


def test_many_classes_have_squares_without_numbers():
    names = [f"c{number:02}" for number in range(MOST_WITH_NUMBERS + 1)]
    words = words_in(trained_figure(card_of(names)))
    assert words.count("c05") == 2
    assert "9" not in words


def test_random_weights_are_told_in_the_picture():
    assert any("had learned nothing" in word for word in words_in(trained_figure(card_of(pretrained=False))))
    assert not any("had learned nothing" in word for word in words_in(trained_figure(card_of())))


def test_the_dots_stand_where_confidence_and_accuracy_are():
    card = card_of()
    (part,) = card.scores.reliability
    figure = trained_figure(card)
    dots = [dot for axes in figure.axes[1].child_axes for dot in axes.collections]
    assert dots[0].get_offsets()[0].tolist() == pytest.approx([part.confidence, 0.9])


def test_the_card_is_three_files_that_agree(tmp_path):
    card = card_of()
    paths = write_trained_card(card, tmp_path)
    assert [path.name for path in paths] == ["model_card.md", "model_card.json", "model_card.png"]
    page = paths[0].read_text()
    assert "](model_card.png)" in page
    assert "| 0.93 to 1.00 | 30 | 0.965 | 0.900 |" in page
    told = json.loads(paths[1].read_text())
    assert told == card.plain()
    assert told["scores"]["reliability"][0]["count"] == 30
    assert paths[2].read_bytes().startswith(b"\\x89PNG".decode("unicode_escape").encode("latin-1"))


@pytest.mark.parametrize("name", ["$x^2$ <b>", "a" * 300])
def test_foreign_names_are_letters_and_never_commands(tmp_path, name):
    write_trained_card(card_of(("a", name, "c")), tmp_path)
