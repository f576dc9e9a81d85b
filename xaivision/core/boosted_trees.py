"""What is known of boosted trees, whichever package grew them."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

# How raw margins become probabilities; "none": they do not.
Link = Literal["logistic", "softmax", "one_against_rest", "none"]


class BoostedTrees(Protocol):
    """A fitted classifier made of boosted trees.

    `columns`: names of the columns it was trained on, None where it was trained on numbers without names.
    """

    @property
    def classes(self) -> tuple[str, ...] | None: ...

    @property
    def num_classes(self) -> int: ...

    @property
    def features(self) -> int: ...

    @property
    def columns(self) -> tuple[str, ...] | None: ...

    @property
    def objective(self) -> str: ...

    @property
    def link(self) -> Link: ...

    def margins(self, rows: Any) -> "np.ndarray":
        """(B, K) logits of the classes, or (B, 1) of the second of two, before the link."""
        ...

    def probabilities(self, rows: Any) -> "np.ndarray | None":
        """(B, K) or (B, 1) as the package gives them; None where it gives something else for this objective."""
        ...


@dataclass(frozen=True)
class Objective:
    """`link`, and whether the package itself gives probabilities under this name."""

    link: Link
    gives_probabilities: bool = True


def linked(margins: "np.ndarray", link: Link) -> "np.ndarray":
    """Probabilities of margins (B, K) or (B, 1)."""
    if link == "softmax":
        powers = np.exp(margins - margins.max(axis=1, keepdims=True))
        shares: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
        return shares
    halves: np.ndarray = 0.5 * (1 + np.tanh(0.5 * margins))  # the logistic function, with no overflow
    return halves


def columned(answer: Any) -> "np.ndarray":
    """(B, K), with one column where the package answers with one number a row."""
    found = np.asarray(answer)
    return found[:, None] if found.ndim == 1 else found
