"""One pipeline for every proposer: propose, take back what is not needed, choose a set, ask once more, say what it is."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Note
from xaivision.core.protocols import Explainer
from xaivision.core.question import Question, question
from xaivision.core.sharing import shared_scores
from xaivision.core.targets import Targets
from xaivision.engines.counterfactuals.diversity import diverse_choice
from xaivision.engines.counterfactuals.searching import Asked, Drive, Hunt, Search
from xaivision.engines.counterfactuals.space import Room
from xaivision.engines.counterfactuals.undoing import tightened, undone
from xaivision.explainers.counterfactuals.scene import Scene
from xaivision.explainers.counterfactuals.wishes import Wishes

# Candidates beyond those wanted that are freed of what they do not need: some become equal by it.
SPARE = 2
# Candidates for each wanted one among which a set is chosen, and most of them, the cheapest ones: farther ones are hardly ever
# in it.
CHOICE, MOST_CHOICE = 100, 1000

# The search of one input.
Propose = Callable[[Scene, Room, int], Search]


@dataclass(frozen=True)
class Asking:
    """What a method was asked to explain."""

    model: Classifier
    inputs: Tensor
    targets: Targets
    seed: int


class Opened(NamedTuple):
    """A question, the model's `scores` (B, K) of its inputs, and when it was asked, by the clock of `perf_counter`."""

    q: Question
    scores: Tensor
    start: float


@contextmanager
def opened(explainer: Explainer, asking: Asking) -> Iterator[Opened]:
    """Open the question of a method."""
    seen: list[Tensor] = []
    start = time.perf_counter()

    def scorer(model: ClassifierAdapter, inputs: Tensor) -> Tensor:
        seen.append(shared_scores(model, inputs))
        return seen[-1]

    with question(explainer, asking.model, asking.inputs, asking.targets, seed=asking.seed, scorer=scorer) as q:
        yield Opened(q, seen[0], start)


@contextmanager
def scene_of(explainer: Explainer, wishes: Wishes, asking: Asking) -> Iterator[Scene]:
    """Open the question of a method, and everything that its searches share."""
    with opened(explainer, asking) as (q, scores, start):
        yield Scene(q, wishes, scores, start)


def hunted(scene: Scene, propose: Propose) -> Counterfactuals:
    """The answer of a method that proposes so."""
    searches = [_whole_search(scene, propose, index) for index in range(len(scene.hunts))]
    Drive(scene.hunts, searches).run(scene.answers)
    return finished(scene)


def _whole_search(scene: Scene, propose: Propose, index: int) -> Search:
    hunt = scene.hunts[index]
    if int(scene.goals[index]) == int(scene.predicted[index]) or not len(hunt.room):
        return
    yield from propose(scene, hunt.room, index)
    if scene.wishes.posthoc_sparsity_param is None:
        return
    if len(rows := chosen(scene, hunt, SPARE).rows):
        yield from undone(hunt.room, rows, _undoable(scene, hunt.room, rows))
        yield from tightened(hunt.room, chosen(scene, hunt, SPARE).rows)


def _undoable(scene: Scene, room: Room, rows: Tensor) -> Tensor | None:
    limits = scene.undoable(room)
    if limits is None:
        return None
    allowed = torch.ones(len(rows), len(room), dtype=torch.bool, device="cpu")
    numbers = room.numbers
    allowed[:, : len(numbers)] = (rows[:, numbers].double() - room.value[numbers]).abs() <= limits[: len(numbers)]
    return allowed


def chosen(scene: Scene, hunt: Hunt, spare: int = 0) -> Asked:
    """The set of what was found that is best by proximity and diversity, nearest first."""
    found, wishes = hunt.found(), scene.wishes
    found = Asked(*(part[: max(min(CHOICE * wishes.total_CFs, MOST_CHOICE), wishes.total_CFs)] for part in found[:3]))
    distances = lambda one: scene.space.between(found.rows[one : one + 1], found.rows)[0]  # noqa: E731 - one line, used once
    k = wishes.total_CFs + spare
    places = sorted(diverse_choice(found.costs, distances, k, wishes.proximity_weight, wishes.diversity_weight))
    return Asked(found.rows[places], found.merits[places], found.costs[places])


def finished(scene: Scene) -> Counterfactuals:
    """The answer: every chosen row asked about once more, in the form in which it is handed out."""
    k, inputs = scene.wishes.total_CFs, scene.inputs
    rows = inputs[:, None].repeat(1, k, 1)
    held = torch.zeros(len(inputs), k, dtype=torch.bool, device="cpu")
    for index, hunt in enumerate(scene.hunts):
        mine = chosen(scene, hunt).rows
        rows[index, : len(mine)], held[index, : len(mine)] = mine, True
    scores = scene.q.model(rows.flatten(0, 1).to(scene.q.query.inputs))
    goals = scene.goals.repeat_interleave(k).to(scores.device)
    flips = (scores.argmax(1) == goals).cpu().view(held.shape)
    _say(scene, rows, held, flips)
    device = scene.q.query.inputs.device
    return scene.q.counterfactuals(
        rows.to(device), scene.goals.to(device), scores.gather(1, goals[:, None]).view(held.shape), (held & flips).to(device)
    )


def _say(scene: Scene, rows: Tensor, held: Tensor, flips: Tensor) -> None:
    """What was not found and why, what was cut short, and what is a row of the background."""
    unsteady = (held & ~flips).any(1)
    for index, hunt in enumerate(scene.hunts):
        count = int((held & flips)[index].sum())
        if reason := _shortfall(scene, hunt, index, count):
            scene.q.note(Note("warn", reason, (index,)))
        if unsteady[index]:
            scene.q.note(Note("warn", "the model decides a found row otherwise when it is asked about it again", (index,)))
        if scene.answers.over and not hunt.done:
            text = f"the search ended when the {scene.wishes.max_seconds:g} s were over: there may be nearer counterfactuals"
            scene.q.note(Note("warn", text, (index,)))
        known = [int(place) for place in held[index].nonzero().flatten() if _is_known(rows[index, place], scene.background)]
        if known:
            which = "the counterfactual is a row" if rows.shape[1] == 1 else f"{len(known)} of the counterfactuals are rows"
            text = f"{which} of the background, value for value: whoever sees it sees a known case"
            scene.q.note(Note("ok", text, (index,)))


def _shortfall(scene: Scene, hunt: Hunt, index: int, count: int) -> str:
    """Why fewer were found than asked for; empty where none is missing."""
    if count >= scene.wishes.total_CFs:
        return ""
    goal = int(scene.goals[index])
    name = scene.q.query.class_names[goal] if scene.q.query.class_names else str(goal)
    if goal == int(scene.predicted[index]):
        return f"nothing has to change: the prediction is {name} already"
    if not len(hunt.room):
        return "not found: every feature is frozen, so nothing may change"
    if not count:
        return f"not found: no row that was tried within what may change is predicted as {name}"
    return f"{count} of {scene.wishes.total_CFs} counterfactuals were found: no other row that was tried reaches {name}"


def _is_known(row: Tensor, background: Tensor) -> bool:
    return bool((background == row).all(1).any())
