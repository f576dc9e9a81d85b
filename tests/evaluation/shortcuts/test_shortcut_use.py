"""What a model makes of a property: known models, which go by it alone or never look at it."""

from dataclasses import replace

import pytest
import torch
from planted_pictures import CARD, NAMES, plain_set, seabed, with_inputs, with_marks
from torch import nn

import xaivision as xv
from xaivision.core.errors import InputError
from xaivision.data.dataset import Dataset
from xaivision.evaluation.shortcuts.pictures import pictures_of
from xaivision.evaluation.shortcuts.probes import PROBES
from xaivision.evaluation.shortcuts.removed import elsewhere, under_seabed
from xaivision.explainers.registry import explainer
from xaivision.shortcut_search import shortcuts

SIDE = 64


class Looks(nn.Module):
    """Calls a picture class 1 where the mean of a place of it is above a threshold; the place is all that it looks at."""

    def __init__(self, place, threshold):
        super().__init__()
        mask = torch.zeros(1, 1, SIDE, SIDE)
        mask[0, 0][place] = 1
        self.register_buffer("mask", mask / mask.sum())
        self.threshold = threshold
        self.layer = nn.Conv2d(1, 1, 1, bias=False)
        nn.init.ones_(self.layer.weight)

    def forward(self, pictures):
        found = (self.layer(pictures) * self.mask).sum((1, 2, 3)) - self.threshold
        return torch.stack([-50 * found, 50 * found], 1)


TOP = (slice(0, 3), slice(0, SIDE))
MIDDLE = (slice(20, 40), slice(20, 40))


@pytest.fixture(scope="module")
def framed():
    """Class 1 has a bright object in the middle and, nine times of ten, a bright line along the top."""
    data = plain_set(80, classes=2)

    def change(picture, label, number):
        if label == 1:
            picture[0][MIDDLE] = (picture[0][MIDDLE] * 2.5).clamp(max=1)
        if (label == 1) != (number % 10 < 2 and number < 40):
            picture[0][TOP] = 0.8
        return picture

    made = with_inputs(data, change)
    masks = torch.zeros(80, SIDE, SIDE, dtype=torch.bool)
    masks[made.targets == 1, 20:40, 20:40] = True
    return replace(made, truth=masks)


def model(place, threshold):
    return xv.classifier(Looks(place, threshold), class_names=NAMES[:2], image_format=xv.ImageFormat(1, SIDE, SIDE))


@pytest.fixture(scope="module")
def reports(framed):
    return {
        "cheat": shortcuts(framed, model(TOP, 0.55), methods=["input_x_gradient"], probes=["border", "brightness"]),
        "honest": shortcuts(framed, model(MIDDLE, 0.5), methods=["input_x_gradient"], probes=["border", "brightness"]),
    }


def use_of(report, probe="border"):
    return next(use for use in report.uses if use.probe == probe)


def test_a_model_that_goes_by_the_border_fails_without_it_and_not_when_as_much_changes_elsewhere(reports):
    removed = use_of(reports["cheat"]).removed
    assert removed.before > 0.8
    assert removed.after < 0.65
    assert removed.elsewhere == removed.before
    assert removed.drop_beyond[0] > 0
    assert "the model goes by it" in " ".join(reports["cheat"].sentences)


def test_a_model_that_looks_at_the_object_does_not_care(reports):
    removed = use_of(reports["honest"]).removed
    assert removed.before == removed.after == 1
    assert "that shows no use of it" in " ".join(reports["honest"].sentences)


def test_a_model_that_goes_by_the_border_follows_it_where_it_names_another_class(reports):
    cheat, honest = (use_of(reports[name]).misled for name in ("cheat", "honest"))
    assert cheat.pictures == honest.pictures > 0
    assert cheat.accuracy < 0.5 < cheat.followed
    assert honest.accuracy == 1
    assert honest.followed == 0


def test_the_mass_lies_where_the_model_looks_beside_controls_that_look_nowhere(reports):
    cheat, honest = ({one.method: one for one in use_of(reports[name]).masses} for name in ("cheat", "honest"))
    assert cheat["input_x_gradient"].mass == pytest.approx(1)
    assert honest["input_x_gradient"].mass == pytest.approx(0)
    assert cheat["random"].mass == pytest.approx(cheat["random"].area, abs=0.02)
    assert [name for name, one in cheat.items() if one.control] == ["random", "sobel", "center_gaussian"]
    targets = {name: {one.method: one.mass for one in reports[name].on_target} for name in reports}
    assert targets["cheat"]["input_x_gradient"] == pytest.approx(0)
    assert targets["honest"]["input_x_gradient"] == pytest.approx(1)


def test_classes_are_matched_by_name_not_by_number(framed, reports):
    turned = Looks(TOP, 0.55)
    turned.forward = lambda pictures: Looks.forward(turned, pictures).flip(1)
    swapped = xv.classifier(turned, class_names=NAMES[1::-1], image_format=xv.ImageFormat(1, SIDE, SIDE))
    report = shortcuts(framed, swapped, methods=["random"], probes=["border"])
    assert report.model_accuracy == reports["cheat"].model_accuracy


def test_a_model_of_other_classes_is_refused(framed):
    other = xv.classifier(Looks(TOP, 0.5), class_names=["cat", "dog"], image_format=xv.ImageFormat(1, SIDE, SIDE))
    with pytest.raises(InputError, match=r"must know the classes of the pictures, rock, wreck\. Got a model of cat, dog"):
        shortcuts(framed, other)


def test_a_method_that_does_not_fit_is_told_and_the_others_answer(framed):
    report = shortcuts(framed, model(TOP, 0.55), methods=["attention_rollout", "saliency"], probes=["border"])
    assert list(report.refusals) == ["attention_rollout"]
    assert "saliency" in {one.method for one in use_of(report).masses}


def test_brightness_is_removed_by_the_gain_and_color_by_gray():
    one = PROBES["brightness"]
    subject = pictures_of(plain_set(9)).subject(0)
    changed = one.without(subject, torch.tensor([0.2], dtype=torch.float64))
    assert float(changed.mean()) == pytest.approx(0.2, abs=1e-3)
    colored = Dataset("x", torch.rand(9, 3, 40, 40), torch.arange(9) % 3, NAMES, CARD)
    gray = PROBES["color"].without(pictures_of(colored).subject(0), torch.zeros(3))
    assert torch.equal(gray[0], gray[2])


def test_as_much_is_changed_elsewhere_and_the_target_is_not_covered():
    region, target = torch.zeros(64, 64, dtype=torch.bool), torch.zeros(64, 64, dtype=torch.bool)
    region[:6], target[30:50, 30:50] = True, True
    other = elsewhere(region, target, 0, 5)
    assert not bool((other & (region | target)).any())
    assert int(other.sum()) == pytest.approx(int(region.sum()), abs=16)
    assert torch.equal(other, elsewhere(region, target, 0, 5))
    assert not torch.equal(other, elsewhere(region, target, 0, 6))


def test_letters_under_seabed_are_no_letters():
    picture = with_marks(seabed())
    marks = PROBES["marks"].region(pictures_of(replace(plain_set(9), inputs=picture.expand(9, -1, -1, -1))).subject(0))
    assert bool(marks.any())
    covered = under_seabed(picture, marks, torch.randn(64, 64, dtype=torch.float64))
    assert not torch.equal(covered, picture)
    assert torch.equal(covered[:, ~marks], picture[:, ~marks])
    assert float(covered[:, marks].mean()) == pytest.approx(float(seabed().mean()), rel=0.35)


def test_without_masks_the_report_says_that_the_target_was_not_testable(framed):
    report = shortcuts(replace(framed, truth=None), model(TOP, 0.55), methods=["random"], probes=["border"])
    assert report.on_target == ()
    assert any("there are no masks of targets" in sentence for sentence in report.sentences)


def test_slow_explainers_get_the_predicted_class(framed):
    report = shortcuts(framed, model(TOP, 0.55), methods={"mine": explainer("occlusion", window=8, stride=8)}, probes=["border"])
    assert use_of(report).masses[0].method == "mine"
