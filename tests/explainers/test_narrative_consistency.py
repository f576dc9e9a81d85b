"""Acceptance M1: words about the right region rest on what the prediction rests on, those about another region do not."""

import pytest
import torch
from captioning_models import captioning
from narrative_stages import model, picture, place

import xaivision as xv
from xaivision.core.targets import TargetScore
from xaivision.engines.mask_evidence import shifted_masks
from xaivision.engines.superpixels import Grid
from xaivision.explainers.narratives.checks import Checked, Checks, consistency_record, word_contributions
from xaivision.explainers.narratives.huggingface_captioner import HuggingFaceCaptioner
from xaivision.explainers.narratives.template_captioner import TemplateCaptioner

BLOCKS = Checks(players=Grid(4, 4), budget=128)


@pytest.fixture(scope="module")
def scenes():
    """Sonar scenes with a target that the network is right about, what stands for what is hidden, and the target itself."""
    data, network = xv.load_dataset("sonar48"), xv.load_model("sonar48_convnet")
    rows = data.split.test[:60]
    right = (network(data.inputs[rows]).argmax(1) == data.targets[rows]) & (data.targets[rows] > 0)
    chosen = rows[right][:8]
    return network, data.inputs[chosen], data.targets[chosen], data.truth[chosen]


def test_words_from_the_right_mask_score_at_least_three_tenths_above_those_from_a_shifted_one(scenes):
    network, pictures, targets, truth = scenes
    captioner, found = TemplateCaptioner("sonar"), []
    for one, target, mask in zip(pictures, targets, truth, strict=True):
        asked = TargetScore(target[None], output="probability", score_unit="logit")
        substitute = one.median().expand_as(one)
        pair = []
        for region in (mask, mask.roll((24, 24), (0, 1))):
            of = Checked(network, one, substitute, region, asked)
            pair.append(consistency_record(of, captioner, captioner.caption(one, region, None), BLOCKS, 0)["cosine"])
        found.append(pair)
    right, shifted = torch.tensor(found).nanmean(0).tolist()
    assert right > 0.7
    assert right - shifted > 0.3


def test_contributions_to_prediction_and_words_add_up():
    one = picture()[0]
    of = Checked(model(), one, torch.full_like(one, 0.4), place(), TargetScore(torch.tensor([1]), score_unit="logit"))
    captioner = TemplateCaptioner()
    labels = Grid(2, 3).labels(one)
    prediction, words = word_contributions(of, captioner, captioner.caption(one, place(), None), labels, 64, 0)
    scores = model()(torch.stack([one, of.substitute]))[:, 1]
    assert abs(float(prediction.sum()) - float(scores[0] - scores[1])) < 1e-5
    ends = captioner.word_scores(None, one, torch.stack([one, of.substitute]), place())[:, 0]
    assert abs(float(words.sum()) - float(ends[0] - ends[1])) < 1e-5


def test_a_language_model_is_asked_by_the_log_probability_of_its_own_words():
    one = picture()[0]
    captioner = HuggingFaceCaptioner(*captioning("blip"), tokens=4)
    of = Checked(model(), one, torch.full_like(one, 0.4), place(), TargetScore(torch.tensor([1]), score_unit="logit"))
    caption = captioner.caption(one, place(), None)
    told = consistency_record(of, captioner, caption, Checks(players=Grid(2, 3), budget=16), 0)
    assert (told["value"], told["words"], told["players"]) == ("log-probability", len(caption.tokens), 6)
    assert told["words_in_mask"] > 0.2
    assert -1 <= told["cosine"] <= 1


def test_the_shifted_mask_of_the_effects_is_of_the_same_area():
    assert int(shifted_masks(place(), 3)[2].sum()) == int(place().sum())
