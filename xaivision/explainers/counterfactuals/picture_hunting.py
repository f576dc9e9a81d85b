"""One pipeline for counterfactuals of pictures: encode, edit, take back what is not needed, ask about the 8-bit picture."""

from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError
from xaivision.core.generator import Generator, code_words
from xaivision.core.protocols import Explainer
from xaivision.core.question import Question
from xaivision.engines.counterfactuals.edit_paths import length
from xaivision.engines.counterfactuals.greedy_edits import Edits, greedy_edits
from xaivision.engines.counterfactuals.searching import Drive, Hunt, Search
from xaivision.engines.counterfactuals.space import Room
from xaivision.engines.counterfactuals.undoing import tightened, undone
from xaivision.explainers.counterfactuals.answering import Answers, Clock
from xaivision.explainers.counterfactuals.hunting import Asking, Opened, opened
from xaivision.explainers.counterfactuals.picture_codes import Choice, code_row, code_space
from xaivision.explainers.counterfactuals.scene import goals

# Of what was found, so many of the nearest are freed of what they do not need.
NEAREST = 3


class PicturePlan(NamedTuple):
    """Where counterfactuals are looked for, and how long: a generator, what may change, what is to be reached."""

    generator: Generator
    choice: Choice
    desired_class: Literal["opposite"] | int
    most_edits: int
    max_seconds: float | None


def hunted_pictures(explainer: Explainer, plan: PicturePlan, asking: Asking) -> Counterfactuals:
    """The answer of a method that edits codes: (B, 1, C, H, W), what was edited in words, or why nothing was found."""
    with opened(explainer, asking) as started:
        return _PictureHunt(plan, started).answer()


class _PictureHunt:
    """The search in the codes of the pictures of one question."""

    def __init__(self, plan: PicturePlan, started: Opened) -> None:
        self.plan, self.q = plan, started.q
        clock = Clock(plan.max_seconds, started.start)
        self.inputs = self.q.query.inputs.detach().cpu()
        self.predicted = started.scores.argmax(1).cpu()
        self.goals = goals(self.q, plan.desired_class, started.scores).cpu()
        self.codes = [plan.generator.encode(picture) for picture in self.inputs]
        width = max(len(code.values) for code in self.codes)
        rooms = [Room(code_space(code, plan.choice, width), code_row(code, width)) for code in self.codes]
        self.hunts = [Hunt(room, partial(length, room)) for room in rooms]
        device = self.q.query.inputs.device
        self.answers = Answers(self.q, self.goals.to(device), None, clock, self.rendered)
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
        Drive(self.hunts, [self._search(index) for index in range(len(self.hunts))]).run(self.answers)
        pictures, words = self.inputs[:, None].clone(), [""] * len(self.inputs)
        for index, hunt in enumerate(self.hunts):
            found = hunt.found().rows[:1]
            if len(found):
                pictures[index] = self.rendered(torch.tensor([index], device="cpu"), found)
                code = self.codes[index]
                words[index] = "; ".join(code_words(code, found[0, : len(code.values)]))
                if self.answers.over and not hunt.done:
                    text = f"the search ended when the {self.plan.max_seconds:g} s were over: there may be nearer counterfactuals"
                    self.q.note(Note("warn", text, (index,)))
        return asked_again(self.q, pictures, Reached(self.goals, self.predicted, words), self._why_not)

    def _search(self, index: int) -> Search:
        hunt = self.hunts[index]
        if int(self.goals[index]) == int(self.predicted[index]) or self.foreign[index]:
            return
        yield from greedy_edits(hunt.room, Edits(self.plan.most_edits))
        if len(found := hunt.found().rows[:NEAREST]):
            yield from undone(hunt.room, found)
            yield from tightened(hunt.room, hunt.found().rows[:NEAREST])

    def _foreign(self) -> list[bool]:
        """Which pictures the model decides otherwise as the generator makes them: edits of those say nothing of the inputs."""
        own = self.rendered(torch.arange(len(self.hunts), device="cpu"), torch.stack([hunt.room.row for hunt in self.hunts]))
        return [bool(one) for one in self.q.model(own.to(self.q.query.inputs)).argmax(1).cpu() != self.predicted]

    def _why_not(self, index: int) -> Note:
        """What is said where nothing was found."""
        if self.foreign[index]:
            text = "the generator's own version of this picture is decided otherwise, so that its edits say nothing about it"
            return Note("refuse", text, (index,))
        if not len(self.hunts[index].room):
            return Note("warn", "not found: nothing may change", (index,))
        over = f" in the {self.plan.max_seconds:g} s there were" if self.answers.over and not self.hunts[index].done else ""
        text = f"not found: no edit that was tried{over} is decided as {named(self.q, int(self.goals[index]))}"
        return Note("warn", text, (index,))


class Reached(NamedTuple):
    """Of each input the class to reach, the predicted one, and what was edited in words: empty where nothing was found."""

    goals: Tensor
    predicted: Tensor
    words: list[str]


def asked_again(q: Question, pictures: Tensor, reached: Reached, why_not: Callable[[int], Note]) -> Counterfactuals:
    """The answer (B, 1, C, H, W): every picture that was found asked about once more, in the form in which it is handed out."""
    goals = reached.goals.to(q.query.inputs.device)
    shown = pictures.to(q.query.inputs)
    scores = q.model(shown[:, 0])
    held = torch.tensor([bool(one) for one in reached.words], device=goals.device)
    found = (scores.argmax(1).to(goals.device) == goals) & held
    for index, words in enumerate(reached.words):
        if bool(found[index]):
            q.note(Note("ok", f"to reach {named(q, int(goals[index]))}: {words}", (index,)))
        elif int(goals[index]) == int(reached.predicted[index]):
            text = f"nothing has to change: the prediction is {named(q, int(goals[index]))} already"
            q.note(Note("warn", text, (index,)))
        else:
            q.note(why_not(index))
    edits = tuple((words if bool(held) else "",) for words, held in zip(reached.words, found, strict=True))
    shown = torch.where(found.view(-1, 1, 1, 1, 1), shown, q.query.inputs[:, None])
    return q.counterfactuals(shown, goals, scores.gather(1, goals[:, None].to(scores.device)), found[:, None], edits)


def eight_bits(pictures: Tensor) -> Tensor:
    """The pictures as files hold them: 256 levels."""
    return (pictures.clamp(0, 1) * 255).round() / 255


def named(q: Question, number: int) -> str:
    """The name of a class."""
    return q.query.class_names[number] if q.query.class_names else f"class {number}"
