"""A checkpoint is told from those of all other trainings."""

from dataclasses import dataclass, fields, replace

import torch

from xaivision.data.registry import load_dataset
from xaivision.models.class_counts import class_counts
from xaivision.models.learned_card import LearnedCard
from xaivision.models.learning_job import LearningJob
from xaivision.models.learning_parts import learning_parts
from xaivision.models.trained_card import TrainedCard


@dataclass(frozen=True, eq=False)
class Job(LearningJob):
    recipe: str

    @property
    def told(self):
        return (self.recipe,)


def job(recipe="slow", seed=0, change=0.0):
    data = load_dataset("wine")
    data = replace(data, inputs=data.inputs + change)
    return Job(data, learning_parts(data, 0.2, seed, tables=True), recipe)


def test_equal_trainings_have_one_key_and_all_others_another(monkeypatch):
    keys = [one.key for one in (job(), job("fast"), job(seed=1), job(change=1.0))]
    relabeled = job()
    labels = relabeled.dataset.targets.clone()
    labels[0] = 1 - labels[0]
    keys.append(replace(relabeled, dataset=replace(relabeled.dataset, targets=labels)).key)
    assert job().key == keys[0]
    monkeypatch.setattr(torch, "__version__", "0.1")
    assert len({*keys, job().key}) == 6


def test_what_it_tells_of_the_data_are_fields_of_every_card():
    one = job()
    told = one.data_fields()
    assert set(told) <= {field.name for field in fields(TrainedCard)} & set(LearnedCard.__annotations__)
    assert (told["data"], told["data_license"]) == ("wine", one.dataset.card.license)
    assert (told["data_digest"], told["split_digest"]) == (one.data_digest, one.parts.digest)
    assert told["counts"] == class_counts(one.dataset, one.parts)
