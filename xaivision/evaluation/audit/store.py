"""Where the parts of an audit are kept until it is told: in memory, or in a folder that outlives the process."""

from dataclasses import replace
from typing import Any, Protocol

from xaivision.evaluation.audit.part import Part


class Store(Protocol):
    """Keeps parts by the number of their shard, and by name what was found of the items as a whole, as JSON can hold it."""

    def holds(self, shard: int) -> bool: ...

    def write(self, part: Part) -> None: ...

    def read(self, shard: int, *, drawn: bool = True) -> Part: ...

    def note(self, name: str, found: Any) -> None: ...

    def noted(self, name: str) -> Any: ...

    def forget(self) -> None: ...

    def close(self) -> None: ...


class Memory:
    """Parts for as long as the process lives."""

    def __init__(self) -> None:
        self._parts: dict[int, Part] = {}
        self._notes: dict[str, Any] = {}

    def holds(self, shard: int) -> bool:
        """Whether this shard is done."""
        return shard in self._parts

    def write(self, part: Part) -> None:
        """Keep a part."""
        self._parts[part.shard] = part

    def read(self, shard: int, *, drawn: bool = True) -> Part:
        """A part that was kept; not `drawn`: without maps and pictures."""
        part = self._parts[shard]
        return part if drawn else replace(part, maps={}, pictures=None)

    def note(self, name: str, found: Any) -> None:
        """Keep what was found of the whole."""
        self._notes[name] = found

    def noted(self, name: str) -> Any:
        """What was kept under this name; None where nothing was."""
        return self._notes.get(name)

    def forget(self) -> None:
        """Keep nothing of what was done."""
        self._parts.clear()
        self._notes.clear()

    def close(self) -> None:
        """Nobody else has it."""
