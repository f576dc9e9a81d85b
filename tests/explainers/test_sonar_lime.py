"""Acceptance C1 of the sonar study in miniature (arXiv:2408.12837), asked anew of the library's own network."""

import pytest
import torch

import xaivision as xv
from xaivision.core.random import generator
from xaivision.engines.superpixels import Slic


@pytest.fixture(scope="module")
def asked():
    """Pictures with a target that the network is right about, and where the target and its shadow are."""
    data, model = xv.load_dataset("sonar48"), xv.load_model("sonar48_convnet")
    rows = data.split.test[:60]
    right = (model(data.inputs[rows]).argmax(1) == data.targets[rows]) & (data.targets[rows] > 0)
    chosen = rows[right][:6]
    return model, data.inputs[chosen], data.truth[chosen]


def drops(model, pictures, gone, targets):
    """(n,) how much the target's probability falls where these pixels are black."""
    before, after = (
        model(x).double().softmax(1).gather(1, targets[:, None])[:, 0] for x in (pictures, pictures * ~gone[:, None])
    )
    return before - after


def test_the_top_five_superpixels_are_worth_four_times_five_by_chance_and_lie_on_the_target(asked):
    model, pictures, truth = asked
    found = xv.explain(model, pictures, "superpixel_lime", segments=Slic(count=100), baseline="black", budget=300)
    labels, worth = found.players, found.player_values
    top = torch.stack([torch.isin(one, mine.argsort(descending=True)[:5]) for one, mine in zip(labels, worth, strict=True)])
    chance = []
    for draw in range(8):
        five = [torch.randperm(len(mine), generator=generator(draw, "five"))[:5] for mine in worth]
        gone = torch.stack([torch.isin(one, mine) for one, mine in zip(labels, five, strict=True)])
        chance.append(drops(model, pictures, gone, found.query.targets))
    assert float(drops(model, pictures, top, found.query.targets).mean()) >= 4 * float(torch.stack(chance).mean())
    assert float(truth[top].double().mean()) >= 4 * float(truth.double().mean())


def test_quickshift_as_lime_sets_it_is_degenerate_on_sonar_and_the_verdict_says_so(asked):
    model, pictures, _ = asked
    found = xv.explain(model, pictures[:1], "superpixel_lime", budget=300)
    assert found.verdict.status == "warn"
    assert any("segments" in reason for reason in found.verdict.reasons)
    assert int(found.players.max()) + 1 >= 8


def test_the_same_seed_gives_the_same_coefficients(asked):
    model, pictures, _ = asked
    first, again, other = (
        xv.explain(model, pictures[:1], "superpixel_lime", segments=Slic(count=50), seed=seed) for seed in (0, 0, 1)
    )
    assert torch.equal(first.values, again.values)
    assert not torch.equal(first.values, other.values)


@pytest.mark.parametrize("method", ["lime_image", "kernel_shap", "occlusion", "integrated_gradients", "rise"])
def test_seabed_stands_in_for_what_is_absent(asked, method):
    model, pictures, _ = asked
    settings = {"segments": "grid", "budget": 300} if method in ("lime_image", "kernel_shap") else {}
    settings |= {"budget": 200} if method == "rise" else {}
    found = xv.explain(model, pictures[:1], method, baseline="seabed", **settings)
    assert found.verdict.status != "refuse"
    black = xv.explain(model, pictures[:1], method, baseline="black", **settings)
    assert not torch.equal(found.values, black.values)


@pytest.mark.parametrize("metric", ["deletion", "insertion"])
def test_seabed_stands_in_where_features_are_taken_away(asked, metric):
    model, pictures, _ = asked
    scores = xv.evaluate(model, pictures[:2], "saliency", metric, metric_settings={"baseline": "seabed"})
    assert bool(scores.values.isfinite().all())
