"""How far a training is, in a safetensors file from which it alone goes on."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from safetensors import SafetensorError
from torch import Tensor

from xaivision.core.errors import FileFormatError, InputError
from xaivision.core.whole_file import write_whole
from xaivision.models.tensor_bytes import tensor_bytes
from xaivision.models.tensor_file import read_tensors
from xaivision.models.weights_cache import digest

State = TypeVar("State")


@dataclass(frozen=True)
class ProgressFile:
    """The file at `path` of the training that `key` tells from every other; `schema` names what its state consists of."""

    path: Path
    key: str
    schema: str

    def write(self, tensors: Mapping[str, Tensor], told: Mapping[str, Any]) -> None:
        """Put these tensors, and beside them what JSON can hold, in the place of what the file held.

        Raises: FileNotFoundError, where its folder does not exist; OSError, where it cannot be written.
        """
        metadata = {"schema": self.schema, "key": self.key, "content": digest(tensors), "state": json.dumps(told)}
        write_whole(self.path, tensor_bytes({name: part.contiguous() for name, part in tensors.items()}, metadata))

    def read(self, taken_up: Callable[[dict[str, Tensor], dict[str, Any]], State]) -> State | None:
        """What `taken_up` makes of the tensors and of what is told beside them; None where there is no file.

        Raises: FileFormatError, where the file is damaged or another kind of file, or `taken_up` finds (by ValueError, KeyError
        or RuntimeError) that its state does not fit; InputError, where it is of another training.
        """
        if not self.path.exists():
            return None
        tensors, said = self._content()
        try:
            return taken_up(tensors, json.loads(said["state"]))
        except (ValueError, KeyError, RuntimeError) as error:
            raise self._misfit("its state is not that of this network") from error

    def _content(self) -> tuple[dict[str, Tensor], dict[str, str]]:
        try:
            tensors, said = read_tensors(self.path)
        except SafetensorError as error:
            raise self._misfit("it is damaged or no such file") from error
        if said.get("schema") != self.schema or said.get("content") != digest(tensors):
            raise self._misfit("it is damaged or no such file")
        if said.get("key") != self.key:
            raise InputError(
                f"`checkpoint` must be the file of this very training. Got `{self.path}`, which is of other data, another "
                "backbone or other settings. Name another file, or remove that one."
            )
        return tensors, said

    def _misfit(self, why: str) -> FileFormatError:
        return FileFormatError(f"`{self.path}` cannot be gone on from: {why}. Remove it to begin anew, or name another file.")
