"""lime's own image explainer, fed our segments, our coalitions and what hides: the same coefficients."""

import numpy as np
import pytest
import torch
from lime.lime_image import LimeImageExplainer
from torch import nn

from xaivision.core.image_format import ImageFormat
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.superpixels import Quickshift, Slic
from xaivision.explainers.lime_image import LimeImage

SIDE, BUDGET, TARGET = 24, 120, 2


class Fed(LimeImageExplainer):
    """lime with the coalitions of someone else; everything after the draw is its own."""

    def __init__(self, coalitions, **settings):
        super().__init__(**settings)
        self.coalitions = coalitions
        parent, draw = self.random_state, lambda *_args, **_more: self.coalitions.flatten()
        self.random_state = type("Draws", (), {"randint": staticmethod(draw)})
        self.base.random_state = parent


def network(channels):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(channels, 4, 5, stride=2),
            nn.Tanh(),
            nn.Conv2d(4, 6, 3, stride=2),
            nn.Tanh(),
            nn.Flatten(),
            nn.LazyLinear(4),
        ).double()


def classifier(channels):
    module = network(channels)
    module(torch.zeros(1, channels, SIDE, SIDE, dtype=torch.float64))
    return TorchClassifier(module, 4, domain="image", score_unit="logit", image_format=ImageFormat(channels, SIDE, SIDE))


def photo(channels):
    return torch.rand(1, channels, SIDE, SIDE, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def lime_asked(found, coalitions, hide, scores):
    """lime's explanation of (H, W, 3), with the coalitions and the labels of ours."""
    image = found.query.inputs[0].permute(1, 2, 0).numpy()
    image = np.repeat(image, 3, 2) if image.shape[2] == 1 else image
    peer = Fed(coalitions.numpy().astype(int), feature_selection="none", random_state=0)
    labels = found.players[0].numpy()
    answer = peer.explain_instance(
        image, scores, labels=(TARGET,), top_labels=None, hide_color=hide, num_samples=BUDGET, segmentation_fn=lambda _: labels,
        random_seed=0,
    )  # fmt: skip
    values = dict(answer.local_exp[TARGET])
    return torch.tensor([values[number] for number in range(len(values))]), float(answer.score)


def coefficients(found):
    labels = found.players[0].flatten()
    empty = torch.zeros(int(labels.max()) + 1, dtype=torch.float64)
    return empty.index_add_(0, labels, found.values[0, 0].flatten())


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    monkeypatch.setattr("lime.lime_image.tqdm", lambda rows: rows)


@pytest.mark.parametrize(("baseline", "hide"), [("segment_mean", None), ("black", 0)])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_same_coalitions_give_the_same_coefficients_and_the_same_fit(channels, baseline, hide, monkeypatch):
    model, seen = classifier(channels), []
    monkeypatch.setattr(
        "xaivision.explainers.lime_image.coin_flips",
        lambda players, count, draws: seen.append(flips(players, count, draws)) or seen[-1],
    )
    explainer = LimeImage(segments=Slic(count=20), baseline=baseline, budget=BUDGET)
    found = explainer.explain(model, photo(channels), TARGET)

    def scores(images):
        return model(torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)[:, :channels]).numpy()

    theirs, fit = lime_asked(found, seen[0], hide, scores)
    assert len(theirs) >= 12
    assert (coefficients(found) - theirs).abs().max() < 1e-8
    assert float(found.diagnostics.local_fit[0]) == pytest.approx(fit, abs=1e-8)


def flips(players, count, draws):
    from xaivision.engines.coin_flips import coin_flips

    return coin_flips(players, count, draws)


def test_quickshift_gives_one_channel_the_segments_that_lime_gives_its_rgb_copy():
    from lime.wrappers.scikit_image import SegmentationAlgorithm

    image = photo(1)[0]
    image[:, 4:15, 6:20] *= 0.3
    theirs = SegmentationAlgorithm("quickshift", kernel_size=2, max_dist=8, ratio=0.5, random_seed=42)
    expected = theirs(np.repeat(image.permute(1, 2, 0).numpy(), 3, 2))
    found = Quickshift(kernel_size=2, max_dist=8, ratio=0.5).labels(image)
    assert expected.max() > 5
    assert np.array_equal(found.numpy(), expected)
