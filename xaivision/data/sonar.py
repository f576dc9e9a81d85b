"""UCI's sonar table: echoes of a metal cylinder (a mine) and of rocks of that shape on sandy ground."""

import io

import torch

from xaivision.data.card import DatasetCard
from xaivision.data.dataset import Dataset
from xaivision.data.named_files import named_files, read_named_file
from xaivision.data.schema import TableSchema

# Number of a class is its place here; the file says R and M.
CLASS_OF_LETTER = {"R": 0, "M": 1}
CLASS_NAMES = ("rock", "mine")


def load(name: str) -> Dataset:
    """208 rows of the energy in 60 frequency bands, each in [0, 1]. Class 0 is rock (97 rows), class 1 is mine (111)."""
    import pandas as pd

    frame = pd.read_csv(io.BytesIO(read_named_file(name)))
    letters = frame.pop("label")
    schema = TableSchema.from_frame(frame, units=dict.fromkeys(frame.columns, "share of the energy"))
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
