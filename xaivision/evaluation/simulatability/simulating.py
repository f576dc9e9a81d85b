"""Simulated users predict the model with and without explanations, and with shuffled ones, which must not help."""

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.protocols import Explainer
from xaivision.core.random import generator
from xaivision.core.wrapping import classifier
from xaivision.evaluation.simulatability.cells import cells_of, first_of_equal
from xaivision.evaluation.simulatability.decoding import says_turned
from xaivision.evaluation.simulatability.items import changed_pairs
from xaivision.evaluation.simulatability.parts import shown_rows
from xaivision.evaluation.simulatability.shuffling import said_of, shuffle
from xaivision.evaluation.simulatability.simulated import Simulated, Task
from xaivision.evaluation.simulatability.students import binned, told, untold

# Explained rows that a student learns from, rows that each is asked about, and students.
LEARNED, ASKED = 16, 120
STUDENTS = 20


def simulate(
    task: Task, explainer: Explainer, model: Classifier, rows: Tensor, background: Tensor, *, seed: int = 0
) -> Simulated:
    """How much better the model's predictions for `rows` (n, F) of a table are foretold with explanations than without.

    "counterfactual": of each row one changed row keeps the decision and one turns it, with as many edits; without an explanation
    the answer is always "kept", which is right for exactly half. With it, a fixed rule decodes the explanation of the row,
    never of the changed one. "forward": 20 students learn from 16 explained rows each and are asked about others, of two
    classes alike; explained rows and their equals, and rows that an explanation shows with what the model says, are never asked
    about. `background` (N, F): known rows, for values of changes and for bins.

    Raises: InputError, where the rows are too few or never turn, or the explanations cannot be decoded.
    """
    adapter = classifier(model)
    if rows.ndim != 2 or background.ndim != 2 or rows.shape[1] != background.shape[1] or not len(rows):
        raise InputError("`rows` and `background` must be rows of one table. Got other shapes, or no row.")
    if task == "counterfactual":
        return _counterfactual(explainer, adapter, rows, background, seed)
    if task == "forward":
        return _forward(explainer, adapter, rows, background, seed)
    raise InputError(f"`task` must be 'forward' or 'counterfactual'. Got {task!r}.")


def _counterfactual(explainer: Explainer, model: ClassifierAdapter, rows: Tensor, background: Tensor, seed: int) -> Simulated:
    draw, distinct = generator(seed, "simulated pairs"), rows[first_of_equal(rows).to(rows.device)]
    explained = changed_pairs(model, distinct, background, draw).rows
    explanation = explainer.explain(model, explained, seed=seed)
    barred = torch.cat([explained.cpu(), shown_rows((explanation,))])
    pairs = changed_pairs(model, explained, background, draw, barred)
    control = shuffle(said_of(explanation), generator(seed, "shuffled explanations"))
    alone = float(control.alone[pairs.numbers].double().mean())

    def says(changed: Tensor, shuffled: Tensor | None) -> Tensor:
        asked = explained.clone()  # of rows without a pair that no explanation shows nothing is asked
        asked[pairs.numbers.to(asked.device)] = changed
        return says_turned(explanation, model, asked, shuffled)[pairs.numbers].double()

    def right(kept: Tensor, turned: Tensor) -> Tensor:
        return (1 - kept + turned) / 2

    kept, turned = says(pairs.kept, None), says(pairs.turned, None)
    shuffled = right(says(pairs.kept, control.order), says(pairs.turned, control.order))
    stay = float((1 - kept).sum() / (2 - kept - turned).sum())
    before = torch.full((len(pairs.rows),), 0.5, dtype=torch.float64, device="cpu")
    return Simulated(explainer.about.name, "counterfactual", before, right(kept, turned), shuffled, alone, stay)


def _forward(explainer: Explainer, model: ClassifierAdapter, rows: Tensor, background: Tensor, seed: int) -> Simulated:
    if model.num_classes != 2:
        raise InputError(f"`task` 'forward' needs a model of two classes. This one has {model.num_classes}.")
    predicted, bins = model(rows).argmax(1).cpu(), binned(rows, background)
    cells, free = cells_of(predicted, None, ("class 0", "class 1")), first_of_equal(rows)
    each = min((LEARNED + ASKED) // 2, int(torch.bincount(predicted[free], minlength=2).min()))
    if each < LEARNED:
        raise InputError(f"`rows` must have {LEARNED} different rows of each predicted class at least. Got fewer of one.")
    scores, alone = [], []
    for student in range(STUDENTS):
        draw = generator(seed, "student", student)
        drawn = cells.alike(each, free, draw)
        learned, asked = drawn[:, : LEARNED // 2].flatten(), drawn[:, LEARNED // 2 :].flatten()
        explained = explainer.explain(model, rows[learned.to(rows.device)], seed=seed)
        if not isinstance(explained, Attribution):
            raise InputError("`task` 'forward' needs a method that gives attributions: a student adds up their values.")
        control = shuffle(said_of(explained), draw)
        alone.append(float(control.alone.double().mean()))
        answers = (
            untold(bins[learned], predicted[learned], bins[asked]),
            told(explained, bins[learned], bins[asked]),
            told(explained, bins[learned], bins[asked], control.order),
        )
        scores.append([float((one == predicted[asked]).double().mean()) for one in answers])
    before, after, shuffled = torch.tensor(scores, dtype=torch.float64, device="cpu").unbind(1)
    return Simulated(explainer.about.name, "forward", before, after, shuffled, sum(alone) / STUDENTS)
