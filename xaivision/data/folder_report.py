"""What was found in a folder of pictures, as numbers and in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from xaivision.data.picture_duplicates import Duplicates
from xaivision.data.picture_hash import joined
from xaivision.data.picture_index import IndexedPicture

# A class so many times as large as another is worth a word.
UNBALANCED = 5


@dataclass(frozen=True)
class FolderReport:
    """`files` were read and `kept` pictures are left, `balance` of each class. All paths are of the files that were read.

    `duplicates`: files left out, each with the one that is kept. `conflicts`: the same picture in several classes, left out.
    `near_duplicates`: pictures that share a group with another, in `near_groups` groups. `near_conflicts`: pairs of
    look-alikes of two classes, which are kept. `sizes`: smallest and largest height and width. `colored`: by class, how many
    pictures have color, where any has.
    """

    files: int
    kept: int
    balance: dict[str, int]
    duplicates: tuple[tuple[Path, Path], ...]
    conflicts: tuple[tuple[Path, ...], ...]
    near_duplicates: int
    near_groups: int
    near_conflicts: tuple[tuple[Path, Path], ...]
    sizes: tuple[tuple[int, int], tuple[int, int]]
    colored: dict[str, int]

    def __str__(self) -> str:
        """A few sentences: what a user must know before trusting a score on these pictures."""
        said = [
            f"{self.kept} pictures of {self.files} files: {_counted(self.balance)}.",
            f"{len(self.duplicates)} exact duplicates are left out, and {len(self.conflicts)} pictures of several classes.",
            f"{self.near_duplicates} pictures look alike in {self.near_groups} groups, which the split keeps together.",
        ]
        if self.near_conflicts:
            first, second = (f"{path.parent.name}/{path.name}" for path in self.near_conflicts[0])
            said.append(f"{len(self.near_conflicts)} pairs of look-alikes are of two classes, such as {first} and {second}.")
        (low, high), (left, right) = self.sizes
        if low < high or left < right:
            said.append(f"Sizes are from {low} to {high} pixels high and {left} to {right} wide.")
        if self.colored:
            said.append(f"Some pictures have color, which may tell the class: {_counted(self.colored)}.")
        if max(self.balance.values()) >= UNBALANCED * min(self.balance.values()):
            said.append("Classes are far from balanced: judge by balanced accuracy and by the recall of each class.")
        return " ".join(said)


def folder_report(
    indexed: Sequence[IndexedPicture], doubled: Duplicates, labels: Tensor, alike: Tensor, names: Sequence[str]
) -> FolderReport:
    """The report on all `indexed` pictures, of which some are kept with `labels` (N,) and pairs `alike` (K, 2) among these."""
    kept = [indexed[row] for row in doubled.kept]
    sizes = joined(alike, len(kept)).bincount()
    classes = labels.tolist()
    colored = {
        name: sum(kept[row].colored for row, label in enumerate(classes) if label == number) for number, name in enumerate(names)
    }
    return FolderReport(
        files=len(indexed),
        kept=len(kept),
        balance={name: classes.count(number) for number, name in enumerate(names)},
        duplicates=tuple((indexed[row].path, indexed[first].path) for row, first in doubled.dropped),
        conflicts=tuple(tuple(indexed[row].path for row in rows) for rows in doubled.conflicts),
        near_duplicates=int(sizes[sizes > 1].sum()),
        near_groups=int((sizes > 1).sum()),
        near_conflicts=tuple((kept[one].path, kept[two].path) for one, two in alike.tolist() if classes[one] != classes[two]),
        sizes=(_ends([picture.height for picture in kept]), _ends([picture.width for picture in kept])),
        colored=colored if any(colored.values()) else {},
    )


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _ends(values: list[int]) -> tuple[int, int]:
    return min(values), max(values)
