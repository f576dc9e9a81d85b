"""More that a row must fulfil than that it is decided as wished."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Requirement:
    """`slack` (n,) float64 of rows (n, F): positive where they fulfil it. `slopes` (n, F): how that changes with their numbers;
    None where the search is not to be led by it. `unmet`: what rows that do not fulfil it are with; `void`: what those are with
    of which it says nothing, by a slack of -inf, where that is something else.
    """

    slack: Callable[[Tensor], Tensor]
    unmet: str
    slopes: Callable[[Tensor], Tensor] | None = None
    void: str = ""

    def misses(self, slack: Tensor) -> list[tuple[Tensor, str]]:
        """(n,) which rows do not fulfil it by their slack, with what they are with."""
        void = slack.isneginf()
        return [((slack <= 0) & ~void, self.unmet), (void, self.void or self.unmet)]
