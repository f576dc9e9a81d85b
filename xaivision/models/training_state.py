"""Where a training stands, in a safetensors file, so that it goes on after it was stopped."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaivision.models.adam_moments import Parameters, moments, put_moments
from xaivision.models.progress_file import ProgressFile

SCHEMA = "xaivision training state 1"


@dataclass(frozen=True, eq=False)
class TrainingState:
    """`epoch`: how many are done; `stale`: how many of the last have not lowered the validation loss.

    `losses`: the validation loss before the first epoch and after each. `best`: the parameters with the lowest, on the CPU.
    """

    epoch: int
    best_loss: float
    stale: int
    losses: tuple[float, ...]
    best: dict[str, Tensor]


@dataclass(frozen=True)
class StateFile:
    """The file at `path` of the training that `key` tells from every other."""

    path: Path
    key: str

    def write(self, state: TrainingState, trained: Parameters, optimizer: torch.optim.AdamW) -> None:
        """Put the state in the place of what the file held.

        Raises: FileNotFoundError, where its folder does not exist; OSError, where it cannot be written.
        """
        tensors = {f"best.{name}": part for name, part in state.best.items()} | moments(trained, optimizer)
        told = {"epoch": state.epoch, "best_loss": state.best_loss, "stale": state.stale, "losses": list(state.losses)}
        self._file.write(tensors, told)

    def read(self, trained: Parameters, optimizer: torch.optim.AdamW) -> TrainingState | None:
        """The state that is kept, its parameters and moments put in place; None where there is no file.

        Raises: FileFormatError, where the file is damaged or another kind of file; InputError, where it is of another training.
        """
        return self._file.read(partial(_taken_up, trained, optimizer))

    @property
    def _file(self) -> ProgressFile:
        return ProgressFile(self.path, self.key, SCHEMA)


def _taken_up(
    trained: Parameters, optimizer: torch.optim.AdamW, tensors: Mapping[str, Tensor], told: Mapping[str, Any]
) -> TrainingState:
    put_moments(tensors, trained, optimizer)
    best = {name: tensors[f"best.{name}"] for name in trained}
    return TrainingState(told["epoch"], told["best_loss"], told["stale"], tuple(told["losses"]), best)
