import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier

import xaivision as xv
from xaivision.core.errors import CapabilityError, InputError
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


def test_pictures_are_refused_before_anything_is_asked():
    calls = []

    def scores(images):
        calls.append(len(images))
        return np.ones((len(images), 2))

    model = xv.FunctionClassifier(scores, 2, score_unit="logit", domain="image")
    with pytest.raises(CapabilityError, match="Got images"):
        xv.submodular_pick(model, torch.rand(2, 3, 8, 8), "occlusion")
    assert calls == []


def test_a_count_that_is_none_is_refused_before_anything_is_asked(sonar):
    data, forest = sonar
    with pytest.raises(InputError, match=r"`count` must be a positive integer\. Got 0\."):
        xv.submodular_pick(forest, data.inputs[:4], count=0)
