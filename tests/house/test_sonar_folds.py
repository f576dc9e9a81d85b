"""The cross-validation of the sonar trainings: every picture is tested once, and a stopped one goes on."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from benchmarks import sonar_transfer
from benchmarks.sonar_sets import folded
from xaivision.core.errors import Cancelled
from xaivision.data.registry import load_dataset


@pytest.fixture(scope="module")
def data():
    return replace(load_dataset("sonar48", count=60), groups=torch.arange(60) // 2)  # pairs of look-alikes


def test_each_fold_is_the_test_part_once_and_look_alikes_are_on_one_side(data):
    folds = folded(data)
    assert torch.cat([one.split.test for one in folds]).sort().values.tolist() == list(range(60))
    for one in folds:
        assert not set(data.groups[one.split.train].tolist()) & set(data.groups[one.split.test].tolist())


def test_without_groups_there_are_no_folds():
    with pytest.raises(ValueError, match="groups"):
        folded(load_dataset("sonar48", count=60))


def test_what_was_stopped_goes_on_after_the_folds_that_are_done_and_comes_to_the_same(data, tmp_path, monkeypatch):
    tested = []

    def learned(fold, _, **settings):
        assert settings == {"tuned_blocks": 2}
        if len(tested) == stop:
            raise Cancelled
        tested.append(fold.split.test)
        own = fold.targets[fold.split.test]
        wrong = (own + (torch.arange(len(own)) == 0)) % 4  # the first of each fold is called the next class
        confusion = torch.zeros(4, 4, dtype=torch.int64).index_put_((own, wrong), torch.ones_like(own), accumulate=True)
        scores = SimpleNamespace(accuracy=1 - 1 / len(own), confusion=confusion.tolist())
        return SimpleNamespace(card=SimpleNamespace(scores=scores, tuning_losses=(1.0, 0.5), split_digest=str(len(tested))))

    monkeypatch.setattr(sonar_transfer, "RESULT", tmp_path / "result.json")
    monkeypatch.setattr(sonar_transfer, "train", learned)
    found, stop = {}, 2
    with pytest.raises(Cancelled):
        sonar_transfer.cross_validate(data, {"tuned_blocks": 2}, found, "whole")
    assert "whole" not in found
    stop = None
    sonar_transfer.cross_validate(data, {"tuned_blocks": 2}, found, "whole")
    assert torch.cat(tested).sort().values.tolist() == list(range(60))
    assert found["whole"]["count"] == 60
    assert found["whole"]["accuracy"] == 55 / 60
    assert [one["count"] for one in found["whole"]["recalls"]] == data.targets.bincount().tolist()
