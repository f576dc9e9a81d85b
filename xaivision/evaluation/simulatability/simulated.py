"""What a simulation found: how much better the model is predicted with explanations than without."""

from dataclasses import dataclass
from math import nan
from typing import Literal

from torch import Tensor

from xaivision.core.bootstrap import NOTHING, Interval, mean_interval

Task = Literal["forward", "counterfactual"]


@dataclass(frozen=True, eq=False)
class Simulated:
    """Shares of right predictions of the model, `before` (n,) explanations were seen, `after` (n,) and with `shuffled` (n,)
    ones, in which what is said of one column is said of another; a row for each block: an input with all its questions, or a
    student. `alone`: the share of explanations that say the same of every column, so that shuffled they say what they said.
    `stay`: of the changed rows that are told to be decided alike, the share that is; NaN without changed rows. A rule that holds
    promises that, and one that is broken nothing.

    A simulated user measures what a rule can take from an explanation, and no benefit to people: for those see `Answered`.
    """

    method: str
    task: Task
    before: Tensor
    after: Tensor
    shuffled: Tensor | None
    alone: float = 0.0
    stay: float = nan

    @property
    def change(self) -> float:
        """By how much the share of right predictions grows."""
        return float((self.after - self.before).mean())

    @property
    def interval(self) -> Interval:
        """The 95 % interval of the change, by a bootstrap over blocks."""
        return mean_interval(self.after - self.before)

    @property
    def control(self) -> float:
        """The change with shuffled explanations: what is left there comes from the protocol, not from the explanation."""
        return nan if self.shuffled is None else float((self.shuffled - self.before).mean())

    @property
    def control_interval(self) -> Interval:
        """The 95 % interval of the control."""
        return NOTHING if self.shuffled is None else mean_interval(self.shuffled - self.before)

    def __str__(self) -> str:
        """One line that does not take simulated users for people."""
        shares = f"{float(self.before.mean()):.3f} to {float(self.after.mean()):.3f}"
        told = f"{self.method}, {self.task}, simulated users, by a fixed rule: {shares}"
        told += f", change {change_words(self.change, self.interval)}"
        if self.stay == self.stay:
            told += f" ({self.stay:.3f} of those told to stay do)"
        if self.shuffled is None:
            return told
        told += f"; shuffled {change_words(self.control, self.control_interval)}"
        return f"{told}, {self.alone:.0%} of which say the same of every column: they cannot be shuffled" if self.alone else told


def change_words(value: float, interval: Interval) -> str:
    """A change of a share with its interval, where there is one."""
    low, high = interval
    return f"{value:+.3f} " + ("(no interval)" if low != low else f"[{low:+.3f}, {high:+.3f}]")
