"""Folders of class folders as inputs: the pictures, the classes that their folders say, and which ones nothing learned from."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.data.class_folders import class_folders, folder_names, holds_class_folders
from xaivision.data.image_folders import ImageFolders, load_image_folders
from xaivision.data.images import load_images
from xaivision.data.named_sets.named_set import named_sets
from xaivision.data.named_sets.obtaining import set_folder
from xaivision.report.wording import counted

TEST_PART = "its test part, as `xaivision train` splits it: copies left out and look-alikes on one side"


@dataclass(frozen=True, eq=False)
class LabeledFolder:
    """Pictures in the order of their classes and names. `labels`: the class of each, which its folder is named after.

    `left_out`: folders of classes that the model does not know.
    """

    root: Path
    paths: tuple[Path, ...]
    labels: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    @property
    def titles(self) -> tuple[str, ...]:
        """Each picture's folder and name."""
        return tuple(f"{path.parent.name}/{path.name}" for path in self.paths)

    def notes(self) -> tuple[str, ...]:
        """What has to be said of how the folder was read."""
        if not self.left_out:
            return ()
        return (f"Left out of {self.root.name}, since the model has no such class: {', '.join(self.left_out)}.",)

    def taken(self, rows: list[int]) -> "LabeledFolder":
        """The same with the pictures of these rows only."""
        return LabeledFolder(
            self.root, tuple(self.paths[row] for row in rows), tuple(self.labels[row] for row in rows), self.left_out
        )

    def called(self, model: ClassifierAdapter, inputs: Tensor) -> tuple[str, ...]:
        """What has to be said of pictures that the model calls another name than their folder's."""
        if not set(self.labels) <= set(model.class_names):
            return ()
        found = [model.class_names[number] for number in model(inputs).argmax(1).tolist()]
        wrong = [(title, call) for title, call, label in zip(self.titles, found, self.labels, strict=True) if call != label]
        if not wrong:
            return ()
        shown = ", ".join(f"{title} is called {call}" for title, call in wrong[:3])
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        which, their = ("are", "their") if len(wrong) > 1 else ("is", "its")
        which = f"{len(wrong)} of {counted(len(found), 'picture')} {which}"
        return (f"{which} called another class than {their} folder: {shown}{more}.",)


def labeled_folder(word: str | Path, model: ClassifierAdapter) -> LabeledFolder | None:
    """The pictures of a folder of class folders, or of a set that was fetched by name; None where the word means no such thing.

    Where the model knows two of the folders or more by name, the others are left out.

    Raises: InputError, where a class folder is empty or holds folders.
    """
    root = _root(word)
    if root is None or model.domain != "image":
        return None
    classes, left_out = _classes(root, model)
    folders = class_folders(root, classes)
    return LabeledFolder(
        root,
        tuple(path for folder in folders for path in folder.files),
        tuple(folder.name for folder in folders for _ in folder.files),
        left_out,
    )


def unlearned(word: str | Path, model: ClassifierAdapter, *, test: bool = True) -> LabeledFolder | None:
    """The test part of such a folder as `xaivision train` splits it, or its training part; None as `labeled_folder`.

    Copies are left out and look-alikes are on one side, so every picture is read once.

    Raises: InputError, as `load_image_folders`.
    """
    root = _root(word)
    if root is None or model.domain != "image":
        return None
    classes, left_out = _classes(root, model)
    return part_of(load_image_folders(root, classes=classes, conflicts="drop"), root, left_out, test=test)


def part_of(folders: ImageFolders, root: Path, left_out: tuple[str, ...] = (), *, test: bool = True) -> LabeledFolder:
    """One part of folders that were read."""
    rows = (folders.split.test if test else folders.split.train).tolist()
    labels = tuple(folders.class_names[number] for number in folders.targets[rows].tolist())
    return LabeledFolder(root, tuple(folders.paths[row] for row in rows), labels, left_out)


def selection(part: LabeledFolder) -> str:
    """How an audit's pictures were chosen, in words."""
    counts = ", ".join(f"{name} {count}" for name, count in Counter(part.labels).items())
    return f"{TEST_PART}; {len(part.labels)} pictures ({counts})"


def pictures_of(part: LabeledFolder, model: ClassifierAdapter) -> Tensor:
    """(B, C, H, W) in the model's format."""
    return load_images(list(part.paths), model.image_format)


def folders_of(word: str, classes: Sequence[str] | None = None, *, drop_conflicts: bool = False) -> ImageFolders:
    """The pictures of the class folders that a word names: of those in `classes`, or of all where it is None.

    Of a set that was fetched by name all are its classes: a folder of masks may lie beside them. `drop_conflicts`: pictures
    that are in two class folders are left out, instead of being an error.

    Raises: InputError, as `folder_of` and `load_image_folders`.
    """
    own = None if Path(word).is_dir() or word not in named_sets() else named_sets()[word].classes
    chosen = own if classes is None else classes
    return load_image_folders(folder_of(word), classes=chosen, conflicts="drop" if drop_conflicts else "refuse")


def folder_of(word: str) -> Path:
    """The folder that a word names: one on this machine, or a set that was fetched by that name.

    Raises: InputError, where it is the name of a set that is not here.
    """
    if Path(word).is_dir() or word not in named_sets():
        return Path(word)
    found = set_folder(word)
    if found is None:
        raise InputError(f"{word!r} is a set of pictures that is not on this machine. Fetch it: xaivision datasets get {word}")
    return found


def _root(word: str | Path) -> Path | None:
    root = folder_of(word) if isinstance(word, str) else word
    return root if holds_class_folders(root) else None


def _classes(root: Path, model: ClassifierAdapter) -> tuple[list[str], tuple[str, ...]]:
    """The class folders to take, and those to leave out."""
    there = folder_names(root)
    known = [name for name in there if name in model.class_names]
    return (known, tuple(name for name in there if name not in known)) if len(known) > 1 else (there, ())
