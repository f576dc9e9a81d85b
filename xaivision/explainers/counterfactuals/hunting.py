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
from xaivision.engines.counterfactuals.searching import HELPING, Found, Search, of_one, places_within, row_keys, side_by_side
from xaivision.engines.counterfactuals.space import Room
from xaivision.engines.counterfactuals.undoing import Narrowing, Rows, tightened, undone
from xaivision.explainers.counterfactuals.costs_told import told_costs
from xaivision.explainers.counterfactuals.limits_told import limit_notes
from xaivision.explainers.counterfactuals.scene import Scene
from xaivision.explainers.counterfactuals.shortfall import shortfall
from xaivision.explainers.counterfactuals.strangeness import strange_notes
from xaivision.explainers.counterfactuals.wishes import Wishes

# Candidates beyond those wanted that are freed of what they do not need: some become equal by it.
SPARE = 2
# Candidates for each wanted one among which a set is chosen, and most of them, the cheapest ones: farther ones are hardly ever
# in it.
CHOICE, MOST_CHOICE = 100, 1000

# How often more is asked of rows that deletions, carried out, have broken.
RAISES = 4

# So many rows of each input are reckoned to be made up at a time.
TOGETHER = 200

# The search of several inputs, by their numbers (b,).
Propose = Callable[[Scene, Tensor], Search]


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
    for index in range(len(scene.inputs)):
        scene.hunts.done[index] = not scene.open(index)
    searches = [_whole_search(scene, propose, team) for team in teams(scene)]
    scene.hunts.drive(side_by_side(searches), scene.answers)
    return finished(scene)


def teams(scene: Scene) -> list[Tensor]:
    """The numbers of the inputs that are to become something else, those that are searched for together: what is made up for all
    of them at once must not be too much.
    """
    open_ = torch.tensor([index for index in range(len(scene.inputs)) if scene.open(index)], dtype=torch.int64, device="cpu")
    size = max(1, HELPING // (TOGETHER * scene.inputs.shape[1]))
    return [open_[start : start + size] for start in range(0, len(open_), size)]


def one_by_one(propose: Callable[[Scene, Room, int], Search]) -> Propose:
    """Proposals that are made for each input by itself."""

    def proposed(scene: Scene, owners: Tensor) -> Search:
        mine = [(owner, propose(scene, scene.rooms.each[owner], owner)) for owner in owners.tolist()]
        yield from side_by_side([of_one(owner, search) for owner, search in mine])

    return proposed


def _whole_search(scene: Scene, propose: Propose, owners: Tensor) -> Search:
    yield from until_it_lasts(
        scene, owners, lambda some: _narrowed_search(scene, propose, some), lambda some: chosen(scene, some)
    )
    for owner in owners.tolist():
        scene.hunts.done[owner] = True


def until_it_lasts(scene: Scene, owners: Tensor, search: Callable[[Tensor], Search], picked: Callable[[Tensor], Found]) -> Search:
    """The search for these inputs (b,), and once more with more asked for those of which something is `picked` that deletions,
    carried out, break.
    """
    yield from search(owners)
    for _ in range(RAISES if scene.survivals else 0):
        owners = scene.renewed(picked(owners))
        if not len(owners):
            return
        yield from search(owners)


def _narrowed_search(scene: Scene, propose: Propose, owners: Tensor) -> Search:
    yield from propose(scene, owners)
    if scene.wishes.posthoc_sparsity_param is None:
        return
    found = chosen(scene, owners, SPARE)
    if not len(found.rows):
        return
    yield from _undone(scene, found)
    # The cheapest may now be a row of which one dear change only was taken back. Of the others all that is asked is known.
    yield from _undone(scene, chosen(scene, owners))
    fewer = chosen(scene, owners, SPARE)
    yield from tightened(Rows(scene.rooms, fewer.rows, fewer.owners))
    # Numbers that were moved together may be idle since, and a set may hold rows that were never tried. Each time a row goes.
    while len(owners):
        picked = chosen(scene, owners)
        idle = yield from _undone(scene, picked)
        if not bool(idle.any()):
            return
        owners = scene.hunts.shed(picked.taken(idle.nonzero().flatten()), scene.wishes.total_CFs)


def _undone(scene: Scene, found: Found) -> Narrowing:
    return undone(Rows(scene.rooms, found.rows, found.owners), scene.undoable(found.rows, found.owners))


def chosen(scene: Scene, owners: Tensor, spare: int = 0) -> Found:
    """Of what was found for each of these inputs the set that is best by proximity and diversity, nearest first."""
    found, wishes = scene.hunts.found(), scene.wishes
    counts = torch.bincount(found.owners, minlength=len(scene.inputs))
    most = max(min(CHOICE * wishes.total_CFs, MOST_CHOICE), wishes.total_CFs)
    size = min(most, int(counts[owners].max()))
    if not size:
        return found.taken(owners[:0])
    place = torch.arange(size, device="cpu")
    missing = place >= counts[owners, None]
    places = ((counts.cumsum(0) - counts)[owners, None] + place).masked_fill(missing, 0)
    costs, rows = found.costs[places].masked_fill(missing, torch.inf), found.rows[places]
    sets = torch.arange(len(owners), device="cpu")
    distances = lambda one: scene.space.apart(rows[sets, one, None], rows)  # noqa: E731 - one line, used once
    k = wishes.total_CFs + spare
    numbers = diverse_choice(costs, distances, k, wishes.proximity_weight, wishes.diversity_weight).sort(1).values
    return found.taken(places.gather(1, numbers.clamp_max(size - 1))[numbers < size])


def finished(scene: Scene) -> Counterfactuals:
    """The answer: every chosen row asked about once more, in the form in which it is handed out."""
    k, inputs = scene.wishes.total_CFs, scene.inputs
    rows = inputs[:, None].repeat(1, k, 1)
    held = torch.zeros(len(inputs), k, dtype=torch.bool, device="cpu")
    for owners in teams(scene):
        mine = chosen(scene, owners)
        places = mine.owners, places_within(mine.owners)
        rows[places], held[places] = mine.rows, True
    scores = scene.q.model(rows.flatten(0, 1).to(scene.q.query.inputs))
    goals = scene.goals.repeat_interleave(k).to(scores.device)
    flips = (scores.argmax(1) == goals).cpu().view(held.shape)
    held &= torch.stack([scene.holds(index, rows[index]) for index in range(len(rows))]) | ~flips
    _say(scene, rows, held, flips)
    return handed_out(scene, rows, scores.gather(1, goals[:, None]).view(held.shape), held & flips)


def handed_out(scene: Scene, rows: Tensor, scores: Tensor, found: Tensor) -> Counterfactuals:
    """The answer of a search among rows, with what those (B, k, F) cost that were found."""
    device, costs = scene.q.query.inputs.device, told_costs(scene, rows, found)._asdict()
    more = {name: value.to(device) if isinstance(value, Tensor) else value for name, value in costs.items()}
    return scene.q.counterfactuals(rows.to(device), scene.goals.to(device), scores, found.to(device), **more)


def _say(scene: Scene, rows: Tensor, held: Tensor, flips: Tensor) -> None:
    """What was not found and why, what was cut short, and what is a row of the background."""
    unsteady, counts = (held & ~flips).any(1).tolist(), (held & flips).sum(1).tolist()
    known = (held & flips & _known(rows, scene.background)).sum(1).tolist()
    for note in limit_notes(scene, rows, held & flips):
        scene.q.note(note)
    for index, done in enumerate(scene.hunts.done):
        if unsteady[index]:
            none = "" if counts[index] else "not found: "
            text = f"{none}the model decides a found row otherwise when it is asked about it again"
            scene.q.note(Note("warn", text, (index,)))
        elif reason := shortfall(scene, index, counts[index]):
            scene.q.note(Note("warn", reason, (index,)))
        if scene.answers.over and not done:
            left = "nearer counterfactuals" if counts[index] else "counterfactuals"
            text = f"the search ended when the {scene.wishes.max_seconds:g} s were over: there may be {left}"
            scene.q.note(Note("warn", text, (index,)))
        for text in scene.survival_words(index, rows[index][held[index] & flips[index]]):
            scene.q.note(Note("ok", text, (index,)))
        if known[index]:
            text = f"{_which(known[index], rows.shape[1])} of the background, value for value: whoever sees it sees a known case"
            scene.q.note(Note("ok", text, (index,)))
        if needless := _needless(scene.inputs[index], rows[index][held[index] & flips[index]]):
            text = (
                f"{needless} of the counterfactuals {'holds' if needless == 1 else 'hold'} all changes of another one, and more"
            )
            scene.q.note(Note("ok", f"{text} that are not needed", (index,)))
    for note in strange_notes(scene, rows, held & flips):
        scene.q.note(note)


def _which(count: int, k: int) -> str:
    """So many of the `k` counterfactuals of a row are rows."""
    if k == 1:
        return "the counterfactual is a row"
    return "1 of the counterfactuals is a row" if count == 1 else f"{count} of the counterfactuals are rows"


def _needless(own: Tensor, rows: Tensor) -> int:
    """How many of these different rows (n, F) hold all the changes of another one from the row's `own` values (F,), and more."""
    within = ((rows[:, None] == rows) | (rows == own)).all(2).fill_diagonal_(False)
    return int(within.any(1).sum())


def _known(rows: Tensor, background: Tensor) -> Tensor:
    """(B, k) which of these rows (B, k, F) are rows of the background."""
    known = set(row_keys(background.to(rows.dtype)))
    return torch.tensor([key in known for key in row_keys(rows.flatten(0, 1))], device="cpu").view(rows.shape[:2])
