"""Decision boundary: the way to the nearest flip, edit by edit, with what the model says after each."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Note
from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import Targets
from xaivision.engines.counterfactuals.edit_paths import few_edits, length, ordered
from xaivision.engines.counterfactuals.rooms import by_owner
from xaivision.engines.counterfactuals.searching import Search, of_one, side_by_side
from xaivision.engines.counterfactuals.undoing import Rows, undone
from xaivision.explainers.counterfactuals.hunting import Asking, handed_out, scene_of, until_it_lasts
from xaivision.explainers.counterfactuals.limits_told import limit_notes
from xaivision.explainers.counterfactuals.scene import Scene
from xaivision.explainers.counterfactuals.shortfall import none_found
from xaivision.explainers.counterfactuals.wishes import Wishes
from xaivision.explainers.rows_in_words import change_words, class_words


@dataclass(frozen=True, eq=False, repr=False)
class DecisionBoundary(Wishes):
    """The way from each row to the nearest one with the class to reach, among `samples` rows with up to `most_edits` values
    taken from known ones: nearest are few edits, then a small square of their cost.

    Edits that the flip does not need are taken back. They are then told one by one, always the one that moves the score least
    next, so that the last one is what leads to the class. Where there are more than two, an edit before it may lead to a third:
    a warning says so, since the last edit taken back does not restore the prediction then. Of the settings of `Wishes`
    `total_CFs` and those of diversity say nothing here: there is one way for each row.
    """

    about: ClassVar[About] = About(
        name="decision_boundary",
        answers="Edit by edit, what leads from this row to the nearest one of another class, and how near is it after each?",
        misleads="It is the nearest of the rows that were drawn, and the order is one of many. A way of one edit says no more "
        "than that this edit is enough.",
        cost="`samples` forwards (2000 by default), 1 a changed value and step, and 1 an example of the background where asked",
        source="Hase and Bansal, ACL 2020, arXiv:2005.01831",
        needs=Access.SCORES,
        domains=("tabular",),
    )

    samples: int = 2000
    most_edits: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive_integer("samples", self.samples)
        check_positive_integer("most_edits", self.most_edits)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Counterfactuals:
        """(B, most_edits, F) the row after each edit; the last one, where `found` says that the class is reached, is repeated
        where the way is shorter. `scores` are those of the class to reach, after each edit: the evidence.
        """
        with scene_of(self, self, Asking(model, inputs, targets, seed)) as scene:
            ways: dict[int, Tensor] = {}
            if self.cost is None:
                scene.hunts.cost = by_owner([partial(length, room) for room in scene.rooms.each])
            searches = [self._whole_search(scene, index, ways) for index in range(len(scene.inputs)) if scene.open(index)]
            scene.hunts.drive(side_by_side(searches), scene.answers)
            return self._answer(scene, ways)

    def _whole_search(self, scene: Scene, index: int, ways: dict[int, Tensor]) -> Search:
        """Until the end of the way is a row that lasts, where that is asked for."""
        return until_it_lasts(
            scene,
            torch.full((1,), index, device="cpu"),
            lambda _: of_one(index, self._search(scene, index, ways)),
            lambda _: scene.hunts.found(index).taken(torch.arange(len(ways.get(index, ())[:1]), device="cpu")),
        )

    def _search(self, scene: Scene, index: int, ways: dict[int, Tensor]) -> Search:
        room, hunts = scene.rooms.each[index], scene.hunts
        yield from few_edits(room, scene.background, self.samples, self.most_edits, scene.generator())
        if len(nearest := hunts.found(index).rows[:1]):
            yield from undone(Rows(scene.rooms, nearest, torch.full((1,), index, device="cpu")))
            ways[index] = yield from ordered(room, hunts.found(index).rows[0])
        else:
            ways.pop(index, None)

    def _answer(self, scene: Scene, ways: dict[int, Tensor]) -> Counterfactuals:
        """Every row of every way asked about once more, in the form in which it is handed out."""
        steps, inputs = self.most_edits, scene.inputs
        rows = inputs[:, None].repeat(1, steps, 1)
        last = torch.full((len(inputs),), -1, device="cpu")
        for index, way in ways.items():
            last[index] = len(way) - 1
            rows[index] = way[torch.arange(steps, device="cpu").clamp_max(len(way) - 1)]
        q = scene.q
        scores = q.model(rows.flatten(0, 1).to(q.query.inputs))
        goals = scene.goals.repeat_interleave(steps).to(scores.device)
        reached = scores.argmax(1).cpu().view(rows.shape[:2])
        found = (reached == scene.goals.cpu()[:, None]) & (torch.arange(steps, device="cpu") == last[:, None])
        told = scores.gather(1, goals[:, None]).view(found.shape)
        for index, place in found.nonzero().tolist():
            found[index, place] = bool(scene.holds(index, rows[index, place, None]))
        for note in limit_notes(scene, rows, found):
            q.note(note)
        for index in range(len(inputs)):
            q.note(_told(scene, index, rows[index, : int(last[index]) + 1], told[index], bool(found[index].any())))
            if bool(found[index].any()):
                _warn_of_others(scene, index, reached[index, : int(last[index])].tolist())
            for text in scene.survival_words(index, rows[index][found[index]]):
                q.note(Note("ok", text, (index,)))
        return handed_out(scene, rows, told, found)


def _told(scene: Scene, index: int, way: Tensor, scores: Tensor, found: bool) -> Note:
    """The way in words, or why there is none."""
    if not found:
        return Note("warn", none_found(scene, index, f"no row with up to {len(scores)} edits that was tried"), (index,))
    query, name = scene.q.query, class_words(scene.q.query, int(scene.goals[index]))
    before, steps = scene.inputs[index], []
    for place, row in enumerate(way):
        steps.append(f"{change_words(query, before, row)} ({float(scores[place]):.3g})")
        before = row
    return Note("ok", f"the way to {name}, with its {query.score_unit} after each edit: {'; '.join(steps)}", (index,))


def _warn_of_others(scene: Scene, index: int, reached: list[int]) -> None:
    """Where a step before the last one has left the prediction already, for a third class or for the one to reach."""
    predicted, query = int(scene.predicted[index]), scene.q.query
    astray = [place for place, label in enumerate(reached) if label != predicted]
    if astray and reached[astray[0]] == int(scene.goals[index]):
        goal = class_words(query, reached[astray[0]])
        scene.q.note(Note("ok", f"step {astray[0] + 1} leads to {goal} already: the rest is for what else is wished", (index,)))
    elif astray:
        other, own = class_words(query, reached[astray[0]]), class_words(query, predicted)
        text = (
            f"step {astray[0] + 1} leads to {other} already: the last edit reaches the class, and is not what turns it from {own}"
        )
        scene.q.note(Note("warn", text, (index,)))
