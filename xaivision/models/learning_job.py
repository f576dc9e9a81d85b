"""What a training learns from, and what tells it from every other training."""

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from xaivision.data.dataset import Dataset
from xaivision.models.class_counts import class_counts
from xaivision.models.learning_parts import LearningParts
from xaivision.models.weights_cache import digest


@dataclass(frozen=True, eq=False)
class LearningJob(ABC):
    """A dataset in its three parts; every way to decide adds what it is made by."""

    dataset: Dataset
    parts: LearningParts

    @property
    @abstractmethod
    def told(self) -> tuple[object, ...]:
        """What tells this training from others of the same data: weights that it began with, its plan and its recipe."""

    @cached_property
    def data_digest(self) -> str:
        """SHA-256 of inputs and labels."""
        return digest({"inputs": self.dataset.inputs, "targets": self.dataset.targets})

    @property
    def key(self) -> str:
        """What the checkpoint is told by: no two trainings that differ in any of it give the same weights."""
        told = (self.data_digest, self.parts.digest, *self.told, torch.__version__)
        return hashlib.sha256(repr(told).encode()).hexdigest()

    def data_fields(self) -> dict[str, Any]:
        """The fields of a `LearnedCard` that say what was learned from."""
        return {
            "data": self.dataset.name,
            "data_license": self.dataset.card.license,
            "data_digest": self.data_digest,
            "split_digest": self.parts.digest,
            "counts": class_counts(self.dataset, self.parts),
        }
