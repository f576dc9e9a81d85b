"""The pages of one user of a study, in the order that they are read in."""

from xaivision.evaluation.simulatability.parts import Part
from xaivision.evaluation.simulatability.study import Study
from xaivision.explainers.rows_in_words import class_words
from xaivision.report.study_page import Said, Seat, Section, Step, StudyPage, choice_of, rating_of, steps, study_html
from xaivision.report.study_rows import row_of, told_of

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


def study_pages(study: Study, user: str, sheet: str) -> dict[str, str]:
    """Each page of a user by its file's name; `sheet`: that in which a page without scripts is answered."""
    key, reader = study.key, study.key.users[user]
    seat, told, found = Seat(key.study, user, sheet), study.told[reader.arm], {}
    for step in steps(("before", "learn", "after") if key.task == "forward" else ("before", "after")):
        if step.name == "learn":
            sections = [_lesson(study, told, place) for place in range(len(key.explained))]
        else:
            sections = [_case(study, told, step, item, place) for place, item in enumerate(reader.order, 1)]
        page = StudyPage(seat, step, TITLES[key.task, step.name], TASKS[key.task, step.name], tuple(sections))
        found[step.file] = study_html(page)
    return found


def _case(study: Study, told: tuple[Part, ...], step: Step, item: int, place: int) -> Section:
    """One item in the order of a user, at its place."""
    query, changed, choices = study.query, study.questions.changed, study.key.items[item].choices
    heading, row = f"Case {place} of {len(study.key.items)}", query.inputs[item]
    if changed is None:
        return Section(heading, row_of(query, row), choice_of(step.name, place, "The model will say", choices))
    question = choice_of(step.name, place, "Of the changed case the model will say", choices)
    said = Said(class_words(query, int(query.targets[item])), study.label_of(item), before=True)
    why = told_of(told, item) if step.name == "after" else ()
    return Section(heading, row_of(query, row, changed[item]), question, said, why)


def _lesson(study: Study, told: tuple[Part, ...], place: int) -> Section:
    query = told[0].query
    heading, row = f"Example {place + 1} of {len(study.key.explained)}", row_of(query, query.inputs[place])
    said = Said(class_words(query, int(query.targets[place])), study.label_of(place), before=False)
    return Section(heading, row, rating_of(place + 1), said, told_of(told, place))
