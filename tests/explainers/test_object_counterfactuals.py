"""Object counterfactuals: the tile that decides is found, nothing else is touched, and what does not flip is not handed out."""

import time

import numpy as np
import pytest
import torch
from counterfactual_pictures import HALF, SIDE, TileGenerator, dark_pictures, halves, layers, tile_model, tiles

import xaivision as xv
from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.image_format import ImageFormat
from xaivision.explainers.counterfactuals.object_counterfactuals import ObjectCounterfactuals

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
    assert all("down" in part or "across" in part for part in answer.edits[0][0].split("; "))


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


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"vary": ["color"]}, r"`vary` must name some of 'position', 'removal', 'style'\. Got 'color'\."),
        ({"objects": ["cat"]}, r"`objects` must name some of 'segment 0', .*\. Got 'cat'\."),
        ({"desired_class": 7}, r"`desired_class` must be a class number from 0 to 1\. Got 7\."),
        ({"vary": "position"}, r"`vary` must be 'all' or a list of names\. Got 'position'\."),
        ({"most_edits": 0}, r"`most_edits` must be a positive integer\. Got 0\."),
        ({"max_seconds": -1}, r"`max_seconds` must be a positive number\. Got -1\."),
    ],
)
def test_settings_that_do_not_fit_are_refused_in_one_sentence(settings, message):
    with pytest.raises(InputError, match=message):
        found_by(dark_pictures(1), **settings)


def test_the_limit_of_time_holds():
    """Two thousand questions of a millisecond each would take two seconds."""

    def slow(pictures):
        time.sleep(1e-3 * len(pictures))
        lead = 20 * (pictures[:, 0, :HALF, :HALF].mean((1, 2)) - 0.99)
        return np.stack([-lead, lead], 1)

    model = FunctionClassifier(slow, 2, score_unit="logit", domain="image", image_format=ImageFormat(1, SIDE, SIDE))
    began = time.perf_counter()
    answer = ObjectCounterfactuals(type(layers())(torch.arange(144).view(SIDE, SIDE) // 4), max_seconds=0.4).explain(
        model, dark_pictures(1)
    )
    assert time.perf_counter() - began < 0.8  # other work on the machine counts here as well
    assert not answer.found.any()
    assert "in the 0.4 s there were" in str(answer.verdict)
