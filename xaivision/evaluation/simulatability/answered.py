"""What people's answers say: how much better they predict the model with explanations, and with shuffled ones."""

from dataclasses import dataclass
from math import nan

import torch
from torch import Tensor

from xaivision.core.bootstrap import NOTHING, Interval, resample_counts, stretched
from xaivision.evaluation.simulatability.simulated import Task, change_words

# Of items and of users other draws each, which are never the same where there are as many of both.
ITEMS, USERS, OTHERS = 0, 1, 2
# A change of a share.
SHARES = (-1.0, 1.0)


@dataclass(frozen=True, eq=False)
class Arm:
    """Those who saw the same kind of explanations: whether they were right, 1 or 0, `before` and `after` them, (n, u) for n items
    and u `users`; `ratings` (m, u) of the m explanations that they learned from, 1 to 7, NaN where one gave none.
    """

    users: tuple[str, ...]
    before: Tensor
    after: Tensor
    ratings: Tensor

    @property
    def change(self) -> float:
        """By how much the share of right predictions grows."""
        return float((self.after - self.before).mean())

    @property
    def rating(self) -> float:
        """The mean rating; NaN where there is none."""
        return float(self.ratings.nanmean())


@dataclass(frozen=True, eq=False)
class Answered:
    """People's predictions of the model: of those who saw `explained` items by `method`, and of those who saw `shuffled` ones.

    Nothing in it comes from a simulated user: for those see `Simulated`.
    """

    method: str
    task: Task
    explained: Arm
    shuffled: Arm | None

    @property
    def change(self) -> float:
        """By how much the share of right predictions grows with explanations."""
        return self.explained.change

    @property
    def interval(self) -> Interval:
        """The 95 % interval of the change, by a bootstrap over blocks: items and users are both drawn. NaN with one of either."""
        return _interval(self.explained)

    @property
    def control(self) -> float:
        """The change with shuffled explanations: what is left there comes from practice, less what they mislead."""
        return nan if self.shuffled is None else self.shuffled.change

    @property
    def control_interval(self) -> Interval:
        """The 95 % interval of the control."""
        return NOTHING if self.shuffled is None else _interval(self.shuffled)

    @property
    def advantage(self) -> float:
        """By how much more the share grows with explanations than with shuffled ones, which may also mislead: it may flatter."""
        return self.change - self.control

    @property
    def advantage_interval(self) -> Interval:
        """The 95 % interval of that: both arms have the same items, and each its own users."""
        return NOTHING if self.shuffled is None else _interval(self.explained, self.shuffled)

    def __str__(self) -> str:
        """One line that does not take people for simulated users."""
        before, after = (float(part.mean()) for part in (self.explained.before, self.explained.after))
        told = f"{self.method}, {self.task}, {_people(self.explained)}: {before:.3f} to {after:.3f}"
        told += f", change {change_words(self.change, self.interval)}{_rated(self.explained)}"
        if self.shuffled is None:
            return f"{told}; no control"
        told += f"; {_people(self.shuffled)} with shuffled explanations {change_words(self.control, self.control_interval)}"
        return f"{told}{_rated(self.shuffled)}; difference {change_words(self.advantage, self.advantage_interval)}"


def _interval(arm: Arm, other: Arm | None = None) -> Interval:
    """Of the change of one arm, or by how much it is larger than the other's, over items and users."""
    items, users = arm.before.shape
    drawn = resample_counts(items, ITEMS)
    statistics = _resampled(arm, drawn, USERS)
    middle, count = arm.change, min(items, users)
    if other is not None:
        statistics = statistics - _resampled(other, drawn, OTHERS)
        middle, count = middle - other.change, min(count, len(other.users))
    low, high = SHARES if other is None else (2 * SHARES[0], 2 * SHARES[1])
    return stretched(statistics, middle, count, within=(low, high))


def _resampled(arm: Arm, items: Tensor, seed: int) -> Tensor:
    """(R,) the change in resamples of items, told by how often each is in (R, n), and of users."""
    change = (arm.after - arm.before).double()
    users = resample_counts(change.shape[1], seed)
    found: Tensor = ((items @ change) * users).sum(1) / change.numel()
    return found


def right_of(values: list[list[float]]) -> Tensor:
    """(n, u) of a list for each user."""
    return torch.tensor(values, dtype=torch.float64, device="cpu").T


def _people(arm: Arm) -> str:
    return "1 person" if len(arm.users) == 1 else f"{len(arm.users)} people"


def _rated(arm: Arm) -> str:
    return "" if arm.rating != arm.rating else f", rated {arm.rating:.1f} of 7"
