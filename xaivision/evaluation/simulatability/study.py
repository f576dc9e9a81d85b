"""The simulation with people: a folder of pages for each of them, a key that they do not see, and what their answers say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import nan
from pathlib import Path

from torch import Tensor

from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.presenting import presenter
from xaivision.core.protocols import Explainer
from xaivision.core.query import Query, asked
from xaivision.core.random import generator
from xaivision.core.settings import check_choice
from xaivision.core.wrapping import classifier
from xaivision.evaluation.simulatability.answered import Answered, Arm, right_of
from xaivision.evaluation.simulatability.design import EXPLAINED, SHUFFLED, Design
from xaivision.evaluation.simulatability.key import Key
from xaivision.evaluation.simulatability.marking import known_rows, marked
from xaivision.evaluation.simulatability.parts import Part, shuffled_parts, told_alike
from xaivision.evaluation.simulatability.questions import Pool, Questions, counterfactual_questions, forward_questions
from xaivision.evaluation.simulatability.sheets import PHASES, RATING, Place, read_sheets
from xaivision.evaluation.simulatability.simulated import Task


@dataclass(frozen=True, eq=False)
class Study:
    """What people are asked and told: `query` is about the rows that are asked about; `told`: by the arm what its users see of
    the explained rows; `labels` of these, in words, None where they are not known.
    """

    key: Key
    questions: Questions
    query: Query
    told: Mapping[str, tuple[Part, ...]]
    labels: tuple[str, ...] | None

    def label_of(self, place: int) -> str | None:
        """The label of one of the explained rows, in words."""
        return None if self.labels is None else self.labels[place]

    @property
    def unshuffled(self) -> int:
        """How many explanations the control sees as they are: those that say the same of every column."""
        return len(told_alike(self.told[EXPLAINED], self.told[SHUFFLED])) if SHUFFLED in self.told else 0

    def save(self, folder: str | Path) -> Path:
        """Write the pages of all users, and the key, into a new folder; its path."""
        return presenter().save(self, folder)


def export_study(  # noqa: PLR0913 - the questions of one door
    folder: str | Path,
    task: Task,
    explainer: Explainer,
    model: Classifier,
    rows: Tensor,
    *,
    labels: Tensor | None = None,
    design: Design | None = None,
    seed: int = 0,
) -> Path:
    """Write a study of whether explanations help people to predict the model into a new folder, and return its path.

    "forward": they predict the model for rows, then learn from other rows with prediction and explanation, which they rate from
    1 to 7, and predict the same rows again. "counterfactual": they see a row, what the model says of it and a changed row,
    half of which turn the prediction, and say what the model says of that, first without and then with the explanation of
    the row; never with one of the changed row.

    `rows` (n, F) of a table. With their `labels` (n,) the items are balanced over true and false positives and negatives, of
    more than two classes over right and wrong predictions; without, over the two predicted classes. No item is a row that is
    explained, or that an explanation shows with what the model says of it. Half of the users, drawn, are the control: they see
    shuffled explanations. Tables only: for pictures the protocol has no law of changes.

    For each user there is a folder with pages, which save answers on the user's machine, and the same as a sheet to fill in by
    hand; beside them `how_to.txt` and `key.json` with the right answers, who is the control, and the balance.

    Raises: InputError, where the folder is not empty, the rows are too few, or of another shape, the model does not have two
    classes in the forward simulation, or explanations cannot be told or shuffled.
    Source: Hase and Bansal, ACL 2020, arXiv:2005.01831
    """
    adapter, plan, out = classifier(model), design or Design(), Path(folder)
    check_choice("task", task, ("forward", "counterfactual"))
    _check_table(task, adapter, rows, labels)
    _check_new(out)
    known = known_rows(adapter, rows, labels)
    pool = Pool(adapter, partial(explainer.explain, adapter, seed=seed), rows, known.predicted, known.cells)
    questions = (forward_questions if task == "forward" else counterfactual_questions)(pool, plan, seed)
    key = marked(explainer.about.name, task, questions, known, plan, seed)
    told = {EXPLAINED: questions.parts}
    if plan.control:
        told[SHUFFLED] = shuffled_parts(questions.parts, rows, generator(seed, "study", "shuffled explanations"))
    return Study(key, questions, asked(adapter, questions.rows), told, known.labels_of(questions.explained)).save(out)


def import_answers(folder: str | Path, sheets: Sequence[str | Path] = ()) -> Answered:
    """How much better people predicted the model after they saw explanations, beside those who saw shuffled ones.

    `sheets`: the files that came back, by default every CSV file in the folder of the study and in its users' folders. Who
    answered nothing is left out. Ratings may be missing.

    Raises: InputError, where the key is missing or was changed, nobody answered who saw explanations, or an answer is of another
    study, not one of the choices, missing or given twice.
    """
    key = Key.read(Path(folder))
    found = sorted([*Path(folder).glob("*.csv"), *Path(folder).glob("*/*.csv")])
    answers = read_sheets(key, [Path(sheet) for sheet in sheets] or found)
    came = {place.user for place in answers}
    arms = {arm: _arm(key, answers, arm, came) for arm in (EXPLAINED, SHUFFLED)}
    explained = arms[EXPLAINED]
    if explained is None:
        raise InputError("Somebody who saw explanations must have answered. Nobody has: the sheets hold no such answers.")
    return Answered(key.method, key.task, explained, arms[SHUFFLED])


def _arm(key: Key, answers: dict[Place, str], arm: str, came: set[str]) -> Arm | None:
    users = tuple(user for user, reader in key.users.items() if reader.arm == arm and user in came)
    if not users:
        return None
    before, after = (right_of([_right(key, answers, user, phase) for user in users]) for phase in PHASES)
    count = len(key.explained) if key.task == "forward" else 0
    ratings = [[float(answers.get(Place(user, RATING, item + 1), nan)) for item in range(count)] for user in users]
    return Arm(users, before, after, right_of(ratings))


def _right(key: Key, answers: dict[Place, str], user: str, phase: str) -> list[float]:
    """Whether each item, in the key's order, was answered rightly by a user: 1 or 0."""
    found = [nan] * len(key.items)
    for place, item in enumerate(key.users[user].order, 1):
        answer = answers.get(Place(user, phase, place))
        if answer is None:
            raise InputError(f"Every item must be answered in both phases. Missing: {user}, {phase}, item {place}.")
        found[item] = float(answer == key.items[item].right)
    return found


def _check_table(task: Task, model: ClassifierAdapter, rows: Tensor, labels: Tensor | None) -> None:
    if rows.ndim != 2 or not len(rows):
        raise InputError(f"`rows` must be rows (n, F) of a table. Got the shape {tuple(rows.shape)}.")
    if task == "forward" and model.num_classes != 2:
        raise InputError(f"`model` must have two classes in the forward simulation. This one has {model.num_classes}.")
    if labels is None:
        return
    known = labels.shape == rows.shape[:1] and not labels.is_floating_point()
    if not known or not bool(((labels >= 0) & (labels < model.num_classes)).all()):
        raise InputError(
            f"`labels` must be a class number from 0 to {model.num_classes - 1} for each of {len(rows)} rows. Got others, or "
            f"the shape {tuple(labels.shape)}."
        )


def _check_new(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"`folder` must be a new or an empty one: answers may be in it. Got {folder}. Name another.")
