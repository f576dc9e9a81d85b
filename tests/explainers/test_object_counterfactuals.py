"""Object counterfactuals: the tile that decides is found, nothing else is touched, and what does not flip is not handed out."""

import numpy as np
import pytest
import torch
from counterfactual_pictures import HALF, SIDE, TileGenerator, TileNetwork, dark_pictures, halves, layers, tile_model, tiles

import xaivision as xv
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.engines.superpixels import Grid
from xaivision.explainers import search_clock
from xaivision.explainers.counterfactuals import hunting, pixel_counterfactuals
from xaivision.explainers.counterfactuals.object_counterfactuals import ObjectCounterfactuals
from xaivision.explainers.counterfactuals.pixel_counterfactuals import PixelCounterfactuals
from xaivision.models.generators.picture_autoencoder import AutoencoderRecipe, picture_autoencoder
from xaivision.models.generators.segment_layers import SegmentLayers

# Directions of segments are told to so many digits; the last section of the search is that wide.
NEAR = 0.01


def found_by(inputs, model=None, **settings):
    return ObjectCounterfactuals(layers(), **settings).explain(model or tile_model(), inputs)


def test_only_the_tile_that_decides_is_edited_and_by_no_more_than_it_takes():
    inputs = dark_pictures()
    answer = found_by(inputs, vary=["style"])
    assert answer.found.all()
    assert answer.goals.tolist() == [1, 1, 1]
    assert answer.verdict.status == "ok"
    assert torch.allclose(answer.costs[:, 0], (answer.counterfactuals[:, 0] - inputs).double().abs().mean((1, 2, 3)))
    for before, after, (words,) in zip(inputs, answer.counterfactuals[:, 0], answer.edits, strict=True):
        assert words.startswith("segment 0: ")
        assert ";" not in words
        assert torch.equal(after[0][tiles() > 0], before[0][tiles() > 0])
        assert 0.5 < float(after[0, 0, 0]) <= 0.5 + NEAR


@pytest.mark.parametrize("wrong", [["segment 1"], ["segment 2", "segment 3"]])
def test_other_objects_alone_flip_nothing_and_the_answer_is_an_honest_not_found(wrong):
    inputs = dark_pictures()
    answer = found_by(inputs, objects=wrong, vary=["removal", "style"])
    assert not answer.found.any()
    assert torch.equal(answer.counterfactuals[:, 0], inputs)
    assert answer.costs.isnan().all()
    assert answer.verdict.status == "warn"
    assert "not found: no edit that was tried is decided as bright" in str(answer.verdict)
    assert answer.edits == (("",),) * 3


def test_kinds_that_may_not_change_stay_as_they_are():
    """A bright tile may be moved onto the dark one, but not restyled."""
    picture = torch.full((1, 1, SIDE, SIDE), 0.2)
    picture[..., HALF:] = 0.9
    generator = type(layers())(tiles(), reach=0.6)
    answer = ObjectCounterfactuals(generator, vary=["position"]).explain(tile_model(), (255 * picture).round() / 255)
    assert answer.found.all()
    assert all(" px " in part for part in answer.edits[0][0].split("; "))  # moved 4 px to the left
    assert "to the left" in answer.edits[0][0]  # where the bright one comes from the right
    assert "to the right" not in answer.edits[0][0]


def test_the_flip_is_that_of_the_saved_8_bit_picture():
    answer = found_by(dark_pictures(4, seed=5))
    saved = (answer.counterfactuals[:, 0] * 255).numpy()
    assert np.array_equal(saved.round().astype(np.uint8), np.asarray(saved.round()))
    assert np.allclose(saved, saved.round(), atol=1e-4)
    again = tile_model()(torch.from_numpy(saved.round().astype(np.uint8)).float() / 255)
    assert torch.equal(again.argmax(1) == answer.goals, answer.found[:, 0])
    assert torch.allclose(again[:, 1], answer.scores[:, 0], atol=1e-5)


def test_a_model_that_never_changes_its_mind_gives_not_found():
    constant = xv.classifier(lambda pictures: torch.tensor([[1.0, 0.0]]).expand(len(pictures), -1), domain="image", num_classes=2,
                             score_unit="logit")  # fmt: skip
    answer = found_by(dark_pictures(1), constant)
    assert not answer.found.any()


def test_a_class_that_is_predicted_already_needs_nothing():
    answer = found_by(dark_pictures(1), desired_class=0)
    assert not answer.found.any()
    assert "nothing has to change: the prediction is dark already" in str(answer.verdict)
    assert answer.diagnostics.model_calls <= 3


def test_a_generator_of_ones_own_fits_and_one_that_makes_other_pictures_is_refused():
    inputs = halves(4)
    inputs[..., :HALF] *= 0.4
    own = ObjectCounterfactuals(TileGenerator()).explain(tile_model(), inputs)
    assert own.found.all()
    assert all(words.startswith("left half: gray") and ";" not in words for (words,) in own.edits)
    foreign = ObjectCounterfactuals(TileGenerator(off=0.6)).explain(tile_model(), inputs)
    assert not foreign.found.any()
    assert foreign.verdict.status == "refuse"
    assert "decided otherwise" in str(foreign.verdict)


def test_a_generator_of_another_shape_is_refused():
    class Narrow(TileGenerator):
        def decode(self, code, values):
            return super().decode(code, values)[..., :HALF]

    with pytest.raises(
        InputError, match=r"`generator` must decode pictures of the inputs' shape \(1, 12, 12\)\. Got \(1, 12, 6\)"
    ):
        ObjectCounterfactuals(Narrow()).explain(tile_model(), halves(1))


def test_a_generator_may_be_said_in_a_word(tmp_path):
    inputs, model = dark_pictures(1), tile_model()
    said, made = (ObjectCounterfactuals(one, vary=["style"]).explain(model, inputs) for one in ("grid", SegmentLayers("grid")))
    assert torch.equal(said.counterfactuals, made.counterfactuals)
    learned = picture_autoencoder(model, dark_pictures(30), AutoencoderRecipe(width=4, epochs=1))
    path = str(learned.save(tmp_path / "tiles"))
    said, made = (ObjectCounterfactuals(one).explain(model, inputs) for one in (path, learned))
    assert torch.equal(said.counterfactuals, made.counterfactuals)
    with pytest.raises(UnknownNameError, match="`slik` is not a known generator"):
        ObjectCounterfactuals("slik")


def test_several_answers_share_no_edit():
    inputs = dark_pictures(2)
    answer = found_by(inputs, total_CFs=3)
    assert answer.found.sum() >= 4
    for index, (held, words) in enumerate(zip(answer.found, answer.edits, strict=True)):
        names = [" ".join(edit.split(" ")[:3]) for one in words if one for edit in one.split("; ")]
        assert len(names) == len(set(names)) >= 2, words
        shown = answer.counterfactuals[index][held]
        assert (tile_model()(shown).argmax(1) == 1).all()
        assert len(shown.flatten(1).unique(dim=0)) == len(shown)
    alone = found_by(inputs)
    assert torch.equal(answer.counterfactuals[:, 0], alone.counterfactuals[:, 0])


def test_what_is_edited_is_placed_before_and_after():
    inputs = dark_pictures(2)
    styled = found_by(inputs, vary=["style"])
    where = torch.where(tiles() == 0, 0, -1).expand(2, 1, 2, -1, -1)
    assert torch.equal(styled.places, where)
    generator, code = layers(), layers().encode(inputs[0])
    values = code.values.clone()
    names = [(one.of, one.name) for one in code.directions]
    values[names.index(("segment 1", "down"))], values[names.index(("segment 2", "removal"))] = 2, 1
    before, after = generator.places(code, values)
    assert torch.equal(before, torch.where((tiles() == 1) | (tiles() == 2), tiles(), -1))
    moved = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    moved[2 : HALF + 2, HALF:] = True
    assert torch.equal(after, torch.where(moved, 1, -1))
    assert found_by(inputs, objects=["segment 1"], vary=["style"]).places.eq(-1).all()
    assert ObjectCounterfactuals(TileGenerator()).explain(tile_model(), halves(1) * 0.4).places is None


def test_one_answer_is_never_farther_away_than_the_best_of_three():
    """Digits of which some need several edits: what looks longest at first may end nearest."""
    digits, tiles = xv.load_dataset("digits").inputs[[0, 1, 8]], SegmentLayers(Grid(4, 4))
    alone, several = (
        ObjectCounterfactuals(tiles, total_CFs=count).explain(xv.load_model("digits_cnn"), digits) for count in (1, 3)
    )
    assert several.found.all()
    assert torch.equal(alone.counterfactuals[:, 0], several.counterfactuals[:, 0])
    edits = torch.tensor([[len(words.split("; ")) for words in row] for row in several.edits])
    assert bool((edits.diff(dim=1) >= 0).all())
    change = (several.counterfactuals - digits[:, None]).abs().flatten(2).mean(2)
    as_many = edits.diff(dim=1) == 0
    assert as_many.any()
    assert bool((change.diff(dim=1)[as_many] >= 0).all())


def test_fewer_answers_than_were_asked_for_are_told():
    answer = ObjectCounterfactuals(TileGenerator(), total_CFs=2).explain(tile_model(), halves(1) * 0.4)
    assert answer.found.tolist() == [[True, False]]
    assert torch.equal(answer.counterfactuals[0, 1], answer.query.inputs[0])
    assert "1 of 2 counterfactuals were found: nothing else that was tried reaches bright" in str(answer.verdict)


def test_the_more_a_change_counts_the_smaller_it_is():
    """Over 40 pictures and three weights, as OCTET's lambda does; None is the smallest change of all."""
    inputs, model = dark_pictures(40, seed=3), tile_model(4.0)
    found = [found_by(inputs, model, vary=["style"], proximity_weight=one) for one in (0.01, 0.1, 1.0, None)]
    changes = [float((one.counterfactuals[:, 0] - inputs).abs().mean()) for one in found]
    sure = [float(one.scores.mean()) for one in found]
    assert all(one.found.all() for one in found)
    assert changes[0] > changes[1] > changes[2] >= changes[3]
    assert sure[0] > sure[1] > sure[2] >= sure[3]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"vary": ["color"]}, r"`color` is not a known name for `vary`\. Known: position, removal, style\."),
        ({"vary": ["stile"]}, r"`stile` is not a known name for `vary`\. Did you mean `style`\?"),
        ({"objects": ["cat"]}, r"`cat` is not a known name for `objects`\. Known: segment 0, .*\."),
        ({"desired_class": 7}, r"`desired_class` must be a class number from 0 to 1\. Got 7\."),
        ({"vary": "position"}, r"`vary` must be 'all' or a list of names\. Got 'position'\."),
        ({"most_edits": 0}, r"`most_edits` must be a positive integer\. Got 0\."),
        ({"max_seconds": -1}, r"`max_seconds` must be a positive number\. Got -1\."),
        ({"total_CFs": 0}, r"`total_CFs` must be a positive integer\. Got 0\."),
        ({"proximity_weight": -1}, r"`proximity_weight` must be a number from 0\. Got -1\."),
    ],
)
def test_settings_that_do_not_fit_are_refused_in_one_sentence(settings, message):
    with pytest.raises(InputError, match=message):
        found_by(dark_pictures(1), **settings)


class Hours:
    """A clock that goes on only where the test says so: no other work on the machine counts."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self):
        return self.now


@pytest.fixture
def hours(monkeypatch):
    made = Hours()
    for room in (search_clock, hunting, pixel_counterfactuals):
        monkeypatch.setattr(room, "time", made)
    return made


def slow_model(hours, threshold):
    """A millisecond a picture, and two a call; class 1 where the upper left tile is above the threshold."""

    class Slow(TileNetwork):
        def forward(self, pictures):
            hours.now += 2e-3 + 1e-3 * len(pictures)
            lead = self.slope * (pictures[:, :, :HALF, :HALF].mean((1, 2, 3)) - threshold)
            return torch.stack([-lead, lead], 1)

    return xv.classifier(Slow(), domain="image", num_classes=2, score_unit="logit", class_names=("dark", "bright"))


class SlowLayers(SegmentLayers):
    """Five milliseconds to make a picture, twenty to look at one."""

    def encode(self, picture):
        HOURS[0].now += 0.02
        return super().encode(picture)

    def decode(self, code, values):
        HOURS[0].now += 5e-3 * len(values)
        return super().decode(code, values)


HOURS = [Hours()]


@pytest.mark.parametrize("count", [1, 6])
@pytest.mark.parametrize("limit", [0.4, 2.0])
def test_the_limit_of_time_holds_within_a_tenth(hours, count, limit):
    """Two thousand edits of a picture, of 6 ms each, would take twelve seconds."""
    HOURS[0] = hours
    generator = SlowLayers(torch.arange(144).view(SIDE, SIDE) // 4)
    answer = ObjectCounterfactuals(generator, max_seconds=limit).explain(slow_model(hours, 0.99), dark_pictures(count))
    assert 0.8 * limit < hours.now <= 1.1 * limit
    assert not answer.found.any()
    assert f"in the {limit:g} s there were" in str(answer.verdict)


def test_what_was_found_in_time_is_handed_out(hours):
    HOURS[0] = hours
    method = ObjectCounterfactuals(SlowLayers(tiles()), vary=["style"], max_seconds=1.0, total_CFs=3)
    answer = method.explain(slow_model(hours, 0.5), dark_pictures(3))
    assert hours.now <= 1.1
    assert answer.found.any()
    assert "the search ended when the 1 s were over: there may be nearer counterfactuals" in str(answer.verdict)


@pytest.mark.parametrize("count", [3, 30])
def test_the_limit_of_time_of_pixels_holds_within_a_tenth(hours, count):
    answer = PixelCounterfactuals(steps=10_000, max_seconds=2.0).explain(slow_model(hours, 2.0), dark_pictures(count))
    assert 1.5 < hours.now <= 2.2
    assert not answer.found.any()
    assert "in the 2 s there were" in str(answer.verdict)
