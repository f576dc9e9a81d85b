"""Numbers that are known of pictures, from a CSV file beside them."""

from collections.abc import Sequence
from pathlib import Path, PurePath

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.data.csv_files import load_csv

COLUMN = "picture"


def load_known(path: str | Path, titles: Sequence[str]) -> dict[str, Tensor]:
    """For each column of the file (N,) float64: its number for each of N pictures by these titles, NaN where it has none.

    The column `picture` says whose they are: a title, the name of the file with or without its ending, or the number of a row
    of a data set.

    Raises: as `load_csv`; InputError, where it knows none of the pictures, or one of them twice.
    """
    found = load_csv(path, label=COLUMN)
    named = [str(one) for one in found.labels or ()]
    if twice := next((one for one in named if named.count(one) > 1), None):
        raise InputError(f"`{Path(path).name}` must name every picture once. Got {twice!r} more than once.")
    lines = {name: line for line, name in enumerate(named)}
    places = [next((lines[name] for name in _names(title) if name in lines), None) for title in titles]
    if all(place is None for place in places):
        raise InputError(
            f"`{Path(path).name}` must name pictures that are asked about, such as {titles[0]!r}, in its column `{COLUMN}`. "
            f"Got {', '.join(named[:3])}, ..."
        )
    rows = torch.full((len(titles), found.inputs.shape[1]), torch.nan, dtype=torch.float64, device="cpu")
    for row, place in enumerate(places):
        if place is not None:
            rows[row] = found.inputs[place].double()
    return {name: rows[:, column].clone() for column, name in enumerate(found.names)}


def _names(title: str) -> tuple[str, ...]:
    """The words that may mean the picture of this title."""
    file = PurePath(title)
    return (title, file.name, file.stem, title.rpartition(" row ")[2])
