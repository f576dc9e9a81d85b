"""Counterfactuals that lie where no known case of their class does: the model decides them as wished, and that is all."""

from torch import Tensor

from xaivision.core.diagnostics import Note
from xaivision.engines.counterfactuals.crowds import Crowd
from xaivision.explainers.counterfactuals.scene import NEIGHBORS, Scene
from xaivision.explainers.rows_in_words import class_words

# So many known rows are asked about, evenly picked; this share of those of a class lies as close to its nearest as is usual.
MOST_KNOWN, USUAL = 500, 0.95


def strange_notes(scene: Scene, rows: Tensor, found: Tensor) -> list[Note]:
    """About those of the rows (B, k, F) that were found (B, k), by a method that makes rows up anywhere. Nothing, where
    `plausible` asks for known cases nearby, or there is no time.
    """
    known = scene.background[:: -(-len(scene.background) // MOST_KNOWN)]
    idle = not scene.wishes.anywhere or scene.wishes.plausible is not None or not bool(found.any())
    if idle or scene.answers.over or not scene.clock.bears(len(known)):
        return []
    predicted = scene.q.model(known.to(scene.q.query.inputs)).argmax(1).cpu()
    notes, goals = [], scene.goals.tolist()
    crowds = {goal: _crowd(scene, known[predicted == goal]) for goal in set(goals)}
    for index, goal in enumerate(goals):
        crowd = crowds[goal]
        count = 0 if crowd is None else int((crowd.slack(rows[index][found[index]]) < 0).sum())
        if count:
            notes.append(Note("ok", _words(class_words(scene.q.query, goal), count, rows.shape[1]), (index,)))
    return notes


def _crowd(scene: Scene, cases: Tensor) -> Crowd | None:
    """These cases (n, F), where they are enough to say how near is near."""
    crowd = Crowd(scene.space, cases, NEIGHBORS, USUAL) if len(cases) > NEIGHBORS else None
    return crowd if crowd is not None and crowd.limit else None


def _words(goal: str, count: int, k: int) -> str:
    which = "the counterfactual lies" if k == 1 else f"{count} of the counterfactuals lie{'s' if count == 1 else ''}"
    return (
        f"{which} farther from known rows predicted as {goal} than {USUAL:.0%} of these do from each other, and may look like no "
        f"real case: ask for `plausible={USUAL}`"
    )
