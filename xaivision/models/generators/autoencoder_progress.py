"""How far the training of a picture autoencoder is, in a file under all that its weights come from."""

import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.adam_moments import moments, put_moments
from xaivision.models.progress_file import ProgressFile
from xaivision.models.weights_cache import digest

SCHEMA = "xaivision autoencoder training 1"
# Of the key, so many digits name the file.
NAMED = 16


@dataclass(frozen=True, eq=False)
class Course:
    """What a training consists of: the networks, what moves them, and how fast by and by."""

    parts: nn.Module
    optimizer: torch.optim.Adam
    schedule: torch.optim.lr_scheduler.OneCycleLR


@dataclass(frozen=True)
class AutoencoderProgress:
    """The file in `folder` of the training that `key` tells from every other."""

    folder: Path
    key: str

    def write(self, course: Course, epochs: int) -> None:
        """Keep the course as it is after so many passes, in a folder that is made where it is missing.

        Raises: OSError, where it cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        (group,) = course.optimizer.param_groups
        told = {"epochs": epochs, "steps": course.schedule.last_epoch, "rate": group["lr"], "betas": list(group["betas"])}
        self._file.write(moments(dict(course.parts.named_parameters()), course.optimizer), told)

    def read(self, course: Course) -> int:
        """How many passes are done; the course is put where it stood.

        Raises: FileFormatError, where the file is damaged or another kind of file.
        """
        return self._file.read(partial(_taken_up, course)) or 0

    @property
    def _file(self) -> ProgressFile:
        return ProgressFile(self.folder / f"autoencoder-{self.key[:NAMED]}.safetensors", self.key, SCHEMA)


def training_key(model: ClassifierAdapter, pictures: Tensor, scores: Tensor, *recipe: object) -> str:
    """SHA-256 of pictures, of what the model says of them, of the weights that teach by gradients, and of the recipe."""
    weights = digest(model.model.state_dict()) if isinstance(model, TorchClassifier) else ""
    told = (digest({"pictures": pictures, "scores": scores}), weights, recipe, SCHEMA, torch.__version__)
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _taken_up(course: Course, tensors: dict[str, Tensor], told: dict[str, Any]) -> int:
    put_moments(tensors, dict(course.parts.named_parameters()), course.optimizer)
    course.optimizer.param_groups[0].update(lr=told["rate"], betas=tuple(told["betas"]))
    # The rate of the next step is a function of how many there were.
    course.schedule.last_epoch = told["steps"]
    return int(told["epochs"])
