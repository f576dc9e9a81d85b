import pytest

from xaivision.explainers.narratives.named_classes import classes_named

CLASSES = ("tiger", "tiger cat", "dog", "great_white_shark", "7", "fox")


@pytest.mark.parametrize(
    ("text", "target", "named", "agreement"),
    [
        ("A Tiger cat, asleep", "tiger cat", ("tiger cat",), "agrees"),
        ("a tiger cat", "tiger", ("tiger cat",), "contradicts"),
        ("two foxes and a dog", "dog", ("fox", "dog"), "agrees"),
        ("a hotdog on a plate", "dog", (), "silent"),
        ("7 stones", "7", (), "silent"),
        ("a great white shark", "dog", ("great_white_shark",), "contradicts"),
        ("", "dog", (), "silent"),
    ],
)
def test_classes_are_found_as_whole_words_longest_first(text, target, named, agreement):
    found = classes_named(text, CLASSES, target)
    assert (found.named, found.agreement) == (named, agreement)
