"""A page that people see, as plain values: the template only arranges them, and escapes every text."""

from collections.abc import Sequence
from dataclasses import dataclass

from xaivision.evaluation.simulatability.sheets import RATING, RATINGS
from xaivision.report.rendering import rendered
from xaivision.report.study_rows import Row, Told


@dataclass(frozen=True)
class Seat:
    """Whom a page is for: the study, the user, and the sheet that a page of this user without scripts is answered in."""

    study: str
    user: str
    sheet: str


@dataclass(frozen=True)
class Step:
    """One of the pages in their order: its name without `.html`, its number of how many, and the page after it."""

    name: str
    number: int
    of: int
    following: str | None

    @property
    def file(self) -> str:
        """The name of the page."""
        return f"{self.number}_{self.name}.html"


def steps(names: Sequence[str]) -> tuple[Step, ...]:
    """The pages in this order."""
    files = [f"{number}_{name}.html" for number, name in enumerate(names, 1)]
    following = [*files[1:], None]
    return tuple(Step(name, place + 1, len(names), following[place]) for place, name in enumerate(names))


@dataclass(frozen=True)
class Question:
    """What is `asked`, with the answers to choose from, of which one must be: what is saved, and what is shown."""

    name: str
    asked: str
    choices: tuple[tuple[str, str], ...]
    scale: bool = False


def choice_of(phase: str, item: int, asked: str, choices: Sequence[str]) -> Question:
    """One question with its answers in words."""
    return Question(f"{phase} {item}", asked, tuple((choice, choice) for choice in choices))


def rating_of(item: int) -> Question:
    """How far an explanation helps, from 1 to 7."""
    ends = {RATINGS[0]: "1 not at all", RATINGS[-1]: "7 completely"}
    choices = tuple((str(one), ends.get(one, str(one))) for one in RATINGS)
    return Question(f"{RATING} {item}", "Does this show you why the model said so?", choices, scale=True)


@dataclass(frozen=True)
class Said:
    """What the model says of a case, as it was `before` something changed; `label`: what it is in truth, where that is known."""

    class_: str
    label: str | None
    before: bool


@dataclass(frozen=True)
class Section:
    """A case: its row, what is said of it, why, and a question about it."""

    heading: str
    row: Row
    question: Question
    said: Said | None = None
    told: tuple[Told, ...] = ()


@dataclass(frozen=True)
class StudyPage:
    """One page of one user."""

    seat: Seat
    step: Step
    title: str
    task: str
    sections: tuple[Section, ...]

    @property
    def file(self) -> str:
        """The name of the file that answers are saved as."""
        return f"answers_{self.seat.user}_{self.step.number}_{self.step.name}.csv"

    @property
    def phase(self) -> str:
        """What the sheet calls it."""
        return RATING if self.step.name == "learn" else self.step.name


def study_html(page: StudyPage) -> str:
    """The page as text: it needs no network, and saves answers as a file on the person's own machine."""
    return rendered("study.html.j2", page=page)
