"""What the card of every classifier that was trained here says, whatever decides in it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import Field, asdict
from typing import Any, ClassVar

from xaivision.models.class_counts import ClassCounts
from xaivision.models.score_lines import class_lines, plain_values, reliability_lines
from xaivision.models.trained_scores import TrainedScores


class LearnedCard(ABC):
    """A card of a trained classifier; every kind is a frozen dataclass that declares these among its own fields.

    `weights` says which weights the backbone began with; `pretrained` is False where they were random. Digests are SHA-256:
    `data_digest` of inputs and labels, `split_digest` of the three parts' row numbers.
    """

    # The fields are the kinds' own, each at its place: plain values are written in their order.
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    name: str
    weights: str
    pretrained: bool
    preprocessing: str
    data: str
    data_license: str
    data_digest: str
    split_digest: str
    counts: tuple[ClassCounts, ...]
    scores: TrainedScores
    versions: Mapping[str, str]

    @property
    def inputs(self) -> str:
        """What its inputs are called: "pictures", or "rows"."""
        return "pictures"

    def plain(self) -> dict[str, Any]:
        """The card as values that JSON can hold; null where there is no number."""
        plain: dict[str, Any] = plain_values(asdict(self))
        return plain

    def markdown(self, picture: str = "") -> str:
        """The card as a page; `picture` names a file beside it that shows confusion and reliability."""
        shown = [f"![Confusion matrix and reliability of {self.name}]({picture})"] if picture else []
        parts = [[f"# {self.name}"], shown, self._facts(), class_lines(self.counts, self.scores), reliability_lines(self.scores)]
        return "\n".join(line for part in parts if part for line in (*part, ""))

    @abstractmethod
    def _facts(self) -> list[str]:
        """The lines of the page above its tables."""

    def _learning_lines(self, settings: Mapping[str, Any]) -> list[str]:
        """What was learned from, in which parts, with which settings; `seed` is one of them."""
        sizes = ", ".join(f"{sum(getattr(one, part) for one in self.counts)} {part}" for part in ("train", "validation", "test"))
        return [
            f"- Preprocessing: {self.preprocessing}",
            f"- Data: {self.data} ({sizes}), license: {self.data_license}, SHA-256 {self.data_digest}",
            f"- Split: SHA-256 {self.split_digest}, seed {settings['seed']}",
            f"- Settings: {', '.join(f'{name}={value!r}' for name, value in settings.items())}",
        ]
