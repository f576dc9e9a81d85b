"""The pages of one user of a study, in the order that they are read in."""

from dataclasses import dataclass
from html import escape

from xaivision.core.query import Query
from xaivision.evaluation.simulatability.key import Key
from xaivision.evaluation.simulatability.pages import Seat, Step, choices_html, page_html, rating_html, steps
from xaivision.evaluation.simulatability.parts import Part
from xaivision.evaluation.simulatability.questions import Questions
from xaivision.evaluation.simulatability.tellings import row_html, told_html
from xaivision.explainers.rows_in_words import class_words

SAVE = "Choose an answer to every question; guess where you do not know. There is no hurry. Then save your answers below."
TITLES = {
    ("forward", "before"): "What will the model say?",
    ("forward", "learn"): "What the model said, and why",
    ("forward", "after"): "What will the model say, now that you have seen examples?",
    ("counterfactual", "before"): "What will the model say of the changed case?",
    ("counterfactual", "after"): "What will the model say, now that you see why?",
}
TASKS = {
    (
        "forward",
        "before",
    ): f"A computer model looks at the values of a case and says what it is. Predict what it will say. {SAVE}",
    ("forward", "learn"): (
        "Here you see what the model said of other cases, and an explanation of each. Read them closely: afterwards you are "
        "asked about the first cases again. Say of each explanation how much it shows you, then save your answers below."
    ),
    (
        "forward",
        "after",
    ): f"These are the cases of part 1 again. Predict what the model will say, with what you have learned. {SAVE}",
    ("counterfactual", "before"): (
        f"Of each case you see what a computer model says of it. Then some values are changed, which are marked. Predict what "
        f"the model says of the changed case: it may stay, or turn. {SAVE}"
    ),
    ("counterfactual", "after"): (
        f"These are the cases of part 1 again, now with an explanation of what the model says of each case as it was. {SAVE}"
    ),
}


@dataclass(frozen=True, eq=False)
class Forms:
    """The pages of a study: `query` is about the rows that are asked about, `labels` those of the explained rows, in words."""

    key: Key
    questions: Questions
    query: Query
    labels: tuple[str, ...] | None

    def pages(self, user: str, told: tuple[Part, ...], sheet: str) -> dict[str, str]:
        """Each page of a user by its file's name; `told`: the explanations that this user sees."""
        seat, task = Seat(self.key.study, user, sheet), self.key.task
        order = self.key.users[user].order
        found = {}
        for step in steps(("before", "learn", "after") if task == "forward" else ("before", "after")):
            if step.name == "learn":
                sections = [self._lesson(told, place) for place in range(len(self.questions.explained))]
            else:
                sections = [self._question(step, item, place, told) for place, item in enumerate(order, 1)]
            found[step.file] = page_html(seat, step, TITLES[task, step.name], TASKS[task, step.name], sections)
        return found

    def _question(self, step: Step, item: int, place: int, told: tuple[Part, ...]) -> str:
        heading, choices = f"<h2>Case {place} of {len(self.key.items)}</h2>", self.key.items[item].choices
        row, changed = self.questions.rows[item], self.questions.changed
        if changed is None:
            return heading + row_html(self.query, row) + choices_html(step.name, place, "The model will say", choices)
        said = self._said(class_words(self.query, int(self.query.targets[item])), self.labels[item] if self.labels else None)
        why = told_html(told, item) if step.name == "after" else ""
        asked = choices_html(step.name, place, "Of the changed case the model will say", choices)
        return f"{heading}{row_html(self.query, row, changed[item])}<p>Of the case <b>as it was</b>, {said}</p>{why}{asked}"

    def _lesson(self, told: tuple[Part, ...], place: int) -> str:
        query = told[0].query
        said = self._said(class_words(query, int(query.targets[place])), self.labels[place] if self.labels else None)
        heading = f"<h2>Example {place + 1} of {len(self.questions.explained)}</h2>"
        row = row_html(query, query.inputs[place])
        return f"{heading}{row}<p>Of this case {said}</p>{told_html(told, place)}{rating_html(place + 1)}"

    @staticmethod
    def _said(said: str, label: str | None) -> str:
        truth = "" if label is None else f" In truth it is {escape(label)}."
        return f"the model says <b>{escape(said)}</b>.{truth}"
