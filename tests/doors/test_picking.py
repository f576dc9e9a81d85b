from itertools import combinations

import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier

import xaivision as xv
from xaivision.core.errors import InputError
from xaivision.engines.submodular_pick import covered, importance, largest_only, sizes_by_place
from xaivision.explainers.lime_tabular import LimeTabular


@pytest.fixture(scope="module")
def sonar():
    data = xv.load_dataset("uci_sonar")
    return data, RandomForestClassifier(20, random_state=0).fit(data.inputs.numpy(), data.targets.numpy())


def test_rows_are_picked_that_stand_for_a_data_set(sonar):
    data, forest = sonar
    found = xv.submodular_pick(forest, data.inputs[:40], count=4, budget=300)
    assert len(found.indices) == len(set(found.indices)) == len(found.coverage) == 4
    assert list(found.coverage) == sorted(found.coverage)
    assert 0 < found.coverage[0] < found.coverage[-1] < 1
    assert found.explanations.values.shape == (40, 60)
    same = LimeTabular(background=data.inputs[:40], budget=300).explain(xv.classifier(forest), data.inputs[:40])
    assert torch.equal(found.explanations.values, same.values)


def test_another_method_a_mapping_of_settings_targets_and_arrays_are_taken(sonar):
    data, forest = sonar
    found = xv.submodular_pick(forest, data.inputs[:6].numpy(), "occlusion", 2, targets=1, features=3, baseline="zeros")
    assert found.explanations.method == "occlusion"
    assert found.explanations.query.targets.tolist() == [1] * 6
    assert found.features == 3
    assert int((found.importance > 0).sum()) <= 18


def test_a_background_of_ones_own_is_taken(sonar):
    data, forest = sonar
    given = xv.submodular_pick(forest, data.inputs[:4], count=1, budget=200, background=data.inputs[100:])
    own = xv.submodular_pick(forest, data.inputs[:4], count=1, budget=200)
    assert given.explanations.origin.settings["background"]["tensor"] == [108, 60]
    assert own.explanations.origin.settings["background"]["tensor"] == [4, 60]


def test_the_same_seed_picks_the_same_and_another_draws_anew(sonar):
    data, forest = sonar
    first, second, other = (xv.submodular_pick(forest, data.inputs[:20], budget=150, seed=seed) for seed in (4, 4, 5))
    assert first.indices == second.indices
    assert first.coverage == second.coverage
    assert first.coverage != other.coverage


@pytest.fixture(scope="module")
def corners():
    """A network that sees the two upper corners of a picture of 16 x 16 alone, and pictures with a square in one of the four."""

    class Corners(torch.nn.Module):
        def forward(self, images):
            return torch.stack([images[:, 0, :4, :4].mean((1, 2)), images[:, 0, :4, -4:].mean((1, 2))], 1) * 8

    pictures = torch.zeros(8, 1, 16, 16)
    for number in range(8):
        rows, columns = (slice(0, 4), slice(12, 16))[number // 2 % 2], (slice(0, 4), slice(12, 16))[number % 2]
        pictures[number, 0, rows, columns] = 0.5 + number / 16
    return xv.classifier(Corners(), domain="image", num_classes=2, image_format=xv.ImageFormat(1, 16, 16)), pictures


def test_pictures_are_picked_that_show_the_places_a_model_looks_at(corners):
    model, pictures = corners
    found = xv.submodular_pick(
        model, pictures, "occlusion", 4, targets=0, features=1, cells=4, window=4, stride=4, baseline="zeros"
    )
    # Only a square at the top left moves class 0: pictures 0 and 4 show that place, and nobody shows another.
    assert found.indices == (0,)
    assert found.coverage == (1,)
    assert found.importance.nonzero().tolist() == [[0, 0]]
    both = xv.submodular_pick(model, pictures, "occlusion", 4, features=1, cells=4, window=4, stride=4, baseline="zeros")
    assert sorted(number % 4 for number in both.indices) == [0, 1]
    assert both.inputs.shape == (2, 1, 16, 16)


def test_the_pick_of_pictures_is_the_best_one_by_brute_force_or_nearly(corners):
    model, pictures = corners
    found = xv.submodular_pick(model, pictures, count=2, features=3, cells=4, budget=80)
    assert found.explanations.method == "lime_image"
    shown = largest_only(sizes_by_place(found.explanations.feature_values, 4), 3)
    best = max(covered(shown, rows) for rows in combinations(range(8), 2))
    assert covered(shown, found.indices) >= 0.632 * best
    assert torch.equal(found.importance.flatten(), importance(shown))


def test_a_classifier_of_sonar_scenes_is_shown_by_few_of_its_test_pictures():
    data, model = xv.load_dataset("sonar48", count=120), xv.load_model("sonar48_convnet")
    found = xv.submodular_pick(model, data.test.inputs, "integrated_gradients", 3, steps=8)
    assert len(found.indices) == 3
    assert 0 < found.coverage[0] < found.coverage[-1] < 1
    assert found.importance.shape == (8, 8)


def test_more_places_than_pixels_are_refused_before_anything_is_asked():
    calls = []

    def scores(images):
        calls.append(len(images))
        return np.ones((len(images), 2))

    model = xv.FunctionClassifier(scores, 2, score_unit="logit", domain="image")
    for cells, sentence in (
        (9, "at most the pixels along a side. Got 9 for pictures of 8 x 8"),
        (0, "must be a positive integer"),
    ):
        with pytest.raises(InputError, match=sentence):
            xv.submodular_pick(model, torch.rand(2, 3, 8, 8), "occlusion", cells=cells)
    assert calls == []


def test_a_count_that_is_none_is_refused_before_anything_is_asked(sonar):
    data, forest = sonar
    with pytest.raises(InputError, match=r"`count` must be a positive integer\. Got 0\."):
        xv.submodular_pick(forest, data.inputs[:4], count=0)
