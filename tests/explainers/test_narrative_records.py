"""What a record keeps of each stage, on maps and masks that are known, and what it says against them."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest
import torch
from narrative_stages import COLUMNS, HEIGHT, ROWS, WIDTH, Saying, model, picture, place

import xaivision as xv
from xaivision.core.errors import FileFormatError, InputError, UnknownNameError
from xaivision.core.sharing import sharing
from xaivision.core.targets import Target, TargetScore
from xaivision.engines.mask_effects import mask_effects
from xaivision.engines.mask_runs import mask_of_runs
from xaivision.engines.pointed_objects.sam_point import SamPoint
from xaivision.engines.pointed_objects.segmented_object import SegmentedObject
from xaivision.explainers.narratives.captions import Caption
from xaivision.explainers.narratives.checks import Checked, Checks, consistency_record, word_contributions
from xaivision.explainers.narratives.doubts import doubts, mass_doubt, place_doubt
from xaivision.explainers.narratives.narrator import Narrator
from xaivision.explainers.narratives.point_picking import Points
from xaivision.explainers.narratives.sentences import effect_sentence, narrative_text
from xaivision.explainers.narratives.template_captioner import TemplateCaptioner

CENTER = (5, 31)
# Three players: where the classifier looks, and what is left and right of the middle.
PLAYERS = torch.where(place(), 2, (torch.arange(WIDTH) >= WIDTH // 2).long().expand(HEIGHT, WIDTH))


@dataclass(frozen=True, eq=False)
class Known:
    """The maps (S, H, W) of the seeds 0, 1, ..., each said to have taken so many seconds."""

    maps: torch.Tensor
    seconds: float = 3.0

    about = xv.explainers.Occlusion.about

    def explain(self, asked, inputs, targets=None, *, seed=0):
        found = xv.explainers.Occlusion(window=24, stride=24).explain(asked, inputs, targets)
        values = self.maps[seed % len(self.maps)].expand(len(inputs), 1, HEIGHT, WIDTH)
        return replace(found, values=values, diagnostics=replace(found.diagnostics, seconds=self.seconds))


@dataclass(frozen=True, eq=False)
class Masks:
    """A segmenter that always answers with the same masks, of which number `chosen` is taken."""

    candidates: torch.Tensor
    chosen: int = 0

    def segmented(self, image, points, evidence):
        return SegmentedObject(self.candidates, torch.arange(len(self.candidates)) / 10, self.chosen)


def bumps(*heights):
    """(1, H, W): 0 but for squares of 3 x 3 pixels around (row, column), of a height each."""
    values = torch.zeros(1, HEIGHT, WIDTH)
    for row, column, height in heights:
        values[0, row - 1 : row + 2, column - 1 : column + 2] = height
    return values


def told(maps=None, masks=None, **more):
    asked = {"attributor": Known(bumps((*CENTER, 1.0)) if maps is None else maps), "checks": False, **more}
    if "segmenter" not in asked:
        asked["segmenter"] = Masks(place()[None] if masks is None else masks)
    return xv.narrate(model(), picture(), **asked)


def reasons(narrative):
    assert narrative.verdict.status == "warn"
    return " ".join(narrative.verdict.reasons)


# Contrasts.


def test_a_contrast_is_said_and_measured_as_one():
    rather = "tiger cat rather than dog"
    found = told(targets=Target("tiger cat", against="dog"), label_in_prompt=True)
    scores = model()(picture())[0]
    record = found.evidence[0]
    gap = float(scores[1] - scores[2])
    assert f"It was asked why {rather}: the logit difference is {gap:.3g}." in found.text[0]
    assert found.text[0].startswith("The model says tiger cat (83 %), ahead of cat (")
    assert f"% of the evidence for {rather}" in found.text[0]
    assert "With it hidden, the logit difference falls from" in found.text[0]
    assert record["effects"]["unit"] == "logit difference"
    assert record["effects"]["whole"] == pytest.approx(gap, abs=1e-5)
    hidden = torch.where(place(), picture().mean((2, 3), keepdim=True), picture())
    without = model()(hidden)[0]
    assert record["effects"]["without"] == pytest.approx(float(without[1] - without[2]), abs=1e-4)
    assert record["caption"]["label"] == rather
    assert record["caption"]["prompt"] == f"What is labeled {rather}"


def test_a_margin_is_against_any_other_class():
    found = told(targets=Target("tiger cat", output="margin"))
    assert "It was asked why tiger cat rather than any other class: the logit margin is" in found.text[0]
    assert found.evidence[0]["effects"]["unit"] == "logit margin"


def test_one_class_alone_is_told_and_measured_as_a_probability_where_there_is_one():
    record = told().evidence[0]
    chance = float(model()(picture()).softmax(1)[0, 1])
    assert record["prediction"]["predicted_score"] == pytest.approx(chance, abs=1e-6)
    assert (record["prediction"]["unit"], record["effects"]["unit"]) == ("probability", "probability")
    assert record["effects"]["whole"] == pytest.approx(chance, abs=1e-6)
    assert "against" not in record["prediction"]


def test_of_a_model_without_probabilities_scores_are_told_and_measured(monkeypatch):
    monkeypatch.setattr(xv.FunctionClassifier, "gives_probabilities", property(lambda _self: False))
    record = told().evidence[0]
    score = float(model()(picture())[0, 1])
    assert record["prediction"]["predicted_score"] == pytest.approx(score, abs=1e-6)
    assert (record["prediction"]["unit"], record["effects"]["unit"]) == ("logit", "logit")
    assert record["effects"]["whole"] == pytest.approx(score, abs=1e-6)


# The map and its points.


def test_seconds_of_the_map_are_a_pictures_share_of_all_seeds_also_where_they_were_shared():
    pictures = picture().repeat(2, 1, 1, 1)
    both = Narrator(Known(bumps((*CENTER, 1.0))), Masks(place()[None]), TemplateCaptioner(), Points(seeds=2), Checks(budget=0))
    part = both.explain(model(), pictures).evidence[1]["attribution"]
    assert (part["maps"], part["all_seconds"], part["seconds"]) == (2, 6.0, 3.0)


def test_seconds_of_a_map_that_the_job_knew_are_those_it_took():
    asked = {"attributor": "occlusion", "window": 6, "checks": False}
    classifier = model()
    with sharing():
        told_of = [xv.narrate(classifier, picture(), **asked) for _ in range(2)]
    for one in told_of:
        assert one.evidence[0]["attribution"]["seconds"] == one.attribution.diagnostics.seconds > 1e-4


def test_the_seed_reaches_the_map():
    maps = torch.stack([bumps((3, 3, 1.0))[0], bumps((20, 36, 1.0))[0]])
    for seed, row in ((0, 3), (1, 20)):
        (point,) = told(maps, seed=seed).evidence[0]["points"]["points"]
        assert point["row"] == row


def test_with_one_seed_nothing_is_said_of_stability_and_with_more_how_far_the_point_moves():
    maps = torch.stack([bumps((5, 31, 1.0))[0], bumps((5, 31, 2.0))[0], bumps((20, 11, 1.0))[0]])
    assert "stability" not in told(maps).evidence[0]
    steady = told(maps, points=Points(seeds=2))
    assert steady.evidence[0]["stability"] | {"seconds": 0} == {
        **{"seeds": 2, "mean_distance": 0.0, "largest_distance": 0.0, "steady": True},
        "seconds": 0,
    }
    assert steady.verdict.status == "ok"
    moved = told(maps, points=Points(seeds=3))
    assert moved.evidence[0]["stability"]["largest_distance"] == 25.0
    assert "over 3 seeds the point of most evidence moves by up to 25 pixels" in reasons(moved)


def test_a_seed_that_points_nowhere_costs_the_stability_and_not_the_points():
    found = told(torch.stack([bumps((*CENTER, 1.0))[0], -torch.ones(HEIGHT, WIDTH)]), points=Points(seeds=2))
    record = found.evidence[0]
    assert "failed" not in record["points"]
    assert "There must be positive evidence" in record["stability"]["failed"]
    assert torch.equal(found.regions[0], place())
    assert "How far the point moves over the seeds is not known: There must be positive evidence" in found.text[0]


def test_positive_and_negative_points_are_as_many_and_as_far_apart_as_asked():
    maps = bumps((4, 4, 3.0), (4, 12, 2.0), (20, 30, 1.0), (12, 34, -2.0), (18, 20, -1.0))

    def places(points):
        found = told(maps, points=points).evidence[0]["points"]["points"]
        return [(one["row"], one["column"], one["positive"]) for one in found]

    assert places(Points(count=3, counter=1, separation=5)) == [(4, 4, True), (4, 12, True), (20, 30, True), (12, 34, False)]
    assert places(Points(count=3, separation=12)) == [(4, 4, True), (20, 30, True)]


def test_a_map_that_is_refused_points_nowhere():
    found = told(torch.full((1, HEIGHT, WIDTH), torch.nan))
    record = found.evidence[0]
    assert "must give a map that can be shown. It was refused: " in record["attribution"]["failed"]
    assert "points" not in record
    assert not found.regions.any()


def test_a_map_that_is_the_same_everywhere_is_a_warning():
    even = told(torch.ones(1, HEIGHT, WIDTH))
    assert "the map is the same everywhere: it points at no place" in reasons(even)
    assert "The map is the same everywhere: it points at no place." in even.text[0]
    assert told().verdict.status == "ok"


# The region.


def test_points_outside_the_region_are_a_warning():
    found = told(bumps((*CENTER, 2.0), (20, 6, 1.0)), points=2)
    assert found.evidence[0]["region"]["points_inside"] == 0.5
    assert "50% of the points of most evidence lie outside the outlined region" in reasons(found)


@pytest.mark.parametrize(
    ("region", "doubt"),
    [
        ({"mass": 0.5, "area": 0.1}, None),
        ({"mass": 0.2, "area": 0.1}, "little"),
        ({"mass": 0.3, "area": 0.3}, "chance"),
        ({"mass": 0.1, "area": 0.01, "outline": {"mass": 0.9, "area": 0.2}}, None),  # cut down on purpose
    ],
)
def test_how_much_of_the_evidence_a_region_must_hold(region, doubt):
    assert mass_doubt(region) == doubt


def test_a_region_with_little_of_the_evidence_is_a_warning():
    little = told(bumps((*CENTER, 1.0), (20, 6, 1.0), (20, 16, 1.0), (12, 8, 1.0), (12, 18, 0.9)))
    assert "holds less than a quarter of the evidence: most of it lies elsewhere" in reasons(little)
    assert "20 % of the evidence for tiger cat: most of that lies elsewhere." in little.text[0]
    none = told(masks=place().roll((12, -20), (0, 1))[None])
    assert "holds no more of the evidence than any region of its size would" in reasons(none)


def test_the_candidates_are_recorded_with_their_masks_and_which_was_chosen():
    masks = torch.stack([place().roll(3, 1), place(), torch.ones_like(place())])
    found = told(segmenter=Masks(masks, chosen=1))
    region = found.evidence[0]["region"]
    assert torch.equal(found.regions[0], place())
    assert (region["chosen"], region["score"], region["scores"]) == (1, pytest.approx(0.1), pytest.approx([0.0, 0.1, 0.2]))
    assert [one["area"] for one in region["candidates"]] == [float(one.double().mean()) for one in masks]
    assert [one["mass"] for one in region["candidates"]] == pytest.approx([2 / 3, 1.0, 1.0])
    kept = [mask_of_runs(one["mask"], (HEIGHT, WIDTH)) for one in region["candidates"]]
    assert torch.equal(torch.stack(kept), masks)
    many = told(masks=place().expand(5, -1, -1)).evidence[0]["region"]["candidates"]
    assert len(many) == 5
    assert "mask" not in many[0]


def test_a_region_in_pieces_says_how_many():
    two = place() | place().roll((12, -20), (0, 1))
    found = told(masks=two[None], captioner=Saying("red"))
    assert found.evidence[0]["region"]["pieces"] == 2
    assert "The region, in 2 pieces, holds 100 % of the evidence" in found.text[0]
    assert "in 2 pieces, the largest" in told(masks=two[None]).text[0]
    assert "pieces" not in told().text[0]


def test_what_a_region_was_cut_down_from_is_told_and_it_keeps_its_points():
    maps = bumps((5, 29, 2.0), (5, 34, 0.5))
    found = told(maps, masks=torch.ones(1, HEIGHT, WIDTH, dtype=torch.bool), points=Points(2, separation=2), refine=0.5)
    region = found.evidence[0]["region"]
    assert region["outline"] == {"area": 1.0, "mass": pytest.approx(1.0)}
    assert region["points_inside"] == 1.0
    assert region["area"] == 18 / (HEIGHT * WIDTH)
    assert torch.equal(found.regions[0], maps[0] > 0)
    assert "The outline was cut down from 100 % to 2 % of the picture, to what holds 50 % of its evidence." in found.text[0]
    one = told(maps, masks=torch.ones(1, HEIGHT, WIDTH, dtype=torch.bool), refine=0.5).evidence[0]["region"]
    assert (one["area"], one["mass"]) == (9 / (HEIGHT * WIDTH), pytest.approx(0.8))  # of what is left, not of the outline
    more = told(maps, masks=torch.ones(1, HEIGHT, WIDTH, dtype=torch.bool), refine=0.9).evidence[0]["region"]
    assert (more["area"], more["refined"]) == (18 / (HEIGHT * WIDTH), 0.9)


def test_an_outline_of_even_evidence_stays_whole_and_says_so():
    found = told(place()[None].float(), refine=0.3)
    assert torch.equal(found.regions[0], place())
    assert "The outline was to be cut down to what holds 30 % of its evidence, and stays whole" in found.text[0]
    assert "outline" not in told().evidence[0]["region"]


# What hiding does.


@pytest.mark.parametrize(("shifts", "baseline"), [(1, "mean"), (3, "mean"), (3, "black")])
def test_effects_are_those_of_so_many_shifts_and_of_that_baseline(shifts, baseline):
    found = told(checks=Checks(shifts=shifts, baseline=baseline, budget=0)).evidence[0]["effects"]
    image = picture()
    other = torch.zeros_like(image) if baseline == "black" else image.mean((2, 3), keepdim=True).expand_as(image)
    asked = TargetScore(torch.tensor([1]), output="probability", score_unit="logit")
    expected = mask_effects(model(), image, other, asked, place()[None], shifts)
    for name in ("whole", "without", "alone", "shifted_without", "shifted_alone", "overlap"):
        assert found[name] == pytest.approx(float(getattr(expected, name)[0]), abs=1e-6), name


def test_each_shape_elsewhere_is_hidden_once_and_shown_once():
    calls = [told(checks=Checks(shifts=shifts, budget=0)).diagnostics.model_calls for shifts in (1, 3)]
    assert calls[1] - calls[0] == 4


def effects(**changed):
    known = {"unit": "probability", "whole": 0.024, "without": 0.021, "alone": 0.02, "shifted_without": 0.0238, "overlap": 0.0}
    known |= changed
    shifted = known["whole"] - known["shifted_without"]
    return {"effects": {**known, "deletion": known["whole"] - known["without"], "shifted_deletion": shifted}}


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (
            effects(),
            "falls from 2.4 % to 2.1 %; with the same shape hidden elsewhere it is 2.4 %. Shown alone, the region gives 2.0 %",
        ),
        (effects(whole=0.008, without=0.002), "falls from 0.8 % to 0.2 %;"),
        (effects(whole=0.9, without=0.1), "falls from 90 % to 10 %; with the same shape hidden elsewhere it is 2 %."),
        (effects(without=0.0239), "the probability of 2 % hardly changes; with"),
        (effects(unit="logit", whole=3.1, without=2.7), "the logit falls from 3.1 to 2.7;"),
        (effects(overlap=0.6), "there is no room for the same shape elsewhere"),
    ],
)
def test_values_that_differ_are_told_in_words_that_differ(record, sentence):
    assert sentence in effect_sentence(record)


def test_where_there_is_no_room_elsewhere_that_is_a_warning():
    found = told(torch.ones(1, HEIGHT, WIDTH) + place(), masks=torch.ones(1, HEIGHT, WIDTH, dtype=torch.bool))
    assert "there is no room for the region's shape elsewhere: whether its place counts is not known" in reasons(found)
    assert "Whether its place counts is not known." in found.text[0]
    assert place_doubt(effects(overlap=0.6)["effects"]) == "no room"
    assert place_doubt(effects(overlap=0.4)["effects"]) is None


# Words.


def test_the_label_is_that_of_the_class_that_is_explained_and_not_of_the_predicted_one():
    image = picture()
    image[0, 0, ROWS, COLUMNS] = 0.6
    found = xv.narrate(
        model(), image, attributor=Known(bumps((*CENTER, 1.0))), segmenter=Masks(place()[None]), checks=False,
        targets="tiger cat", captioner=Saying("red", label_in_prompt=True),
    )  # fmt: skip
    assert found.evidence[0]["prediction"]["predicted"] == "cat"
    assert found.evidence[0]["caption"]["prompt"] == "Say it of tiger cat."


@dataclass(frozen=True)
class Scoring(Saying):
    """A captioner whose one word fits a picture as well as it is red in a `part` of it."""

    part: object = None
    word_score: str = "log-probability"

    def word_scores(self, caption, image, versions, mask):
        return versions[:, 0, self.part].double().mean(1, keepdim=True)


def checked():
    one = picture()[0]
    return Checked(model(), one, torch.zeros_like(one), place(), TargetScore(torch.tensor([1]), score_unit="logit"))


def shares(part):
    captioner = Scoring("red", part=part)
    return consistency_record(checked(), captioner, Caption("red", "", False), Checks(players=PLAYERS, budget=16), 0)


def test_shares_in_the_region_are_of_what_lies_in_it_of_the_words_as_of_the_prediction():
    inside, outside = shares(place()), shares(~place())
    assert inside["prediction_in_mask"] == outside["prediction_in_mask"] == pytest.approx(1.0)
    assert inside["words_in_mask"] == pytest.approx(1.0)
    assert outside["words_in_mask"] == pytest.approx(0.0, abs=1e-6)
    assert inside["cosine"] == pytest.approx(1.0)
    assert inside["players"] == 3


def test_words_are_asked_about_the_very_coalitions_that_the_prediction_is():
    """With a score that is the model's own, contributions are equal for any budget, also where coalitions are drawn."""

    class Same(Scoring):
        def word_scores(self, caption, image, versions, mask):
            return model()(versions)[:, 1:2].double() ** 3

    of = checked()
    cubed = xv.FunctionClassifier(
        lambda inputs: model()(torch.as_tensor(inputs)).numpy() ** 3,
        **{"num_classes": 3, "domain": "image", "score_unit": "logit"},
    )
    labels = torch.arange(WIDTH).expand(HEIGHT, WIDTH) // 2  # of four of them the cube: a few orders do not settle it
    parts = word_contributions(replace(of, model=cubed), Same("red"), Caption("red", "", False), labels, 90, 0)
    torch.testing.assert_close(parts[0], parts[1][:, 0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("kind", "budget"), [("log-probability", 64), ("similarity", 128)])
def test_a_language_model_is_asked_half_as_often(kind, budget):
    captioner = Scoring("red", part=place(), word_score=kind)
    record = consistency_record(checked(), captioner, Caption("red", "", False), Checks(players=PLAYERS), 0)
    assert record["budget"] == budget


def test_the_seed_reaches_the_check_of_consistency():
    def cosine(seed):
        checks = Checks(players="grid", budget=120)
        return told(captioner=TemplateCaptioner(), checks=checks, seed=seed).evidence[0]["consistency"]["cosine"]

    assert cosine(0) == cosine(0) != cosine(1)


# Before anything is computed.


class Unasked(xv.FunctionClassifier):
    def __call__(self, inputs):
        raise AssertionError("the model was asked")


@pytest.fixture
def unasked():
    shape = xv.ImageFormat(3, HEIGHT, WIDTH)
    return Unasked(lambda inputs: inputs, 3, domain="image", score_unit="logit", image_format=shape)


@pytest.mark.parametrize(
    ("wrong", "error", "sentence"),
    [
        ({"refine": 2}, InputError, r"`refine` must be above 0 and at most 1\. Got 2\."),
        ({"checks": "no"}, InputError, r"`checks` must be True, False or `Checks`\. Got 'no'\."),
        ({"points": 0}, InputError, r"`points` must be a positive integer\. Got 0\."),
        ({"segmentor": "slic"}, UnknownNameError, r"`segmentor` is not a known option of `narrate`\. Did you mean `segmenter`\?"),
        ({"caption": "template"}, UnknownNameError, r"Did you mean `captioner`\?"),
        ({"attributor": "occlusion", "refined": 0.5}, UnknownNameError, r"Did you mean `refine`\?"),
    ],
)
def test_what_does_not_fit_is_one_sentence_before_the_model_is_asked(unasked, wrong, error, sentence):
    with pytest.raises(error, match=sentence):
        xv.narrate(unasked, picture(), **wrong)


def test_a_file_that_is_no_checkpoint_is_told_before_the_model_is_asked(unasked, tmp_path):
    wrong = tmp_path / "weights.pth"
    wrong.write_bytes(b"no weights")
    with pytest.raises(FileFormatError, match=r"`checkpoint` must hold the weights of Segment Anything's 'vit_b'"):
        xv.narrate(unasked, picture(), segmenter=SamPoint(wrong, "vit_b"))


def test_what_cropping_leaves_out_of_a_file_is_told(tmp_path):
    from PIL import Image

    file = tmp_path / "wide.png"
    Image.new("RGB", (2 * WIDTH, HEIGHT), (200, 90, 90)).save(file)
    asked = {"attributor": Known(bumps((*CENTER, 1.0))), "segmenter": Masks(place()[None]), "checks": False}
    cropped = xv.narrate(model(), file, **asked)
    share = cropped.evidence[0]["picture"]["left_out"]
    # 40 rows of 133 pixels, of which the middle 24 rows of 40 are taken.
    assert share == pytest.approx(1 - HEIGHT * WIDTH / (WIDTH * int(WIDTH * 2 * WIDTH / HEIGHT)))
    assert cropped.text[0].endswith("The model was not shown 82 % of the file, which cropping leaves out.")
    assert "picture" not in told().evidence[0]


def test_doubts_are_read_from_the_record_alone():
    record = told().evidence[0]
    assert list(doubts(record)) == []
    assert list(doubts({**record, "naming": {"agreement": "contradicts", "named": ["dog"]}})) == [
        "the words speak of dog and contradict the model"
    ]
    assert narrative_text(record) == told().text[0]
    assert list(doubts({"points": SimpleNamespace(), "region": [1]})) == []
