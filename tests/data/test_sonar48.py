from math import log, pi

import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.data.registry import load_dataset


def test_echo_shadow_and_seafloor_have_the_stated_strength():
    whole, objects, shadows = (load_dataset("sonar48", count=200, part=part) for part in ("both", "object", "shadow"))
    assert whole.inputs.shape == (200, 1, 48, 48)
    assert whole.inputs.dtype == torch.float32
    assert torch.equal(whole.inputs, objects.inputs)
    assert torch.equal(objects.truth | shadows.truth, whole.truth)
    assert not (objects.truth & shadows.truth).any()
    pixels, mean = whole.inputs[:, 0], 0.8 * (pi / 2) ** 0.5  # of Rayleigh's distribution
    assert float(pixels[~whole.truth].mean()) == pytest.approx(0.25 * mean, rel=0.02)
    assert float(pixels[shadows.truth].mean()) == pytest.approx(0.04 * mean, rel=0.02)
    assert float(pixels[shadows.truth].square().mean()) == pytest.approx(2 * (0.04 * 0.8) ** 2, rel=0.03)
    assert float(pixels[objects.truth].median()) == pytest.approx(0.9 * 0.8 * (2 * log(2)) ** 0.5, rel=0.02)
    assert float(pixels.min()) >= 0
    assert float(pixels.max()) == 1


def test_four_classes_come_in_turn_and_seafloor_has_no_truth():
    sonar = load_dataset("sonar48", count=40)
    assert sonar.class_names == ("seafloor", "mine", "bar", "plane")
    assert sonar.targets.tolist() == [0, 1, 2, 3] * 10
    areas = load_dataset("sonar48", count=40, part="object").truth.flatten(1).sum(1).view(10, 4)
    assert not areas[:, 0].any()
    assert (areas[:, 1] > 20).all()
    assert (areas[:, 1] < areas[:, 2]).all()
    assert 0.04 < float(sonar.truth.double().mean()) < 0.12


def test_a_shadow_lies_below_its_object_and_touches_it():
    objects, shadows = (load_dataset("sonar48", count=40, part=part).truth for part in ("object", "shadow"))
    for body, shadow in zip(objects, shadows, strict=True):
        if not body.any():
            continue
        above = torch.cumsum(body, 0).bool()
        assert (above[shadow]).all()
        columns = body.any(0)
        assert torch.equal(shadow.any(0), columns)
        lowest = 47 - body.flip(0).int().argmax(0)
        for column in columns.nonzero().flatten().tolist():
            assert shadow[lowest[column] + 1, column]


def test_nothing_is_cut_off_by_the_border():
    truth = load_dataset("sonar48", count=400).truth.any(0)
    assert not truth[0].any()
    assert not truth[-1].any()
    assert not truth[:, 0].any()
    assert not truth[:, -1].any()


def test_a_picture_depends_on_the_seed_and_its_number_alone():
    few, many = load_dataset("sonar48", count=4), load_dataset("sonar48", count=9)
    assert torch.equal(few.inputs, many.inputs[:4])
    assert torch.equal(few.truth, many.truth[:4])
    assert not torch.equal(load_dataset("sonar48", count=4, seed=1).inputs, few.inputs)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"count": 3}, r"`count` must be at least 4\. Got 3\."),
        ({"part": "echo"}, r"`part` must be one of 'both', 'object', 'shadow'\. Got 'echo'\."),
    ],
)
def test_settings_out_of_range_are_refused(settings, sentence):
    with pytest.raises(InputError, match=sentence):
        load_dataset("sonar48", **settings)
