import pytest

from xaivision.core.errors import (
    Cancelled,
    CapabilityError,
    FileFormatError,
    InputError,
    MissingExtraError,
    UnknownNameError,
    XaivisionError,
)


def test_an_unknown_name_suggests_the_closest_known_one():
    known = ["grad_cam", "saliency", "occlusion"]
    assert str(UnknownNameError("method", "Grad-Cam", known)) == "`Grad-Cam` is not a known method. Did you mean `grad_cam`?"
    assert str(UnknownNameError("method", "salience", known)).endswith("Did you mean `saliency`?")


def test_a_name_like_no_other_lists_what_is_known_in_order():
    assert str(UnknownNameError("method", "xyz", ["b", "a", "b"])) == "`xyz` is not a known method. Known: a, b."
    assert str(UnknownNameError("method", "xyz", [])).endswith("Known: none.")


def test_a_long_list_is_cut_short():
    text = str(UnknownNameError("class", "?", [f"{number:03}" for number in range(1000)]))
    assert "000, 001, " in text
    assert text.endswith("019 and 980 more.")


def test_a_missing_package_comes_with_the_command_that_installs_it():
    assert str(MissingExtraError("onnxruntime", "onnx")) == (
        'The package `onnxruntime` is needed. Install it with: pip install "xaivision[onnx]"'
    )


@pytest.mark.parametrize(
    ("error", "usual"),
    [
        (InputError, ValueError),
        (CapabilityError, TypeError),
        (FileFormatError, InputError),
        (UnknownNameError, LookupError),
        (MissingExtraError, ImportError),
        (Cancelled, XaivisionError),
    ],
)
def test_every_error_is_one_of_this_library_and_of_the_usual_kind(error, usual):
    assert issubclass(error, XaivisionError)
    assert issubclass(error, usual)
