"""One pipeline for counterfactuals of pictures: encode, edit, take back what is not needed, ask about the 8-bit picture."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import softplus

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError
from xaivision.core.generator import Code, Generator, Placing, code_words
from xaivision.core.protocols import Explainer
from xaivision.core.question import Question
from xaivision.engines.counterfactuals.edit_paths import length
from xaivision.engines.counterfactuals.greedy_edits import Edits, greedy_edits
from xaivision.engines.counterfactuals.rooms import by_owner
from xaivision.engines.counterfactuals.searching import Found, Hunts, Search, of_one, side_by_side
from xaivision.engines.counterfactuals.space import Room
from xaivision.engines.counterfactuals.undoing import alone, tightened, undone
from xaivision.explainers.counterfactuals.answering import LEAST_PROBABILITY, Answers
from xaivision.explainers.counterfactuals.hunting import Asking, Opened, opened
from xaivision.explainers.counterfactuals.picture_codes import Choice, code_row, code_space
from xaivision.explainers.counterfactuals.picture_wishes import PictureWishes
from xaivision.explainers.counterfactuals.scene import goals
from xaivision.explainers.search_clock import Clock

# Of what was found, so many of the nearest are freed of what they do not need.
NEAREST = 3
# So many different ones are looked for also where fewer are asked for: the way that looks longest at first may end nearest.
LOOKED_FOR = 3


class PicturePlan(NamedTuple):
    """Where counterfactuals are looked for: a generator, what of its codes may change, and what is wished. Beside two places on
    either side, numbers are tried at so many `across` their range.
    """

    generator: Generator
    choice: Choice
    most_edits: int
    wishes: PictureWishes
    across: int = 0


def hunted_pictures(explainer: Explainer, plan: PicturePlan, asking: Asking) -> Counterfactuals:
    """The answer of a method that edits codes: (B, k, C, H, W), what was edited in words, or why nothing was found."""
    with opened(explainer, asking) as started:
        return _PictureHunt(plan, started).answer()


class _PictureHunt:
    """The search in the codes of the pictures of one question."""

    def __init__(self, plan: PicturePlan, started: Opened) -> None:
        self.plan, self.q, self.wishes = plan, started.q, plan.wishes
        count = len(self.q.query.inputs)
        clock = Clock(self.wishes.max_seconds, started.start, first=1, last=count * self.wishes.total_CFs)
        self.inputs = self.q.query.inputs.detach().cpu()
        self.predicted = started.scores.argmax(1).cpu()
        self.goals = goals(self.q, self.wishes.desired_class, started.scores).cpu()
        self.codes = self._encoded(clock)
        width = max(len(code.values) for code in self.codes)
        self.rooms = [Room(code_space(code, plan.choice, width), code_row(code, width)) for code in self.codes]
        cost = by_owner([partial(length, room) for room in self.rooms])
        self.hunts = Hunts(torch.stack([room.row for room in self.rooms]), by_owner([room.final for room in self.rooms]), cost)
        self.answers = Answers(self.q, self.goals.to(self.q.query.inputs.device), None, clock, self.rendered)
        self.foreign = self._foreign()

    def rendered(self, owners: Tensor, rows: Tensor) -> Tensor:
        """(n, C, H, W) the pictures of these codes (n, D) of the inputs with these numbers (n,), as 8 bits hold them."""
        out = torch.empty(len(rows), *self.inputs.shape[1:], dtype=self.inputs.dtype, device="cpu")
        for owner in sorted(set(owners.tolist())):
            mine = owners == owner
            code = self.codes[owner]
            made = self.plan.generator.decode(code, rows[mine, : len(code.values)])
            if made.shape != out[mine].shape:
                raise InputError(
                    f"`generator` must decode pictures of the inputs' shape {tuple(self.inputs.shape[1:])}. "
                    f"Got {tuple(made.shape[1:])}. Give one that was made for these pictures."
                )
            out[mine] = eight_bits(made.detach().to(out))
        return out

    def answer(self) -> Counterfactuals:
        """Search for all inputs side by side, and ask about what is handed out once more."""
        searches = [of_one(index, self._search(index)) for index in range(len(self.inputs))]
        self.hunts.drive(side_by_side(searches), self.answers)
        pictures = self.inputs[:, None].repeat(1, self.wishes.total_CFs, 1, 1, 1)
        words = [[""] * self.wishes.total_CFs for _ in self.inputs]
        rows = [room.row[None][:0] for room in self.rooms]
        for index, code in enumerate(self.codes):
            found, shown = self._handed_out(index)
            if not len(found):
                continue
            pictures[index, : len(found)], rows[index] = shown, found
            words[index][: len(found)] = ["; ".join(code_words(code, row[: len(code.values)])) for row in found]
            if self.answers.over and not self.hunts.done[index]:
                text = f"the search ended when the {self.wishes.max_seconds:g} s were over: there may be nearer counterfactuals"
                self.q.note(Note("warn", text, (index,)))
        answer = asked_again(self.q, pictures, Reached(self.goals, self.predicted, words), self._why_not)
        return replace(answer, places=self._places(rows, answer.found))

    def _places(self, rows: list[Tensor], found: Tensor) -> Tensor | None:
        """(B, k, 2, H, W) where the objects that these rows edit are, before and after; None if the generator knows of none."""
        generator = self.plan.generator
        if not isinstance(generator, Placing):
            return None
        places = torch.full((*found.shape, 2, *self.inputs.shape[2:]), -1, dtype=torch.int64, device="cpu")
        for index, rank in found.cpu().nonzero().tolist():
            code = self.codes[index]
            places[index, rank] = generator.places(code, rows[index][rank, : len(code.values)])
        return places.to(found.device)

    def _encoded(self, clock: Clock) -> list[Code]:
        """The code of each picture; one that there is no time for has no number, so that nothing of it may change."""
        codes: list[Code] = []
        for picture in self.inputs:
            timely = not codes or clock.left > 0
            codes.append(self.plan.generator.encode(picture) if timely else Code(torch.zeros(0).double(), ()))
        return codes

    def _search(self, index: int) -> Search:
        """One counterfactual after the other, each with none of the edits of those before it."""
        room = self.rooms[index]
        if int(self.goals[index]) != int(self.predicted[index]) and not self.foreign[index] and len(room):
            for number in range(max(LOOKED_FOR, self.wishes.total_CFs)):
                before = self._different(index, number)
                if len(before) < number:
                    break
                yield from self._next(index, room.changed(before).any(0))
        self.hunts.done[index] = True

    def _next(self, index: int, barred: Tensor) -> Search:
        """A counterfactual with none of the `barred` (A,) edits."""
        room = self.rooms[index]
        if not len(self._ranked(index, barred).rows):
            surer = self.wishes.proximity_weight is not None
            yield from greedy_edits(room, Edits(self.plan.most_edits, across=self.plan.across, barred=barred, surer=surer))
        if len(found := self._ranked(index, barred).rows[:NEAREST]):
            yield from undone(alone(room, found))
            yield from tightened(alone(room, self._ranked(index, barred).rows[:NEAREST]))

    def _different(self, index: int, most: int) -> Tensor:
        """(n, D) the best row that was found, the best one with none of its edits, and so on, `most` of them at most."""
        room = self.rooms[index]
        taken: list[Tensor] = []
        barred = torch.zeros(len(room), dtype=torch.bool, device="cpu")
        while len(taken) < most and len(rows := self._ranked(index, barred).rows):
            taken.append(rows[0])
            barred |= room.changed(rows[:1])[0]
        return torch.stack(taken) if taken else room.row[None][:0]

    def _handed_out(self, index: int) -> tuple[Tensor, Tensor]:
        """The rows (n, D) that are wished of the different ones that were found, and their pictures (n, C, H, W): the fewest
        edits first, and of as many what changes the picture less. One is then never farther away than the first of several.
        """
        rows = self._different(index, max(LOOKED_FOR, self.wishes.total_CFs))
        shown = self.rendered(torch.full((len(rows),), index, device="cpu"), rows)
        if self.wishes.proximity_weight is None:
            moved = (shown - self.inputs[index]).abs().flatten(1).mean(1)  # below 1, the least that edits differ by
            order = (self.rooms[index].changed(rows).sum(1) + moved).argsort(stable=True)
            rows, shown = rows[order], shown[order]
        return rows[: self.wishes.total_CFs], shown[: self.wishes.total_CFs]

    def _ranked(self, index: int, barred: Tensor) -> Found:
        """What was found with none of the `barred` (A,) edits, best first."""
        found = self.hunts.found(index)
        found = found.taken(~self.rooms[index].changed(found.rows)[:, barred].any(1))
        if self.wishes.proximity_weight is None:
            return found
        worth = self._doubts(found.merits) + self.wishes.proximity_weight * found.costs
        return found.taken(worth.argsort(stable=True))

    def _doubts(self, merits: Tensor) -> Tensor:
        """(n,) -log of the probability of the class to reach beside the next one, of rows that are so far ahead."""
        if self.q.model.score_unit == "probability":
            return -((1 + merits) / 2).clamp_min(LEAST_PROBABILITY).log()
        return softplus(-merits)

    def _foreign(self) -> list[bool]:
        """Which pictures the model decides otherwise as the generator makes them: edits of those say nothing of the inputs."""
        known = [index for index, code in enumerate(self.codes) if len(code.values)]
        rows = torch.stack([self.rooms[index].row for index in known])
        own = self.rendered(torch.tensor(known, device="cpu"), rows)
        predicted = self.q.model(own.to(self.q.query.inputs)).argmax(1).cpu()
        foreign = [False] * len(self.codes)
        for index, said in zip(known, predicted.tolist(), strict=True):
            foreign[index] = said != int(self.predicted[index])
        return foreign

    def _why_not(self, index: int) -> Note:
        """What is said where nothing was found."""
        if self.foreign[index]:
            text = "the generator's own version of this picture is decided otherwise, so that its edits say nothing about it"
            return Note("refuse", text, (index,))
        unread = not len(self.codes[index].values)
        if not len(self.rooms[index]) and not unread:
            return Note("warn", "not found: nothing may change", (index,))
        cut = unread or (self.answers.over and not self.hunts.done[index])
        over = f" in the {self.wishes.max_seconds:g} s there were" if cut else ""
        text = f"not found: no edit that was tried{over} is decided as {named(self.q, int(self.goals[index]))}"
        return Note("warn", text, (index,))


class Reached(NamedTuple):
    """Of each input the class to reach, the predicted one, and what was edited in words (B, k): empty where nothing was found."""

    goals: Tensor
    predicted: Tensor
    words: list[list[str]]


def asked_again(q: Question, pictures: Tensor, reached: Reached, why_not: Callable[[int], Note]) -> Counterfactuals:
    """The answer (B, k, C, H, W): every picture that was found asked about once more, in the form in which it is handed out."""
    shape, goals = pictures.shape[:2], reached.goals.to(q.query.inputs.device)
    shown = pictures.to(q.query.inputs)
    scores = q.model(shown.flatten(0, 1))
    scores = scores.view(*shape, -1)
    held = torch.tensor([[bool(one) for one in words] for words in reached.words], device=goals.device)
    found = (scores.argmax(2).to(goals.device) == goals[:, None]) & held
    edits = tuple(
        tuple(one if kept else "" for one, kept in zip(words, row, strict=True))
        for words, row in zip(reached.words, found.tolist(), strict=True)
    )
    for index, words in enumerate(edits):
        _say(q, reached, index, [one for one in words if one], why_not)
    shown = torch.where(found.view(*shape, 1, 1, 1), shown, q.query.inputs[:, None])
    told = scores.gather(2, goals.to(scores.device)[:, None, None].expand(*shape, 1))[..., 0]
    moved = (shown - q.query.inputs[:, None]).double().abs().flatten(2).mean(2)
    costs = {"costs": moved.masked_fill(~found, torch.nan), "cost_unit": "mean absolute change of a value from 0 to 1"}
    return q.counterfactuals(shown, goals, told, found, edits=edits, **costs)


def _say(q: Question, reached: Reached, index: int, words: list[str], why_not: Callable[[int], Note]) -> None:
    """Why nothing reaches the class, and where fewer were found than asked for."""
    goal = named(q, int(reached.goals[index]))
    if int(reached.goals[index]) == int(reached.predicted[index]):
        q.note(Note("warn", f"nothing has to change: the prediction is {goal} already", (index,)))
    elif not words:
        q.note(why_not(index))
    elif len(words) < (wanted := len(reached.words[index])):
        text = f"{len(words)} of {wanted} counterfactuals were found: nothing else that was tried reaches {goal}"
        q.note(Note("warn", text, (index,)))


def eight_bits(pictures: Tensor) -> Tensor:
    """The pictures as files hold them: 256 levels."""
    return (pictures.clamp(0, 1) * 255).round() / 255


def named(q: Question, number: int) -> str:
    """The name of a class."""
    return q.query.class_names[number] if q.query.class_names else f"class {number}"
