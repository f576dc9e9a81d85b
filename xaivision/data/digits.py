"""scikit-learn's handwritten digits, as pictures."""

import torch

from xaivision.data.card import DatasetCard
from xaivision.data.dataset import Dataset

# A pixel counts the set points of a 4 x 4 block.
POINTS_PER_PIXEL = 16


def load(name: str) -> Dataset:
    """1,797 pictures (1, 8, 8) in [0, 1], ink bright on black."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    inputs = torch.tensor(bunch.images, dtype=torch.float32).unsqueeze(1) / POINTS_PER_PIXEL
    targets = torch.tensor(bunch.target, dtype=torch.int64)
    return Dataset(name, inputs, targets, tuple(str(digit) for digit in range(10)), card(name))


def card(name: str) -> DatasetCard:
    """The card of `digits`."""
    return DatasetCard(
        name,
        what="Optical Recognition of Handwritten Digits, the test part: digits of 13 writers, each pixel the share of ink in a "
        "block of 4 x 4. Ink is bright on black.",
        size="1,797 pictures of 1 x 8 x 8, ten classes of 174 to 183",
        license="CC BY 4.0",
        citation="E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, 1998; UCI Machine Learning Repository, "
        "doi:10.24432/C50P49",
        origin="UCI Machine Learning Repository, as bundled with scikit-learn",
    )
