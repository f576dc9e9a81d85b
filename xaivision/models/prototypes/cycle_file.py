"""Where a training of prototypes stands, after each cycle, in a safetensors file."""

import json
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from xaivision.core.errors import FileFormatError, InputError
from xaivision.core.whole_file import write_whole
from xaivision.models.weights_cache import digest

SCHEMA = "xaivision prototype training 1"
NOW, BEST = "now.", "best."


@dataclass(frozen=True)
class CycleFile:
    """The file at `path` of the training that `key` tells from every other."""

    path: Path
    key: str

    def write(self, network: nn.Module, best: dict[str, Tensor], losses: list[float], moved: list[float]) -> None:
        """Put the state in the place of what the file held.

        Raises: OSError, where it cannot be written.
        """
        tensors = {NOW + name: part.detach().cpu().clone().contiguous() for name, part in network.state_dict().items()}
        tensors |= {BEST + name: part.cpu().contiguous() for name, part in best.items()}
        state = json.dumps({"losses": losses, "moved": moved})
        metadata = {"schema": SCHEMA, "key": self.key, "content": digest(tensors), "state": state}
        write_whole(self.path, save(tensors, metadata=metadata))

    def read(self, network: nn.Module) -> tuple[list[float], list[float], dict[str, Tensor]]:
        """The losses so far and the best state, the network put where it stood; nothing where there is no file.

        Raises: FileFormatError, where the file is damaged or another kind of file; InputError, where it is of another training.
        """
        if not self.path.exists():
            return [], [], {}
        said, tensors = self._content()
        try:
            told = json.loads(said["state"])
            network.load_state_dict({name.removeprefix(NOW): part for name, part in tensors.items() if name.startswith(NOW)})
            best = {name.removeprefix(BEST): part for name, part in tensors.items() if name.startswith(BEST)}
            return list(told["losses"]), list(told["moved"]), best
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

    def _misfit(self, why: str) -> FileFormatError:
        return FileFormatError(f"`{self.path}` cannot be gone on from: {why}. Remove it to begin anew, or name another file.")
