"""The key of a study, which its users must not see: what is right, who saw what, and how the questions are balanced."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from xaivision.core.errors import FileFormatError, InputError
from xaivision.core.whole_file import write_whole
from xaivision.evaluation.simulatability.simulated import Task

SCHEMA = "xaivision.study/2"
FILE = "key.json"


@dataclass(frozen=True)
class Item:
    """A question: the number of its `row`, the `right` one of its `choices`, the `cell` it is of, and whether its change turns
    the prediction; None without a change. `label`: the row's own, in words; None where it is not known.
    """

    row: int
    right: str
    choices: tuple[str, ...]
    cell: str
    turned: bool | None = None
    label: str | None = None


@dataclass(frozen=True)
class Reader:
    """One user: what explanations they are shown, and the items in the order in which their pages ask for them."""

    arm: str
    order: tuple[int, ...]


@dataclass(frozen=True)
class Key:
    """`method`: of the explanations; `explained`: numbers of the explained rows, and `doubted`: those of them whose explanation
    the library warns of; `users` by name; `seed` of all draws.
    """

    method: str
    task: Task
    items: tuple[Item, ...]
    explained: tuple[int, ...]
    doubted: tuple[int, ...]
    users: Mapping[str, Reader]
    seed: int

    @property
    def study(self) -> str:
        """What every sheet of this study bears: of another study it is another. No spreadsheet takes it for a number."""
        return f"s{_digest(self._content())[:8]}"

    @property
    def balance(self) -> dict[str, Any]:
        """How many items are of each cell, and turn; how many are right for who always says the label, or that nothing turns."""
        cells = Counter(item.cell for item in self.items)
        found: dict[str, Any] = {"cells": dict(cells)}
        if self.task == "counterfactual":
            found["turned"] = dict(Counter(item.cell for item in self.items if item.turned))
            found["right_by_no_change"] = sum(not item.turned for item in self.items)
        elif self.items[0].label is not None:
            found["right_by_label"] = sum(item.label == item.right for item in self.items)
        return found

    def write(self, folder: Path) -> None:
        """Write it into the folder of the study."""
        content = self._content()
        whole = {"schema": SCHEMA, "study": self.study, "balance": self.balance, **content, "digest": _digest(content)}
        write_whole(folder / FILE, json.dumps(whole, indent=1).encode())

    @classmethod
    def read(cls, folder: Path) -> "Key":
        """The key that was written into a folder.

        Raises: InputError, where there is none; FileFormatError, where it is not as it was written.
        """
        try:
            whole = json.loads((folder / FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"`folder` must hold the `{FILE}` that `export_study` wrote. Got {folder}.") from error
        if not isinstance(whole, dict) or whole.get("schema") != SCHEMA:
            raise FileFormatError(f"`{FILE}` must be of the schema {SCHEMA!r}. Got another one. Export the study again.")
        content: dict[str, Any] = {field.name: whole.get(field.name) for field in fields(cls)}
        if whole.get("digest") != _digest(content):
            raise FileFormatError(
                f"`{FILE}` is not as `export_study` wrote it: something in it was changed. Put the old file back."
            )
        items = tuple(Item(**{**one, "choices": tuple(one["choices"])}) for one in content["items"])
        users = {name: Reader(one["arm"], tuple(one["order"])) for name, one in content["users"].items()}
        numbers = {name: tuple(content[name]) for name in ("explained", "doubted")}
        return cls(**{**content, "items": items, **numbers, "users": users})

    def _content(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return found


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
