"""What a command brings from words to settings: reference inputs for those that look at some, and what is lacking."""

import pytest
import torch

from xaivision.asking import asked
from xaivision.core.errors import InputError, UnknownNameError


@pytest.fixture(scope="module")
def forest():
    return asked("uci_sonar_forest", ["uci_sonar"], [0], None)


def test_reference_inputs_reach_the_methods_that_look_at_some_and_leave_what_was_given(forest):
    own = torch.zeros(2, 60)
    settings = {
        "nearest_examples": {},
        "occlusion": {},
        "lime_tabular": {"background": own},
        "kernel_shap": {"baseline": "zeros"},
    }
    forest.add_background(settings, "uci_sonar")
    assert settings["nearest_examples"]["background"].shape == (146, 60)
    assert settings["lime_tabular"]["background"] is own
    assert settings["occlusion"] == {}
    assert settings["kernel_shap"] == {"baseline": "zeros"}


def test_all_that_is_lacking_is_named_with_the_options_that_give_it(forest):
    told = (
        r"^`lime_tabular` and `nearest_examples` need reference inputs\. Give `--background` a data set, a folder or a CSV file\."
    )
    with pytest.raises(InputError, match=told + r" `owen` needs `hierarchy`\. Give `--set owen\.hierarchy=\.\.\.`\.$"):
        forest.add_background({"lime_tabular": {}, "saliency": {}, "nearest_examples": {}, "owen": {}}, None)
    with pytest.raises(InputError, match=r"^`owen` needs `hierarchy`\. Give `--set owen\.hierarchy=\.\.\.`\.$"):
        forest.add_background({"lime_tabular": {}, "owen": {}}, "uci_sonar")
    forest.add_background({"owen": {"hierarchy": [[0, 1]]}, "occlusion": {}}, None)


def test_reference_inputs_for_nobody_are_refused(forest):
    with pytest.raises(InputError, match=r"`--background` is for methods that look at reference inputs: .*Got saliency"):
        forest.add_background({"saliency": {}}, "uci_sonar")


def test_a_misspelled_method_is_told_before_what_it_is_asked_with(forest):
    with pytest.raises(UnknownNameError, match=r"`anchorz` is not a known method\. Did you mean `anchors`"):
        forest.add_background({"anchorz": {}}, "uci_sonar")
