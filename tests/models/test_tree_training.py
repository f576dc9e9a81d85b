"""Classifiers by a tree over patches: what is shown is what decided, which a root that has seen all takes away."""

from dataclasses import replace

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from trainings import of_one_class, same_weights, stopped_after_a_cycle

import xaivision as xv
from xaivision.core.errors import CapabilityError, InputError, UnknownNameError
from xaivision.core.targets import Target
from xaivision.data.dataset import Dataset
from xaivision.data.registry import load_dataset
from xaivision.engines.hard_choice import imbalance
from xaivision.fitting_methods import fitting_methods
from xaivision.models.trained_file import load_trained
from xaivision.models.transfer import train
from xaivision.models.trees import token_backbones
from xaivision.models.trees.patch_tree import Exploring
from xaivision.models.trees.path_causality import path_causality
from xaivision.models.trees.tree_recipe import TreeRecipe
from xaivision.models.trees.tree_teaching import TreeLesson, _loss, temperature

QUICK = {"model": "vitree", "backbone": "small_vit", "depth": 2, "width": 16, "epochs": 6, "cycles": 2}


@pytest.fixture(scope="module")
def digits():
    """The first five digits."""
    whole = load_dataset("digits")
    few = whole.targets < 5
    return Dataset("five_digits", whole.inputs[few], whole.targets[few], whole.class_names[:5], whole.card)


@pytest.fixture(scope="module")
def some(digits):
    return Dataset("some_digits", digits.inputs[:120], digits.targets[:120], digits.class_names, digits.card)


@pytest.fixture(scope="module", autouse=True)
def _short_first_training():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(token_backbones, "FIRST", replace(token_backbones.FIRST, epochs=12))
        yield


@pytest.fixture(scope="module")
def model(some):
    return train(some, **QUICK)


def test_every_picture_has_one_leaf_and_as_many_patches_as_steps(model, some):
    found = xv.tree_paths(model.classifier, some.inputs[:30])
    assert (found.patches.shape, found.leaves.shape, found.grid) == ((30, 2), (30,), (4, 4))
    assert bool(((found.leaves >= 0) & (found.leaves < 4)).all())
    torch.testing.assert_close(found.scores, model(some.inputs[:30]).amax(1))
    assert torch.equal(found.leaf_counts.sum(0), some.targets[model.parts.train].bincount(minlength=5))
    told = found.told(0)
    assert told.count("\n") == 2
    assert told.splitlines()[2].startswith(f"Leaf {int(found.leaves[0])}: ")
    with pytest.raises(InputError, match=r"`index` must be from 0 to 29\. Got 30\."):
        found.told(30)


def test_boxes_are_the_pixels_of_the_cells(model, some):
    found = xv.tree_paths(model.classifier, some.inputs[:30])
    row, column = found.patches // 4, found.patches % 4
    expected = torch.stack([2 * row, 2 * column, 2 * row + 2, 2 * column + 2], 2)
    assert torch.equal(found.boxes, expected)


def test_an_effect_is_what_the_score_loses_without_the_patch(model, some):
    pictures, network = some.inputs[:30], model.network
    found = xv.tree_paths(model.classifier, pictures, 3)
    torch.testing.assert_close(found.scores, model(pictures)[:, 3])
    with torch.no_grad():
        maps, whole = network.encoder.maps(pictures)
        mean = maps.clone()
        for row, patch in enumerate(found.patches[:, 1].tolist()):
            mean[row, :, patch // 4, patch % 4] = network.channels.center[:, 0, 0]
        again = network.tree(*network.seen(mean, whole), patches=found.patches)
    torch.testing.assert_close(found.effects[:, 1], found.scores - again.logits[:, 3], atol=1e-5, rtol=1e-5)
    sums = found.maps(8, 8).sum((1, 2, 3))
    once = torch.where(found.patches[:, 0] == found.patches[:, 1], found.effects[:, 0], found.effects.sum(1))
    torch.testing.assert_close(sums, once, atol=1e-5, rtol=1e-5)


def test_effects_are_in_the_unit_of_what_was_asked(model, some):
    pictures = some.inputs[:6]
    by_logit, by_margin = (xv.tree_paths(model.classifier, pictures, one) for one in (2, Target(2, against=4)))
    other = xv.tree_paths(model.classifier, pictures, 4)
    torch.testing.assert_close(by_margin.effects, by_logit.effects - other.effects, atol=1e-5, rtol=1e-5)


def test_its_map_is_one_method_among_others(model, some):
    pictures = some.inputs[:4]
    found = xv.explain(model.classifier, pictures, "tree_path", 3)
    told = xv.tree_paths(model.classifier, pictures, 3)
    torch.testing.assert_close(found.values, told.maps(8, 8))
    assert found.diagnostics.model_calls == 8
    compared = xv.compare(model.classifier, pictures, ["tree_path", "saliency"], metrics=["deletion"])
    assert compared.failures == {}
    assert set(compared.scores["deletion"]) >= {"tree_path", "saliency"}
    assert "tree_path" in fitting_methods(model.classifier)
    other = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 8), torch.nn.Flatten())
    assert "tree_path" not in fitting_methods(xv.classifier(other))


def test_a_walk_from_an_embedding_is_told_as_it_was_walked(some):
    tree = train(some, **{**QUICK, "epochs": 1, "cycles": 1}, root="embedding")
    found = xv.tree_paths(tree.classifier, some.inputs[:5], 1)
    torch.testing.assert_close(found.scores, tree(some.inputs[:5])[:, 1])
    walk = tree.network.walk(some.inputs[:5])
    assert torch.equal(found.patches, walk.patches)
    assert torch.equal(found.leaves, walk.leaves)


def test_a_path_depends_on_no_other_picture_of_the_batch(model, some):
    together = xv.tree_paths(model.classifier, some.inputs[:70])
    alone = xv.tree_paths(model.classifier, some.inputs[66:67])
    assert torch.equal(alone.patches[0], together.patches[66])
    torch.testing.assert_close(alone.effects[0], together.effects[66], atol=1e-5, rtol=1e-4)


def test_the_patches_of_a_walk_become_those_of_another_picture_at_the_same_places(model, some):
    """Of any other picture, of the same class as well: where nothing is swapped, nothing changes."""
    pictures, network = some.inputs[:60], model.network
    found = path_causality(model.classifier, pictures)
    assert found.donors.sort().values.tolist() == list(range(60))
    assert not bool((found.donors == torch.arange(60)).any())
    assert bool((some.targets[found.donors] == some.targets[:60]).any())
    assert not torch.equal(found.donors, path_causality(model.classifier, pictures, seed=1).donors)
    with torch.no_grad():
        tokens, start = network.seen(*network.encoder.maps(pictures))
        walk, mixed = network.tree(tokens, start), tokens.clone()
        for row, donor in enumerate(found.donors.tolist()):
            mixed[row, walk.patches[row]] = tokens[donor, walk.patches[row]]
        expected = network.tree(mixed, start, patches=walk.patches).logits.argmax(1)
    assert torch.equal(found.swapped, expected)
    assert torch.equal(found.whole, model(pictures).argmax(1))
    assert not torch.equal(found.swapped, found.whole)
    with pytest.raises(InputError, match=r"`images` must be at least two, one of which gives its patches .* Got 1\."):
        path_causality(model.classifier, pictures[:1])


def test_a_saved_model_comes_back_whole(model, some, tmp_path):
    back = load_trained(model.save(tmp_path / "model"))
    assert torch.equal(back(some.inputs), model(some.inputs))
    assert (back.card, back.plan) == (model.card, model.plan)
    assert torch.equal(back.network.leaf_counts, model.network.leaf_counts)
    assert "- Tree: 2 steps from a root that is constant;" in back.card.markdown()


def test_a_stopped_training_goes_on_and_ends_with_the_same_weights(model, some, tmp_path):
    stopped_after_a_cycle(lambda: train(some, **QUICK, checkpoint=tmp_path))
    torch.manual_seed(7)
    before = torch.get_rng_state()
    ended = train(some, **QUICK, checkpoint=tmp_path)
    assert torch.equal(torch.get_rng_state(), before)
    assert same_weights(model, ended)


def test_choices_get_harder_evenly():
    recipe = TreeRecipe(cycles=2, epochs=4)
    found = [temperature(recipe, number) for number in range(8)]
    assert (found[0], found[-1]) == (1.0, pytest.approx(0.3))
    assert found[3] - found[4] == pytest.approx(found[0] - found[1])


def test_uneven_branches_cost_as_much_as_they_are_uneven(model, some):
    """By the same draws: once without the balance, and once with it."""
    lesson = TreeLesson(model.classifier, some, model.parts, model.card.recipe)
    rows, found = torch.arange(len(lesson.labels)), []
    for balance in (0.0, 2.0):
        weighed = replace(lesson, recipe=replace(model.card.recipe, balance=balance))
        found.append(float(_loss(weighed, rows, 0, torch.Generator().manual_seed(0)).detach()))
    with torch.no_grad():
        tokens, start = lesson.seen(lesson.learned, rows)
        draws = torch.Generator().manual_seed(0)
        uniform = (torch.rand(len(rows), 2, count, generator=draws) for count in (tokens.shape[1], 2))
        walk = model.network.tree(tokens, start, exploring=Exploring(1.0, *uniform))
        uneven = sum(float(imbalance(walk.turns[:, step], walk.nodes[:, step], 3)) for step in range(2)) / 2
    assert uneven > 0
    assert found[1] - found[0] == pytest.approx(2 * uneven, rel=1e-4)


def test_tokens_of_an_early_layer_and_of_a_convolutional_network_can_be_taken(some):
    settings = {**QUICK, "epochs": 1, "cycles": 1}
    early = train(some, **settings, layer="patches")
    assert early.plan.layer == "patches"
    color = load_dataset("planted_properties", count=30)
    convolutions = train(color, **{**settings, "backbone": "three_convolutions"})
    assert xv.tree_paths(convolutions.classifier, color.inputs[:2]).grid == (8, 8)
    assert train(color, **settings).plan.patches.channels == 3
    with pytest.raises(UnknownNameError, match="`patch` is not a known layer of this model"):
        train(some, **settings, layer="patch")


@pytest.mark.parametrize(
    ("change", "settings", "sentence"),
    [
        (lambda data: data, {"depth": 9}, r"`depth` must be at most 8, which is 256 leaves\. Got 9\."),
        (lambda data: data, {"root": "token"}, r"`root` must be one of 'constant', 'embedding'\. Got 'token'\."),
        (lambda data: data, {"side": 30}, r"`side` must be a multiple of 4, at least 8, for 'small_vit'\. Got 30\."),
        (lambda data: replace(data, inputs=data.inputs / 0), {}, r"`dataset` must be finite\."),
        (lambda _data: load_dataset("wine"), {}, r"`dataset` must hold pictures"),
        (of_one_class, {}, r"at least two classes\. Got one\."),
    ],
)
def test_what_cannot_be_learned_is_refused_in_one_sentence(some, change, settings, sentence):
    with pytest.raises(InputError, match=sentence):
        train(change(some), **{**QUICK, **settings})


def test_unknown_names_and_other_models_are_refused(some):
    with pytest.raises(UnknownNameError, match="`leaves` is not a known setting of `train` with model='vitree'"):
        train(some, **QUICK, leaves=3)
    with pytest.raises(CapabilityError, match=r'`tree_paths` needs a model that is a tree over patches.*model="vitree"'):
        xv.tree_paths(torch.nn.Sequential(torch.nn.Conv2d(1, 2, 8), torch.nn.Flatten()), some.inputs[:1])


def mean_tokens(model, digits, rows):
    maps, _ = model.network.encoder.maps(digits.inputs[rows])
    return maps.detach().mean((2, 3))


@pytest.mark.slow
def test_with_a_constant_root_the_patches_decide_and_with_an_embedding_they_are_decoration(digits):
    """The causality gate: swapped patches cost 0.3 of the accuracy or more; beside an embedding they cost nothing."""
    settings = {"model": "vitree", "backbone": "small_vit", "cycles": 2}
    inputs, _ = digits.test
    by_patches, by_root = (train(digits, **settings, root=root) for root in ("constant", "embedding"))
    for tree in (by_patches, by_root):
        found = path_causality(tree.classifier, inputs)
        assert float((found.alone == found.whole).double().mean()) >= 0.98
        assert float((found.leaves_alone == found.leaves).double().mean()) >= 0.98
    assert by_patches.card.swap_cost >= 0.3
    assert by_root.card.swap_cost < 0.1
    assert "they decide" in by_patches.card.markdown()
    assert "DECORATION" in by_root.card.markdown()
    assert by_patches.card.used_leaves >= 3

    learned, test = by_patches.parts.train, by_patches.parts.test
    probe = LogisticRegression(max_iter=2000).fit(mean_tokens(by_patches, digits, learned), digits.targets[learned])
    reference = probe.score(mean_tokens(by_patches, digits, test), digits.targets[test])
    assert by_patches.card.scores.accuracy >= reference - 0.1


@pytest.mark.slow
def test_with_tokens_of_single_patches_the_tree_looks_at_the_planted_square():
    data = load_dataset("planted_squares", count=400)
    model = train(data, model="vitree", backbone="small_vit", layer="patches", cycles=2)
    assert model.card.scores.accuracy >= 0.9
    rows = model.parts.test
    found = xv.tree_paths(model.classifier, data.inputs[rows])
    tiles = torch.nn.functional.avg_pool2d(data.truth[rows].float()[:, None], 4).flatten(1)
    touched = tiles.gather(1, found.patches).amax(1) > 0
    by_chance = 1 - (1 - (tiles > 0).double().mean(1)) ** 3
    assert float(touched.double().mean()) >= max(0.75, 2 * float(by_chance.mean()))
