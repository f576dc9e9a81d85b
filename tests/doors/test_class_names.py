import pytest
import torch

from xaivision.class_names import class_number, said_class
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.wrapping import classifier
from xaivision.models.imagenet_classes import imagenet_classes


def named(*names):
    return classifier(torch.nn.Linear(2, len(names)), class_names=names)


@pytest.fixture(scope="module")
def imagenet():
    return named(*imagenet_classes())


def test_a_name_is_its_class_whatever_its_case_and_joints(imagenet):
    for same in ("tiger cat", "Tiger Cat", "tiger_cat", "tiger-cat", " tiger  cat "):
        assert class_number(imagenet, same) == 282
    assert class_number(imagenet, "tabby") == 281
    assert class_number(imagenet, "jack-o'-lantern") == imagenet_classes().index("jack-o'-lantern")


def test_every_name_of_imagenet_is_its_own_class_or_said_to_be_two(imagenet):
    found = {}
    for number, name in enumerate(imagenet_classes()):
        try:
            found[name] = class_number(imagenet, name) == number
        except InputError as error:
            found[name] = str(error)
    wrong = {name: said for name, said in found.items() if said is not True}
    two = "is the name of 2 classes: Cardigan (264), cardigan (474). Give the number of one."
    assert wrong == {"Cardigan": f"'Cardigan' {two}", "cardigan": f"'cardigan' {two}"}


def test_a_name_of_several_classes_is_never_settled_silently():
    model = named("crane", "drake", "Crane", "CRANE")
    with pytest.raises(InputError, match=r"'crane' is the name of 3 classes: crane \(0\), Crane \(2\), CRANE \(3\)\. Give the"):
        class_number(model, "crane")


def test_a_word_inside_names_lists_those_classes(imagenet):
    with pytest.raises(InputError, match=r"'cat' is no class of this model, but a part of some: tiger cat \(282\), Persian cat"):
        class_number(imagenet, "cat")
    with pytest.raises(InputError, match=r"American black bear \(295\)\. Name one of them"):
        class_number(imagenet, "black bear")
    with pytest.raises(InputError, match=r"n19 \(19\) and 10 more\. Name one"):
        class_number(named(*(f"cat-n{number}" for number in range(30))), "cat")


def test_a_part_of_a_word_is_no_word(imagenet):
    with pytest.raises(UnknownNameError, match=r"`crat` is not a known class of this model. Did you mean `crate`"):
        class_number(imagenet, "crat")


def test_names_without_letters_are_names_too():
    model = named("+", "-", "C", "C++")
    assert [class_number(model, name) for name in ("+", "-", "C", "C++", "c")] == [0, 1, 2, 3, 2]


def test_a_model_without_names_calls_its_classes_by_their_numbers():
    assert class_number(classifier(torch.nn.Linear(2, 3)), "2") == 2
    with pytest.raises(UnknownNameError, match=r"`cat` is not a known class of this model\. Known: 0, 1, 2\."):
        class_number(classifier(torch.nn.Linear(2, 3)), "cat")


def test_digits_are_numbers_and_anything_else_is_a_name():
    model = named("cat", "dog")
    assert said_class(model, None) is None
    assert said_class(model, "1") == 1
    assert said_class(model, "number:0") == 0
    assert said_class(model, "dog") == 1
    assert said_class(model, "7") == 7  # refused where the model is asked, with the range
    for wrong in ("-1", "1.0", "number:", "\N{SUPERSCRIPT TWO}", ""):
        with pytest.raises(UnknownNameError):
            said_class(model, wrong)


def test_a_number_that_is_the_name_of_another_class_is_never_settled_silently():
    wines = named("3", "4", "5")
    with pytest.raises(InputError, match=r"'3' is the name of class 0 and the number of another\. Write number:0 or number:3"):
        said_class(wines, "3")
    assert said_class(wines, "number:2") == 2
    assert said_class(wines, "0") == 0
    assert said_class(named("0", "1"), "1") == 1
