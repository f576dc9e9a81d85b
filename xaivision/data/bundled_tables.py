"""The tables that scikit-learn carries."""

import torch

from xaivision.data.card import DatasetCard
from xaivision.data.dataset import Dataset
from xaivision.data.schema import TableSchema

ORIGIN = "UCI Machine Learning Repository, as bundled with scikit-learn"

CARDS = {
    "breast_cancer": DatasetCard(
        "breast_cancer",
        what="Breast Cancer Wisconsin (Diagnostic): ten measures of the cell nuclei in a fine needle aspirate of a breast mass, "
        "each as mean, standard error and worst value. Class 0 is malignant, class 1 is benign. Many columns are nearly "
        "functions of others (radius, perimeter, area).",
        size="569 rows (212 malignant, 357 benign), 30 columns",
        license="CC BY 4.0",
        citation="W. N. Street, W. H. Wolberg and O. L. Mangasarian, Nuclear feature extraction for breast tumor diagnosis, "
        "SPIE 1905, 861-870, 1993; UCI Machine Learning Repository, doi:10.24432/C5DW2B",
        origin=ORIGIN,
    ),
    "wine": DatasetCard(
        "wine",
        what="Chemical analysis of wines grown in one region of Italy by three growers. The class is the grower.",
        size="178 rows (59, 71, 48), 13 columns",
        license="CC BY 4.0",
        citation="S. Aeberhard and M. Forina, Wine, 1992; UCI Machine Learning Repository, doi:10.24432/C5PC7J",
        origin=ORIGIN,
    ),
}


def load(name: str) -> Dataset:
    """One of scikit-learn's tables, in its own units."""
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")(as_frame=True)
    schema = TableSchema.from_frame(bunch.data)
    class_names = tuple(str(label) for label in bunch.target_names)
    targets = torch.tensor(bunch.target.to_numpy(), dtype=torch.int64)
    return Dataset(name, schema.to_tensor(bunch.data).float(), targets, class_names, card(name), schema=schema)


def card(name: str) -> DatasetCard:
    """The card of one of scikit-learn's tables."""
    return CARDS[name]
