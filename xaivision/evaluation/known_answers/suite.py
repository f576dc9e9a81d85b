"""A suite: sets of one kind with a known answer, and the models that are asked about them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from xaivision.data.known_answers.known_set import Definition
from xaivision.evaluation.known_answers.known_question import KnownQuestion
from xaivision.evaluation.known_answers.study_table import StudyTable

Size = Literal["quick", "full"]
SIZES: tuple[Size, ...] = ("quick", "full")
# Inputs that every method is asked about, of each set.
INPUTS: dict[Size, int] = {"quick": 6, "full": 10}


class Asking(NamedTuple):
    """The questions of one set, by its name; asking makes the set, and trains the models where that was never done."""

    name: str
    questions: Callable[[], Sequence[KnownQuestion]]


class Studying(NamedTuple):
    """A study with a result of its own, by its name."""

    name: str
    table: Callable[[], StudyTable]


@dataclass(frozen=True)
class Suite:
    """`askings` and `studies` of a size and a seed. `definition`: what makes a feature true in all of its sets."""

    name: str
    what: str
    source: str
    definition: Definition
    askings: Callable[[Size, int], Sequence[Asking]] = lambda _size, _seed: ()
    studies: Callable[[Size, int], Sequence[Studying]] = lambda _size, _seed: ()
