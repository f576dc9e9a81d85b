from dataclasses import replace

import pytest
import torch
from torch.nn.functional import cross_entropy

from xaivision.models.flipping import VERSIONS, drawn_versions, flipped
from xaivision.models.head_training import FeatureParts, trained_head
from xaivision.models.passes import class_weights
from xaivision.models.transfer_recipe import TransferRecipe

RECIPE = TransferRecipe(flips="none", learning_rate=0.02, epochs=60)


def clusters(count=120, versions=1, width=6, seed=0):
    """Three classes around three points, on features of very different sizes and offsets."""
    chance = torch.Generator().manual_seed(seed)
    targets = torch.randint(3, (count,), generator=chance)
    middles = 3 * torch.randn(3, width, generator=chance)
    sizes = 10.0 ** torch.arange(-1, -1 + width / 2, 0.5)
    values = (middles[targets] + torch.randn(versions, count, width, generator=chance)) * sizes + 5 * sizes
    half = count // 2
    return FeatureParts(values[:, :half], targets[:half], values[0, half:], targets[half:])


def test_it_learns_what_can_be_learned_and_tells_the_loss_of_the_raw_features():
    parts = clusters()
    head, state = trained_head(parts, 3, RECIPE)
    scores = head(parts.validation).detach()
    assert float((scores.argmax(1) == parts.validation_targets).double().mean()) > 0.97
    weights = class_weights(parts.train_targets, 3, "balanced")
    assert float(cross_entropy(scores, parts.validation_targets, weight=weights)) == pytest.approx(state.best_loss, rel=1e-3)


def test_it_begins_where_all_classes_are_equally_likely():
    state = trained_head(clusters(), 3, RECIPE)[1]
    assert state.losses[0] == pytest.approx(torch.tensor(3.0).log().item(), rel=1e-6)


def test_the_units_of_the_features_do_not_matter():
    parts = clusters()
    moved = replace(parts, train=8 * parts.train, validation=8 * parts.validation)
    (one, first), (other, second) = (trained_head(part, 3, RECIPE) for part in (parts, moved))
    assert first.losses == pytest.approx(second.losses, rel=1e-4)
    torch.testing.assert_close(one(parts.validation), other(moved.validation), rtol=1e-3, atol=1e-3)


def test_a_feature_that_hardly_varies_does_not_outweigh_the_others():
    parts = clusters()
    parts.train[..., 0] = 1 + 1e-6 * torch.randn(60, generator=torch.Generator().manual_seed(3))
    told = parts.validation.clone()
    told[:, 0] = 1 + torch.arange(60) % 2 / 10
    state = trained_head(replace(parts, validation=told), 3, RECIPE)[1]
    assert state.best_loss < 0.4


def test_the_seed_decides_the_order_and_the_global_state_is_left():
    parts, before = clusters(), torch.get_rng_state()
    one, same, other = (trained_head(parts, 3, replace(RECIPE, seed=seed))[0].weight for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), before)


def test_both_versions_are_learned_from():
    """The version decides what a feature says: a layer that saw one version only would miss it."""
    chance = torch.Generator().manual_seed(0)
    targets = torch.arange(80) % 2
    one = torch.randn(80, 2, generator=chance)
    one[:, 0] += 6 * targets
    two = torch.randn(80, 2, generator=chance)
    two[:, 1] += 6 * targets
    parts = FeatureParts(torch.stack([one[:60], two[:60]]), targets[:60], one[60:], targets[60:])
    both = trained_head(parts, 2, replace(RECIPE, flips="horizontal"))[0]
    right = (both(two[60:]).argmax(1) == targets[60:]).double().mean()
    assert float(right) > 0.8


def test_flips_never_turn_a_shadow_upside_down_unless_asked():
    images = torch.arange(12.0).view(1, 1, 3, 4).expand(40, -1, -1, -1)
    shown = {}
    for flips in VERSIONS:
        drawn = flipped(images, drawn_versions(40, flips, 0, 0), flips)
        shown[flips] = {tuple(one.flatten().tolist()) for one in drawn}
    one = images[0, 0]
    as_it_is, mirrored, upside = (tuple(x.flatten().tolist()) for x in (one, one.flip(1), one.flip(0)))
    assert shown["none"] == {as_it_is}
    assert shown["horizontal"] == {as_it_is, mirrored}
    assert shown["both"] == {as_it_is, mirrored, upside, tuple(one.flip(0, 1).flatten().tolist())}


def test_versions_are_drawn_anew_in_every_epoch_and_follow_from_the_seed():
    drawn = [drawn_versions(50, "horizontal", seed, epoch).tolist() for seed, epoch in ((0, 0), (0, 0), (0, 1), (1, 0))]
    assert drawn[0] == drawn[1]
    assert drawn[0] not in drawn[2:]
