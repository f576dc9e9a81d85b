"""Where a training in cycles stands, after each of them, in a safetensors file."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from xaivision.models.progress_file import ProgressFile

# Named after the first that were trained so; files that lie there go on to be read.
SCHEMA = "xaivision prototype training 1"
NOW, BEST = "now.", "best."
# The losses so far, what else is told of the cycles in numbers, and the best state.
Standing = tuple[list[float], list[float], dict[str, Tensor]]


@dataclass(frozen=True)
class CycleFile:
    """The file at `path` of the training that `key` tells from every other."""

    path: Path
    key: str

    @classmethod
    def within(cls, folder: str | Path | None, name: str, key: str) -> "CycleFile | None":
        """The file of this name in a folder, which is made where it is missing; None where no folder is given."""
        if folder is None:
            return None
        Path(folder).mkdir(parents=True, exist_ok=True)
        return cls(Path(folder) / f"{name}.safetensors", key)

    def write(self, network: nn.Module, best: dict[str, Tensor], losses: list[float], moved: list[float]) -> None:
        """Put the state in the place of what the file held.

        Raises: OSError, where it cannot be written.
        """
        tensors = {NOW + name: part.detach().cpu().clone() for name, part in network.state_dict().items()}
        tensors |= {BEST + name: part.cpu() for name, part in best.items()}
        self._file.write(tensors, {"losses": losses, "moved": moved})

    def read(self, network: nn.Module) -> Standing:
        """The losses so far and the best state, the network put where it stood; nothing where there is no file.

        Raises: FileFormatError, where the file is damaged or another kind of file; InputError, where it is of another training.
        """
        return self._file.read(partial(_taken_up, network)) or ([], [], {})

    @property
    def _file(self) -> ProgressFile:
        return ProgressFile(self.path, self.key, SCHEMA)


def _taken_up(network: nn.Module, tensors: dict[str, Tensor], told: dict[str, Any]) -> Standing:
    network.load_state_dict({name.removeprefix(NOW): part for name, part in tensors.items() if name.startswith(NOW)})
    best = {name.removeprefix(BEST): part for name, part in tensors.items() if name.startswith(BEST)}
    return list(told["losses"]), list(told["moved"]), best
