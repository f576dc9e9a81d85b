"""Names of data sets and photos that mean something else here: what lies in the working directory under a name comes first."""

from collections.abc import Iterable
from pathlib import Path

from xaivision.data.named_sets.named_set import named_sets
from xaivision.data.named_sets.obtaining import set_folder
from xaivision.data.registry import available_datasets
from xaivision.data.sample_images import SAMPLE_IMAGES


def hiding_notes(words: Iterable[str]) -> tuple[str, ...]:
    """A sentence for each word that is the name of a data set or a photo, and is taken for a folder or file of that name."""
    return tuple(_told(word) for word in dict.fromkeys(words) if _is_hidden(word))


def _is_hidden(word: str) -> bool:
    if not Path(word).exists():
        return False
    if word in named_sets():
        fetched = set_folder(word)
        return fetched is None or not Path(word).samefile(fetched)
    return word in available_datasets() or word in SAMPLE_IMAGES


def _told(word: str) -> str:
    here = "folder" if Path(word).is_dir() else "file"
    what = "sample photo" if word in SAMPLE_IMAGES else "data set"
    return f"{word!r} is a {here} in this directory, which hides the {what} of that name. Rename the {here} to get that one."
