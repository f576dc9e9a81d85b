from dataclasses import dataclass

import pytest
import torch
from narrative_stages import COLUMNS, HEIGHT, ROWS, WIDTH, Saying, model, picture, place

import xaivision as xv
from xaivision.core.errors import CapabilityError, InputError
from xaivision.engines.pointed_objects.sam_point import SamPoint
from xaivision.engines.pointed_objects.segmented_object import SegmentedObject
from xaivision.engines.superpixels import Grid
from xaivision.explainers.narratives.captions import Captioner
from xaivision.explainers.narratives.checks import Checks
from xaivision.explainers.narratives.doubts import place_doubt
from xaivision.explainers.narratives.narrator import Narrator
from xaivision.explainers.narratives.point_picking import Points
from xaivision.explainers.narratives.sentences import narrative_text
from xaivision.explainers.narratives.template_captioner import TemplateCaptioner

SETTINGS = {"segments": Grid(6, 10), "budget": 400, "segmenter": "threshold"}
QUICK = {**SETTINGS, "checks": False}


@pytest.fixture(scope="module")
def told():
    return xv.narrate(model(), picture(), **{**SETTINGS, "checks": Checks(players=Grid(3, 5), budget=120)})


def test_the_region_is_where_the_classifier_looks(told):
    assert told.regions.shape == (1, HEIGHT, WIDTH)
    assert torch.equal(told.regions[0], place())
    record = told.evidence[0]
    point = record["points"]["points"][0]
    assert point["row"] in range(ROWS.start, ROWS.stop)
    assert point["column"] in range(COLUMNS.start, COLUMNS.stop)
    assert record["region"]["points_inside"] == 1.0
    assert record["region"]["mass"] > 0.9


def test_swapping_x_and_y_loses_the_object_of_a_picture_that_is_not_square(told, monkeypatch):
    right = Points.picked

    def swapped(self, evidence, image):
        return tuple(type(one)(one.column % HEIGHT, one.row, one.evidence) for one in right(self, evidence, image))

    monkeypatch.setattr(Points, "picked", swapped)
    lost = xv.narrate(model(), picture(), **QUICK)
    assert not (lost.regions[0] & place()).any()


def test_every_stage_is_recorded_with_its_time(told):
    record = told.evidence[0]
    for stage in ("attribution", "points", "region", "effects", "caption", "consistency"):
        assert record[stage]["seconds"] >= 0
    assert record["attribution"]["method"] == "kernel_shap"
    assert record["caption"]["prompt"] == ""
    assert record["caption"]["label_in_prompt"] is False
    assert record["effects"]["unit"] == "probability"
    assert record["effects"]["deletion"] >= 10 * abs(record["effects"]["shifted_deletion"])
    assert record["consistency"]["cosine"] > 0.8
    assert record["consistency"]["players"] == 15


def test_the_words_are_plain_english(told):
    assert told.text[0] == narrative_text(told.evidence[0])
    assert told.text[0].startswith("The model says tiger cat (")
    assert "ahead of cat (" in told.text[0]
    assert (
        "The outlined region lies in the upper right of the picture and covers 3 % of it. It is mostly red, and" in told.text[0]
    )
    assert "of the evidence for tiger cat. With it hidden, the probability falls from 83 % to 6 %; with" in told.text[0]
    assert told.verdict.status == "ok"


def test_the_template_names_the_class_only_with_the_label_in_its_prompt(told):
    assert "cat" not in told.evidence[0]["caption"]["text"]
    labeled = xv.narrate(model(), picture(), label_in_prompt=True, **QUICK)
    assert labeled.evidence[0]["caption"]["text"].startswith("What is labeled tiger cat lies in the upper right")
    assert "no independent evidence" in labeled.text[0]
    assert any("no independent evidence" in reason for reason in labeled.verdict.reasons)


def test_words_of_a_model_are_quoted_and_held_against_the_class():
    contrary = xv.narrate(model(), picture(), captioner=Saying("two dogs in the snow"), **QUICK)
    assert "not told the label, saying says: “two dogs in the snow.”" in contrary.text[0]
    assert "The words speak of dog: they contradict the model." in contrary.text[0]
    assert contrary.evidence[0]["naming"] == {"agreement": "contradicts", "named": ["dog"]}
    agreeing = xv.narrate(model(), picture(), captioner=Saying("a Tiger cat"), **QUICK)
    assert agreeing.evidence[0]["naming"]["agreement"] == "agrees"
    assert "contradict" not in agreeing.text[0]


def test_a_captioner_that_cannot_score_words_has_no_cc_shap_and_says_so():
    told = xv.narrate(model(), picture(), captioner=Saying("a block"), **{**SETTINGS, "checks": True})
    assert told.evidence[0]["consistency"]["missing"] == "saying cannot score its words on a changed picture"


def test_the_label_reaches_the_prompt_only_where_it_is_asked_for():
    told = xv.narrate(model(), picture(), captioner=Saying("red", label_in_prompt=True), **QUICK)
    assert told.evidence[0]["caption"]["prompt"] == "Say it of tiger cat."
    assert told.evidence[0]["caption"]["label_in_prompt"] is True


def test_no_positive_evidence_ends_the_way_and_keeps_what_came_before():
    flat = xv.narrate(model(), picture(), attributor="input_magnitude", targets="dog", checks=False)
    assert flat.evidence[0]["prediction"]["target"] == "dog"
    none = xv.narrate(model(), picture(), attributor=Against(), checks=False)
    record = none.evidence[0]
    assert "There must be positive evidence to point at" in record["points"]["failed"]
    assert "region" not in record
    assert none.text[0].startswith("The model says tiger cat")
    assert "There is no point to start from: There must be positive evidence" in none.text[0]
    assert not none.regions.any()
    assert none.verdict.status == "warn"


@dataclass(frozen=True)
class Against:
    """A map that speaks against the class everywhere."""

    about = xv.explainers.Occlusion.about

    def explain(self, model, inputs, targets=None, *, seed=0):
        from dataclasses import replace

        found = xv.explainers.Occlusion(window=4).explain(model, inputs, targets, seed=seed)
        return replace(found, values=-found.values.abs() - 0.1)


@dataclass(frozen=True)
class Nothing:
    def segmented(self, image, points, evidence):
        raise InputError("A mask must mark something. Got only empty ones.")


def test_an_empty_mask_keeps_the_map_and_the_points():
    told = xv.narrate(model(), picture(), **{**QUICK, "segmenter": Nothing()})
    record = told.evidence[0]
    assert record["points"]["points"]
    assert "No region was found: A mask must mark something." in told.text[0]
    assert "caption" not in record
    assert bool(told.attribution.values.any())


def test_a_file_that_is_no_checkpoint_any_more_keeps_the_map_and_the_points(tmp_path):
    wrong = tmp_path / "weights.pth"
    wrong.write_bytes(b"no weights")
    occlusion = xv.explainers.Occlusion(window=4)
    told = Narrator(occlusion, SamPoint(wrong, "vit_b"), TemplateCaptioner(), checks=Checks(budget=0)).explain(model(), picture())
    assert told.evidence[0]["points"]["points"]
    assert "No region was found: " in told.text[0]
    assert "weights.pth" in told.text[0]
    with pytest.raises(InputError, match="which is no file"):
        SamPoint(tmp_path / "absent.pth", "vit_b")


def test_a_captioner_that_says_nothing_keeps_the_region():
    told = xv.narrate(model(), picture(), captioner=Saying("  "), **QUICK)
    assert bool(told.regions.any())
    assert "There are no words for the region: saying must say something of the region. It returned no words." in told.text[0]
    assert "With it hidden" in told.text[0]


def test_a_batch_is_told_as_each_picture_alone_is():
    pictures = torch.cat([picture(), picture().flip(-1)])
    both = xv.narrate(model(), pictures, **QUICK)
    alone = [xv.narrate(model(), one[None], **QUICK) for one in pictures]
    assert both.text == tuple(one.text[0] for one in alone)
    assert torch.equal(both.regions, torch.cat([one.regions for one in alone]))


def test_points_of_several_seeds_tell_how_far_they_move():
    told = xv.narrate(model(), picture(), points=Points(count=2, counter=1, seeds=3), **QUICK)
    moved = told.evidence[0]["stability"]
    assert moved["seeds"] == 3
    assert moved["largest_distance"] <= 10


def test_refined_regions_hold_the_share_that_is_asked_for():
    told = xv.narrate(model(), picture(), refine=0.5, **{**QUICK, "segmenter": "slic"})
    whole = xv.narrate(model(), picture(), **{**QUICK, "segmenter": "slic"})
    assert not (told.regions & ~whole.regions).any()
    assert told.evidence[0]["region"]["refined"] == 0.5


def test_slopes_are_doubted():
    told = xv.narrate(
        xv.load_model("sonar48_convnet"), xv.load_dataset("sonar48").inputs[:1], attributor="saliency", checks=False
    )
    assert any("gives slopes" in reason for reason in told.verdict.reasons)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"segmenter": "scissors"}, "`segmenter` must be one of"),
        ({"captioner": "poet"}, "`captioner` must be 'template'"),
        ({"captioner": 3}, "`captioner` must be 'template' or a captioner. Got int"),
        ({"captioner": Saying("x"), "wording": "sonar"}, "are for the template"),
        ({"wording": "radio"}, "`wording` must be one of"),
        ({"points": 0}, "`points` must be a positive integer"),
    ],
)
def test_stages_that_are_none_are_refused_before_any_work(wrong, sentence):
    with pytest.raises(InputError, match=sentence):
        xv.narrate(model(), picture(), **wrong)


def test_tables_have_no_objects():
    with pytest.raises(CapabilityError, match="outlines an object in a picture"):
        xv.narrate(xv.load_model("wine_logistic"), xv.load_dataset("wine").inputs[:1])


def test_a_stand_in_captioner_is_one():
    assert isinstance(Saying("x"), Captioner)


def lit_elsewhere():
    """A picture that the model gives the other class."""
    image = picture()
    image[0, 0, 4:8, 28:36] = 0.6
    return image


def test_words_are_held_against_what_the_model_says_and_not_against_what_was_asked():
    told = xv.narrate(model(), lit_elsewhere(), targets="tiger cat", captioner=Saying("a cat"), **QUICK)
    assert told.evidence[0]["prediction"]["predicted"] == "cat"
    assert told.evidence[0]["naming"]["agreement"] == "agrees"
    assert "contradict" not in told.text[0]


def test_a_contradiction_is_in_the_verdict():
    told = xv.narrate(model(), picture(), captioner=Saying("a dog"), **QUICK)
    assert told.verdict.status == "warn"
    assert any("contradict the model" in reason for reason in told.verdict.reasons)


class Raising(Saying):
    def caption(self, image, mask, label):
        raise RuntimeError("the server is gone")


class Mute(Saying):
    def caption(self, image, mask, label):
        return None


@pytest.mark.parametrize(
    ("captioner", "why"),
    [
        (Raising("x"), "RuntimeError: the server is gone"),
        (Mute("x"), "must return a `Caption` with a text. Got NoneType."),
        (Saying(None), "must return a `Caption` with a text. Got a text of NoneType."),
        (Saying(" "), "It returned no words"),
    ],
)
def test_a_captioner_that_breaks_down_costs_the_words_alone(captioner, why):
    told = xv.narrate(model(), picture(), captioner=captioner, **QUICK)
    assert why in told.text[0]
    assert told.evidence[0]["caption"]["failed"].endswith((why, "Try another `prompt`."))
    assert torch.equal(told.regions[0], place())
    assert "“" not in told.text[0]
    assert "The region holds" in told.text[0]


@dataclass(frozen=True)
class Nowhere:
    def segmented(self, image, points, evidence):
        return SegmentedObject(torch.zeros(1, *evidence.shape, dtype=torch.bool), None, 0)


def test_a_segmenter_that_outlines_nothing_fails_at_its_own_stage():
    told = xv.narrate(model(), picture(), **{**QUICK, "segmenter": Nowhere()})
    assert "No region was found: The segmenter must outline something. It returned an empty mask." in told.text[0]
    assert "effects" not in told.evidence[0]


def effects(whole=0.9, deletion=0.5, shifted_deletion=0.0, overlap=0.0):
    return {"whole": whole, "deletion": deletion, "shifted_deletion": shifted_deletion, "overlap": overlap}


@pytest.mark.parametrize(
    ("told", "doubt"),
    [
        (effects(), None),
        (effects(shifted_deletion=0.3), "not much more"),
        (effects(shifted_deletion=0.5), "no more"),
        (effects(shifted_deletion=0.6), "no more"),
        (effects(shifted_deletion=0.25), None),
        (effects(deletion=0.04), "hardly"),
        (effects(deletion=-0.2), "hardly"),
        (effects(shifted_deletion=0.5, overlap=0.6), "no room"),
        (effects(deletion=0.01, overlap=0.6), "hardly"),
    ],
)
def test_what_speaks_against_a_region_is_said_as_it_is(told, doubt):
    assert place_doubt(told) == doubt


def test_a_region_that_the_score_does_not_rest_on_is_in_the_verdict():
    told = xv.narrate(model(), picture(), **{**QUICK, "segmenter": Beside()})
    assert "So the score does not rest on this region." in told.text[0]
    assert any("hardly lowers the score" in reason for reason in told.verdict.reasons)


@dataclass(frozen=True)
class Beside:
    def segmented(self, image, points, evidence):
        return SegmentedObject(place().roll((12, 20), (0, 1))[None], None, 0)
