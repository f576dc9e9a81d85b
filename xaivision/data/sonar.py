"""UCI's sonar table: echoes of a metal cylinder (a mine) and of rocks of that shape on sandy ground."""

import io
from itertools import pairwise

import torch

from xaivision.core.errors import InputError
from xaivision.data.card import DatasetCard
from xaivision.data.dataset import Dataset
from xaivision.data.named_files import named_files, read_named_file
from xaivision.data.schema import TableSchema

# Number of a class is its place here; the file says R and M.
CLASS_OF_LETTER = {"R": 0, "M": 1}
CLASS_NAMES = ("rock", "mine")


def load(name: str, bands: int | None = None) -> Dataset:
    """208 rows of the energy in 60 frequency bands, each in [0, 1]. Class 0 is rock (97 rows), class 1 is mine (111).

    `bands`: so many groups of neighboring columns in the schema, as equal as can be, "V1 to V5" and so on. A model with this
    schema is explained by bands: methods with `groups` take a group as one feature. None groups nothing.

    Raises: InputError, where there cannot be so many bands.
    """
    import pandas as pd

    frame = pd.read_csv(io.BytesIO(read_named_file(name)))
    letters = frame.pop("label")
    groups = None if bands is None else _bands(list(frame.columns), bands)
    schema = TableSchema.from_frame(frame, units=dict.fromkeys(frame.columns, "share of the energy"), groups=groups)
    targets = torch.tensor([CLASS_OF_LETTER[letter] for letter in letters])
    return Dataset(name, schema.to_tensor(frame).float(), targets, CLASS_NAMES, card(name), schema=schema)


def card(name: str) -> DatasetCard:
    """The card of `uci_sonar`."""
    file = named_files()[name]
    return DatasetCard(
        name,
        what="Connectionist Bench (Sonar, Mines vs. Rocks): echoes of a chirp from many angles, as the energy in 60 frequency "
        "bands (V1 low to V60 high), integrated over time and scaled to [0, 1]. Class 0 is rock (R), class 1 is mine (M). "
        "The rows are ordered by class, so only a shuffled split is fair.",
        size="208 rows (97 rock, 111 mine), 60 columns",
        license=file.license,
        citation="R. P. Gorman and T. J. Sejnowski, Analysis of hidden units in a layered network trained to classify sonar "
        "targets, Neural Networks 1, 75-89, 1988; UCI Machine Learning Repository, doi:10.24432/C5T01Q",
        origin=file.origin,
    )


def _bands(columns: list[str], bands: int) -> dict[str, list[str]]:
    """Neighboring columns by the name of their band."""
    if not 2 <= bands <= len(columns) // 2:
        raise InputError(f"`bands` must be None or from 2 to {len(columns) // 2}. Got {bands}.")
    ends = [round(part * len(columns) / bands) for part in range(bands + 1)]
    parts = [columns[start:end] for start, end in pairwise(ends)]
    return {f"{part[0]} to {part[-1]}": part for part in parts}
