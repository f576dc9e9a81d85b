"""What a captioner is asked, and what it answers."""

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from torch import Tensor

Wording = Literal["photo", "sonar"]
WORDINGS: tuple[Wording, ...] = ("photo", "sonar")
# What stands behind the scores of words: what a language model says, or how alike the measured numbers are.
WordScore = Literal["log-probability", "similarity"]


@dataclass(frozen=True)
class Caption:
    """`text` as it came, the `prompt` verbatim (empty where there is none), and whether the label was in it.

    `tokens`: the numbers that a language model wrote, `before`: what they follow. Empty for captioners without any.
    """

    text: str
    prompt: str
    label_in_prompt: bool
    tokens: tuple[int, ...] = ()
    before: tuple[int, ...] = ()


@runtime_checkable
class Captioner(Protocol):
    """Puts a region of a picture into words. Unless `label_in_prompt`, it is never given the label."""

    @property
    def label_in_prompt(self) -> bool: ...

    @property
    def name(self) -> str:
        """Who speaks."""
        ...

    @property
    def measures(self) -> bool:
        """Whether the words are made of measured numbers; else they are those of another model, and are quoted."""
        ...

    def caption(self, image: Tensor, mask: Tensor, label: str | None) -> Caption:
        """Words for the region `mask` (H, W) of an image (C, H, W) in [0, 1]; an empty text where none came.

        Raises: InputError, where the captioner cannot take such a picture.
        """
        ...


@runtime_checkable
class WordScorer(Protocol):
    """A captioner that can say how well its words fit another picture."""

    @property
    def word_score(self) -> WordScore: ...

    def word_scores(self, caption: Caption, image: Tensor, versions: Tensor, mask: Tensor) -> Tensor:
        """(n, T) float64 on the CPU: for versions (n, C, H, W) of the image, how well each of T words fits them still."""
        ...
