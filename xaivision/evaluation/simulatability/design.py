"""How large a study with people is, and who sees what."""

from dataclasses import dataclass

import torch

from xaivision.core.errors import InputError
from xaivision.core.settings import check_positive_integer
from xaivision.evaluation.simulatability.simulated import Task

EXPLAINED, SHUFFLED = "explained", "shuffled"


@dataclass(frozen=True)
class Design:
    """Each of `users` is asked about `items` rows; in the forward simulation they see `learned` other rows explained.

    `control`: half of the users, drawn, are shown shuffled explanations, in which what is said of one column is said of another.
    """

    items: int = 32
    learned: int = 16
    users: int = 10
    control: bool = True

    def __post_init__(self) -> None:
        for name in ("items", "learned", "users"):
            check_positive_integer(name, getattr(self, name))
        if self.control and self.users < 2:
            raise InputError("`users` must be 2 or more, half of whom are the control. Got 1. Give more, or control=False.")

    def shares(self, task: Task, cells: int) -> tuple[int, int]:
        """How many items, and how many explained rows, each of so many cells has.

        Raises: InputError, where they cannot be as many in each, or no half of them can turn.
        """
        asked = cells * (2 if task == "counterfactual" else 1)
        for name, count, parts in (("items", self.items, asked), ("learned", self.learned, cells)):
            if count % parts and not (name == "learned" and task == "counterfactual"):
                raise InputError(f"`{name}` must be a multiple of {parts}, to be balanced. Got {count}.")
        return self.items // cells, self.learned // cells

    def arms(self, draw: torch.Generator) -> dict[str, str]:
        """The users' names, each with what is shown to them: by chance, half of them the control's."""
        width = len(str(self.users))
        shuffled = (
            set(torch.randperm(self.users, generator=draw, device="cpu")[: self.users // 2].tolist()) if self.control else ()
        )
        return {f"user{one + 1:0{width}}": SHUFFLED if one in shuffled else EXPLAINED for one in range(self.users)}
