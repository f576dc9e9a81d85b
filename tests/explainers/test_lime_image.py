"""LIME for pictures: known answers, doubts, refusals, and the acceptance check on generated sonar."""

import pytest
import torch
from explainer_networks import drawn, image_classifier, linear_classifier, table_classifier
from torch import nn

from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.registry import load_dataset
from xaivision.engines.removals import segment_means
from xaivision.engines.superpixels import Grid, Slic
from xaivision.explainers.lime_image import LimeImage
from xaivision.explainers.superpixel_lime import SuperpixelLime
from xaivision.models import load_model

TILES = Grid(3, 4)


class Scores(nn.Module):
    """Two scores by a function of the images."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, images):
        return self.function(images)


def scored_by(function):
    return TorchClassifier(Scores(function), 2, score_unit="logit", domain="image")


def coefficients(found, index=0):
    """(M,) the sum of each segment's pixels."""
    labels = found.players[index].flatten()
    empty = torch.zeros(int(labels.max()) + 1, dtype=torch.float64)
    return empty.index_add_(0, labels, found.values[index].flatten().double())


def segment_sums(pixels, labels):
    return torch.zeros(int(labels.max()) + 1, dtype=torch.float64).index_add_(0, labels.flatten(), pixels.flatten())


def tile_map(images):
    return torch.stack([TILES.labels(image) for image in images])


@pytest.mark.parametrize("baseline", ["black", "blur", "segment_mean"])
@pytest.mark.parametrize("channels", [1, 3])
def test_without_a_penalty_a_linear_model_is_told_exactly(baseline, channels):
    weights, images = drawn((channels, 8, 8), 0), drawn((2, channels, 8, 8), 1)
    found = LimeImage(segments=TILES, baseline=baseline, budget=60, alpha=0.0).explain(linear_classifier(weights), images, 0)
    assert found.values.shape == (2, 1, 8, 8)
    for index, labels in enumerate(tile_map(images)):
        expected = segment_sums(((images[index] - found.baseline[index]) * weights).sum(0), labels)
        torch.testing.assert_close(coefficients(found, index), expected, atol=1e-10, rtol=0)
    assert (found.diagnostics.local_fit - 1).abs().max() < 1e-12
    assert found.verdict.status == "ok"


def test_maps_of_a_linear_model_differ_by_what_hides():
    weights, images = drawn((1, 8, 8), 0), drawn((1, 1, 8, 8), 1)
    black, mean = (
        LimeImage(segments=TILES, baseline=baseline, budget=60, alpha=0.0).explain(linear_classifier(weights), images, 0)
        for baseline in ("black", "segment_mean")
    )
    labels = tile_map(images)[0]
    hides = segment_means(images[0], labels)
    torch.testing.assert_close(mean.baseline[0], hides, atol=1e-15, rtol=0)
    apart = segment_sums((weights * hides)[0], labels)
    torch.testing.assert_close(coefficients(black) - coefficients(mean), apart, atol=1e-10, rtol=0)


def test_shares_are_even_within_a_segment_and_errors_too():
    found = LimeImage(segments=TILES, budget=80).explain(image_classifier(), drawn((2, 2, 8, 8), 1))
    assert torch.equal(found.players, tile_map(found.query.inputs))
    for values in (found.values, found.diagnostics.standard_error):
        assert values.shape == (2, 1, 8, 8)
        for one, labels in zip(values[:, 0], found.players, strict=True):
            for number in range(12):
                assert one[labels == number].unique().numel() == 1
    assert (found.diagnostics.standard_error > 0).all()


def test_the_first_coalition_hides_nothing_and_the_budget_is_what_is_asked():
    found = LimeImage(segments=Grid(6, 6), budget=180).explain(image_classifier(), drawn((2, 2, 8, 8), 1))
    assert found.diagnostics.evaluations.tolist() == [180] * 2  # the first coalition is the picture itself; the baseline is none
    assert found.diagnostics.model_calls == 2 * (180 + 1)


def test_the_same_seed_gives_identical_coefficients_and_another_seed_others():
    model, images = image_classifier(), drawn((1, 2, 8, 8), 1)
    one, same, other = (LimeImage(segments=TILES, budget=80).explain(model, images, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(one.values, same.values)
    assert not torch.equal(one.values, other.values)
    error = one.diagnostics.standard_error
    assert ((one.values - other.values).abs() < 5 * error).all()


def test_a_poor_fit_and_a_map_of_chance_are_doubted():
    model = scored_by(lambda images: torch.stack([(50 * images.sum((1, 2, 3))).sin(), images.mean((1, 2, 3))], 1))
    found = LimeImage(segments=TILES, baseline="black", budget=200).explain(model, drawn((1, 1, 8, 8), 1), 0)
    assert float(found.diagnostics.local_fit[0]) < 0.5
    assert found.verdict.status == "warn"
    reasons = "; ".join(found.verdict.reasons)
    assert "the local model fits poorly (R2 0." in reasons
    assert "take more `budget`" in reasons


def test_few_coalitions_for_many_segments_are_doubted():
    model, images = image_classifier(), drawn((1, 2, 8, 8), 1)
    few = LimeImage(segments=TILES, budget=59).explain(model, images)
    assert any("59 coalitions are few for so many segments: the local model" in reason for reason in few.verdict.reasons)
    enough = LimeImage(segments=TILES, budget=60).explain(model, images)
    assert not any("coalitions are few" in reason for reason in enough.verdict.reasons)


def test_a_budget_below_the_number_of_segments_is_one_sentence():
    with pytest.raises(InputError, match=r"^`budget` must be at least 14 for the 12 segments of input 0\. Got 13\. Take a .*\.$"):
        LimeImage(segments=TILES, budget=13).explain(image_classifier(), drawn((1, 2, 8, 8), 1))


def test_one_segment_is_one_sentence():
    with pytest.raises(InputError, match=r"^`segments` must divide each picture into at least 2 segments\. Got 1 .*\.$"):
        LimeImage(segments=torch.zeros(8, 8, dtype=torch.int64)).explain(image_classifier(), drawn((1, 2, 8, 8), 1))


def test_a_constant_model_is_doubted_and_not_explained():
    model = scored_by(lambda images: torch.full((len(images), 2), 0.3).double())
    found = LimeImage(segments=TILES, budget=60).explain(model, drawn((1, 1, 8, 8), 1), 0)
    assert not found.values.any()
    assert "the map is zero everywhere: the score is practically that of the baseline" in found.verdict.reasons


def test_a_model_that_breaks_on_hidden_segments_is_one_sentence():
    def scores(images):
        means, zeros = images.mean((2, 3)).expand(-1, 2), (images == 0).flatten(1)
        return torch.where(zeros.any(1) & ~zeros.all(1), torch.nan, 1.0)[:, None] * means

    model = scored_by(scores)
    with pytest.raises(InputError, match=r"score must be a finite number also where features are hidden\."):
        LimeImage(segments=TILES, baseline="black", budget=60).explain(model, drawn((1, 1, 8, 8), 1) / 2 + 0.1, 0)


def test_tables_are_refused():
    with pytest.raises(CapabilityError, match="lime_image"):
        LimeImage().explain(table_classifier(), drawn((1, 4), 0))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"budget": 0}, r"`budget` must be a positive integer\. Got 0\."),
        ({"budget": 100.0}, r"`budget` must be a positive integer\. Got 100\.0\."),
        ({"kernel_width": 0}, r"`kernel_width` must be a positive number\. Got 0\."),
        ({"kernel_width": "a"}, r"`kernel_width` must be a positive number\. Got 'a'\."),
        ({"alpha": -1.0}, r"`alpha` must be a number from 0\. Got -1\.0\."),
        ({"alpha": float("nan")}, r"`alpha` must be a number from 0\. Got nan\."),
    ],
)
def test_settings_out_of_range_are_refused(settings, sentence):
    with pytest.raises(InputError, match=sentence):
        LimeImage(**settings)


def test_superpixel_lime_is_lime_with_the_settings_of_the_study():
    model, images = load_model("sonar48_convnet"), load_dataset("sonar48", count=4).inputs[1:3]
    study = SuperpixelLime().explain(model, images)
    same = LimeImage(segments="quickshift", baseline="black", budget=300, kernel_width=0.25, alpha=1.0)
    assert vars(SuperpixelLime()) == vars(same)
    assert (study.method, study.origin.settings["budget"]) == ("superpixel_lime", 300)
    assert study.verdict.status == "warn"
    assert all("Quickshift(kernel_size=4.0, max_dist=200.0, ratio=0.2) gave " in one.reasons[0] for one in study.verdicts)


def hidden_without(images, hide):
    """Black where `hide` (B, H, W) says."""
    return images.masked_fill(hide[:, None], 0)


def test_on_sonar_the_first_segments_decide_and_lie_on_object_and_shadow():
    """SLIC 100 hidden by black: the top 5 drop the probability 4 times as far as random ones, and lie inside 4 times as often."""
    model, data = load_model("sonar48_convnet"), load_dataset("sonar48")
    images, targets, truth = *data.test, data.truth[data.split.test]
    rows = ((model(images).argmax(1) == targets) & (targets != 0)).nonzero().flatten()[:24]
    images, targets, truth = images[rows], targets[rows], truth[rows]
    found = LimeImage(segments=Slic(100), baseline="black", budget=300).explain(model, images, targets)
    draws = torch.Generator().manual_seed(0)
    top, chance = torch.zeros_like(truth), torch.zeros_like(truth)
    for index, labels in enumerate(found.players):
        order = coefficients(found, index).argsort(descending=True)
        top[index] = torch.isin(labels, order[:5])
        chance[index] = torch.isin(labels, torch.randperm(len(order), generator=draws)[:5])
    before, without, at_random = (
        model(asked).softmax(1).gather(1, targets[:, None]).mean()
        for asked in (images, hidden_without(images, top), hidden_without(images, chance))
    )
    assert before - without >= 4 * (before - at_random)
    inside = ((top & truth).flatten(1).sum(1) / top.flatten(1).sum(1)).mean()
    assert inside >= 4 * truth.double().mean()


@pytest.mark.parametrize("segments", ["slic", Grid(8, 8)])
def test_pixels_that_are_their_own_segments_are_hidden_by_the_mean_of_the_picture_and_it_is_said(segments):
    weights, images = drawn((1, 8, 8), 0), drawn((2, 1, 8, 8), 1)
    found = LimeImage(segments=segments, budget=400, alpha=0.0).explain(linear_classifier(weights), images, 0)
    means = images.mean((2, 3), keepdim=True).expand_as(images)
    torch.testing.assert_close(found.baseline, means, atol=1e-12, rtol=0)
    assert all(verdict.status == "warn" for verdict in found.verdicts)
    assert "pixels each are next to their own mean color: that of the whole picture hides them" in found.verdicts[1].reasons[0]
    if isinstance(segments, Grid):
        torch.testing.assert_close(found.values[:, 0], ((images - means) * weights)[:, 0], atol=1e-10, rtol=0)
    assert bool(found.values.flatten(1).any(1).all())


def test_segments_of_four_pixels_are_hidden_by_their_own_mean():
    weights, images = drawn((1, 8, 8), 0), drawn((1, 1, 8, 8), 1)
    found = LimeImage(segments=Grid(4, 4), budget=100).explain(linear_classifier(weights), images, 0)
    torch.testing.assert_close(found.baseline[0], segment_means(images[0], Grid(4, 4).labels(images[0])), atol=1e-12, rtol=0)
