"""What a safetensors file holds, read into memory."""

from pathlib import Path

from safetensors import safe_open
from torch import Tensor


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of the file by their names, on the CPU, and its metadata; empty where it has none.

    Raises: OSError, where it cannot be opened; SafetensorError, where it is damaged or another kind of file.
    """
    with safe_open(path, framework="pt") as file:
        # Copies: the file is mapped, and a mapped file that is cut kills the process.
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 - not a mapping
        return tensors, file.metadata() or {}
