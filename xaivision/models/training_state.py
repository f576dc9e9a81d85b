"""Where a training stands, in a safetensors file, so that it goes on after it was stopped."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from xaivision.core.errors import FileFormatError, InputError
from xaivision.core.whole_file import write_whole
from xaivision.models.weights_cache import digest

SCHEMA = "xaivision training state 1"
Parameters = Mapping[str, nn.Parameter]


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
        tensors = {f"best.{name}": part for name, part in state.best.items()}
        for name, part in trained.items():
            tensors[f"now.{name}"] = part.detach().cpu().clone()
            for moment, value in optimizer.state[part].items():
                tensors[f"{moment}.{name}"] = value.detach().cpu().clone()
        told = {"epoch": state.epoch, "best_loss": state.best_loss, "stale": state.stale, "losses": list(state.losses)}
        metadata = {"schema": SCHEMA, "key": self.key, "content": digest(tensors), "state": json.dumps(told)}
        write_whole(self.path, save({name: part.contiguous() for name, part in tensors.items()}, metadata=metadata))

    def read(self, trained: Parameters, optimizer: torch.optim.AdamW) -> TrainingState | None:
        """The state that is kept, its parameters and moments put in place; None where there is no file.

        Raises: FileFormatError, where the file is damaged or another kind of file; InputError, where it is of another training.
        """
        if not self.path.exists():
            return None
        said, tensors = self._content()
        try:
            told = json.loads(said["state"])
            self._put(tensors, trained, optimizer)
            best = {name: tensors[f"best.{name}"] for name in trained}
            return TrainingState(told["epoch"], told["best_loss"], told["stale"], tuple(told["losses"]), best)
        except (ValueError, KeyError, RuntimeError) as error:
            raise self._misfit("its state is not that of this network") from error

    def _content(self) -> tuple[dict[str, str], dict[str, Tensor]]:
        try:
            with safe_open(self.path, framework="pt") as file:
                said: dict[str, str] = file.metadata() or {}
                tensors = {part: file.get_tensor(part).clone() for part in file.keys()}  # noqa: SIM118 - not a mapping
        except SafetensorError as error:
            raise self._misfit("it is damaged or no such file") from error
        if said.get("schema") != SCHEMA or said.get("content") != digest(tensors):
            raise self._misfit("it is damaged or no such file")
        if said.get("key") != self.key:
            raise InputError(
                f"`checkpoint` must be the file of this very training. Got `{self.path}`, which is of other data, another "
                "backbone or other settings. Name another file, or remove that one."
            )
        return said, tensors

    def _put(self, tensors: Mapping[str, Tensor], trained: Parameters, optimizer: torch.optim.AdamW) -> None:
        for name, part in trained.items():
            with torch.no_grad():
                part.copy_(tensors[f"now.{name}"])
            moments: dict[str, Any] = {
                moment: tensors[f"{moment}.{name}"].to(part.device) for moment in ("exp_avg", "exp_avg_sq")
            }
            optimizer.state[part] = {"step": tensors[f"step.{name}"], **moments}

    def _misfit(self, why: str) -> FileFormatError:
        return FileFormatError(f"`{self.path}` cannot be gone on from: {why}. Remove it to begin anew, or name another file.")
