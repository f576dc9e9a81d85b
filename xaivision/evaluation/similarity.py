"""How alike an explanation is to others of the same question: signs and all, and by absolute values."""

from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.engines.map_likeness import Likeness, RankLikeness, StructuralLikeness

Similarity = Literal["spearman", "ssim"]
UNITS = {"spearman": "Spearman correlation", "ssim": "mean SSIM"}
SIGNED, OF_SIZES = "signed", "of absolute values"


class Alike(NamedTuple):
    """(B,) or (B, stages) from -1 to 1 in float64: `signed`, of the maps; `of_sizes`, of their absolute values."""

    signed: Tensor
    of_sizes: Tensor

    @property
    def details(self) -> dict[str, Tensor]:
        return {SIGNED: self.signed, OF_SIZES: self.of_sizes}


class Resemblance:
    """Feature values (B, ...), to be held against others of the same shape."""

    def __init__(self, similarity: Similarity, before: Tensor) -> None:
        kind = RankLikeness if similarity == "spearman" else StructuralLikeness
        self._signed: Likeness = kind(before)
        self._of_sizes: Likeness = kind(before.abs())

    def __call__(self, after: Tensor) -> Alike:
        """(B,) each."""
        return Alike(self._signed(after), self._of_sizes(after.abs()))


def stacked(stages: list[Alike]) -> Alike:
    """(B, stages) each."""
    return Alike(torch.stack([one.signed for one in stages], 1), torch.stack([one.of_sizes for one in stages], 1))


def check_similarity(similarity: object) -> None:
    """Raises: InputError, where there is no such similarity."""
    if similarity not in get_args(Similarity):
        raise InputError(f"`similarity` must be 'spearman' or 'ssim'. Got {similarity!r}.")


def check_pictures(similarity: Similarity, model: ClassifierAdapter) -> None:
    """Raises: InputError, where windows of pixels are asked of a table."""
    if similarity == "ssim" and model.domain != "image":
        raise InputError("`similarity` 'ssim' compares windows of pictures. Got a model of tables. Use 'spearman'.")
