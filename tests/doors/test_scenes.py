import pytest
import torch

import xaivision as xv
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.scenes import BOTH, sonar_scene


def model(form):
    return xv.classifier(
        lambda inputs: torch.zeros(len(inputs), 2).numpy(), domain="image", num_classes=2, score_unit="logit", image_format=form
    )


GRAY = model(xv.ImageFormat(1, 48, 48))


def test_a_scene_of_its_own_size_keeps_every_pixel_and_every_mask():
    data = xv.load_dataset("sonar48", count=8)
    for number in (1, 2, 7):
        found = sonar_scene(GRAY, "sonar48", number)
        assert torch.equal(found.inputs[0], data.inputs[number])
        assert torch.equal(found.masks[BOTH], data.truth[number])
        assert torch.equal(found.masks["object"] | found.masks["shadow"], found.masks[BOTH])
        assert found.kind == data.class_names[int(data.targets[number])]


def test_bare_seafloor_has_no_masks():
    assert sonar_scene(GRAY, "sonar48", 0).masks == {}


def test_a_simulated_scene_comes_at_the_size_of_the_model_with_object_and_shadow():
    data = xv.load_dataset("sonar_simulator", count=5, size=64, texture="flat", seed=3)
    found = sonar_scene(model(xv.ImageFormat(3, 64, 64)), "sonar_simulator", 4, texture="flat", seed=3)
    assert found.inputs.shape == (1, 3, 64, 64)
    assert torch.equal(found.inputs[0, 1], data.inputs[4, 0])
    assert torch.equal(found.masks["object"], data.truth[4])
    assert torch.equal(found.masks["shadow"], data.masks["shadow"][4])


def test_masks_are_cropped_as_the_picture_is():
    """The model enlarges the shorter side to 80 and takes the center: a bright object must stay under its mask."""
    found = sonar_scene(model(xv.ImageFormat(1, 64, 64, resize=80)), "sonar_simulator", 2, texture="flat")
    mask = found.masks["object"]
    assert mask.shape == (64, 64)
    inside, outside = found.inputs[0, 0][mask].mean(), found.inputs[0, 0][~mask].mean()
    assert inside > 1.25 * outside


def test_a_scene_depends_on_its_number_alone():
    assert torch.equal(sonar_scene(GRAY, "sonar48", 2).inputs, sonar_scene(GRAY, "sonar48", 2).inputs)
    assert not torch.equal(sonar_scene(GRAY, "sonar48", 2, seed=1).inputs, sonar_scene(GRAY, "sonar48", 2).inputs)


def test_what_does_not_exist_is_refused():
    with pytest.raises(UnknownNameError, match="generated sonar set"):
        sonar_scene(GRAY, "sonar49")
    with pytest.raises(InputError, match="`number` must be from 0"):
        sonar_scene(GRAY, "sonar48", -1)
    with pytest.raises(InputError, match="without an `image_format`"):
        sonar_scene(model(None), "sonar48")
