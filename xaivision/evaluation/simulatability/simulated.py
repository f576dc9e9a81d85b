"""What a simulation found: how much better the model is predicted with explanations than without."""

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from xaivision.core.bootstrap import Interval, mean_interval

Task = Literal["forward", "counterfactual"]


@dataclass(frozen=True, eq=False)
class Simulated:
    """Shares of right predictions of the model, `before` (n,) explanations were seen, `after` (n,) and with `shuffled` (n,)
    ones, in which what is said of one column is said of another; a row for each block: an input with all its questions, or a
    student.

    A simulated user measures what a rule can take from an explanation, and no benefit to people: for those see `Answered`.
    """

    method: str
    task: Task
    before: Tensor
    after: Tensor
    shuffled: Tensor | None

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
        return float("nan") if self.shuffled is None else float((self.shuffled - self.before).mean())

    @property
    def control_interval(self) -> Interval:
        """The 95 % interval of the control."""
        return (float("nan"), float("nan")) if self.shuffled is None else mean_interval(self.shuffled - self.before)

    def __str__(self) -> str:
        """One line that does not take simulated users for people."""
        low, high = self.interval
        shares = f"{float(self.before.mean()):.3f} to {float(self.after.mean()):.3f}"
        told = f"{self.method}, {self.task}, simulated users, by a fixed rule: {shares}"
        told += f", change {self.change:+.3f} [{low:+.3f}, {high:+.3f}]"
        if self.shuffled is None:
            return told
        low, high = self.control_interval
        return f"{told}; shuffled {self.control:+.3f} [{low:+.3f}, {high:+.3f}]"
