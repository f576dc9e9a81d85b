"""The simulation with people: forms to fill in, a key that they do not see, and what their answers say."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.errors import InputError
from xaivision.core.explanation import Explanation
from xaivision.core.narrative import Narrative
from xaivision.core.protocols import Explainer
from xaivision.core.query import Query
from xaivision.core.random import generator
from xaivision.core.rules import Rules
from xaivision.core.whole_file import write_whole
from xaivision.core.wrapping import classifier
from xaivision.evaluation.simulatability.items import balanced
from xaivision.evaluation.simulatability.simulated import Simulated
from xaivision.explainers.rows_in_words import column_words, rule_sentence, turn_sentence, value_words

SCHEMA = "xaivision.study/1"
PHASES = ("before", "after")
SHEET, KEY = "answers.csv", "key.json"
STYLE = (
    "body{font:16px/1.45 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "table{border-collapse:collapse;margin:.5rem 0 1rem}td,th{border:1px solid #bbb;padding:.25rem .6rem;text-align:left}"
    "section{border-top:1px solid #ddd;padding-top:.5rem}.told{background:#f4f6f8;padding:.6rem .8rem}"
)


@dataclass(frozen=True)
class Design:
    """`items` rows are asked about before and after `learned` explained ones, half of them of each predicted class."""

    items: int = 32
    learned: int = 16


def export_study(
    folder: str | Path,
    explainer: Explainer,
    model: Classifier,
    rows: Tensor,
    *,
    design: Design | None = None,
    seed: int = 0,
) -> Path:
    """Write the forward simulation for people into a folder: `before.html`, `learn.html`, `after.html`, `answers.csv` to be
    filled in and `key.json`, which they must not see.

    The model has two classes. Explained rows are never asked about. A line of the sheet is user, phase, item and the class that
    the user expects the model to predict.

    Raises: InputError, where the model has other classes than two, or too few rows of one.
    """
    adapter, plan = classifier(model), design or Design()
    if adapter.num_classes != 2:
        raise InputError(f"`model` must have two classes. This one has {adapter.num_classes}.")
    predicted = adapter(rows).argmax(1).cpu()
    chosen = balanced(predicted, plan.items + plan.learned, generator(seed, "study"))
    halves = [chosen[predicted[chosen] == class_] for class_ in (0, 1)]
    learned = _mixed([one[: plan.learned // 2] for one in halves], seed)
    asked = _mixed([one[plan.learned // 2 :] for one in halves], seed + 1)
    explained = explainer.explain(adapter, rows[learned.to(rows.device)], seed=seed)
    query, names = explained.query, _classes(adapter)
    told = [_words(explained, index) for index in range(len(learned))]
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    questions = [_question(query, rows[number], place, names) for place, number in enumerate(asked.tolist())]
    for phase in PHASES:
        task = (
            f"Guess for every item; there is no hurry. Write into {SHEET}, in its lines of the phase {phase}, your name as "
            f"user and as answer one of: {', '.join(names)}."
        )
        write_whole(out / f"{phase}.html", _page(f"What will the model say? ({phase})", task, questions).encode())
    lessons = [_lesson(query, index, names, told[index]) for index in range(len(learned))]
    task = "Read these examples between the two phases. There is nothing to fill in, and none of them is asked about."
    write_whole(out / "learn.html", _page("What the model said, and why", task, lessons).encode())
    sheet = "user,phase,item,answer\n" + "".join(f"user1,{phase},{place},\n" for phase in PHASES for place in range(len(asked)))
    write_whole(out / SHEET, sheet.encode())
    key = {"schema": SCHEMA, "method": explainer.about.name, "classes": list(names), "right": predicted[asked].tolist()}
    write_whole(out / KEY, json.dumps({**key, "asked": asked.tolist(), "learned": learned.tolist()}, indent=1).encode())
    return out


def import_answers(folder: str | Path, sheets: Sequence[str | Path] = ()) -> Simulated:
    """How much better people predicted the model after the explanations: a block for each item, its mean over the users.

    `sheets`: the filled-in sheets, by default `answers.csv` in the folder.

    Raises: InputError, where the key is missing or an answer is not one of the classes, missing or given twice.
    """
    try:
        key = json.loads((Path(folder) / KEY).read_text(encoding="utf-8"))
        right, names = list(map(int, key["right"])), list(map(str, key["classes"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"`folder` must hold the `{KEY}` that `export_study` wrote. Got {folder}.") from error
    answers: dict[tuple[str, str, int], bool] = {}
    for sheet in sheets or [Path(folder) / SHEET]:
        _read(Path(sheet), names, right, answers)
    users = sorted({user for user, _, _ in answers})
    means = []
    for phase in PHASES:
        missing = [(user, item) for user in users for item in range(len(right)) if (user, phase, item) not in answers]
        if missing or not users:
            what = f"user {missing[0][0]}, {phase}, item {missing[0][1]}" if missing else "everything"
            raise InputError(f"Every item must be answered by every user in both phases. Missing: {what}.")
        means.append([sum(answers[user, phase, item] for user in users) / len(users) for item in range(len(right))])
    before, after = torch.tensor(means, dtype=torch.float64, device="cpu").unbind(0)
    return Simulated(str(key["method"]), "forward", before, after, None, "people")


def _read(sheet: Path, names: list[str], right: list[int], answers: dict[tuple[str, str, int], bool]) -> None:
    with sheet.open(newline="", encoding="utf-8") as stream:
        for line, row in enumerate(csv.DictReader(stream), 2):
            user, phase, item, answer = ((row.get(name) or "").strip() for name in ("user", "phase", "item", "answer"))
            if phase not in PHASES or not item.isdigit() or not int(item) < len(right) or answer not in names:
                raise InputError(
                    f"Line {line} of {sheet.name} must have a phase ({' or '.join(PHASES)}), an item from 0 to {len(right) - 1} "
                    f"and an answer ({' or '.join(names)}). Got {phase!r}, {item!r}, {answer!r}."
                )
            if (user, phase, int(item)) in answers:
                raise InputError(f"Line {line} of {sheet.name} answers item {item} of {user!r} {phase} a second time.")
            answers[user, phase, int(item)] = names.index(answer) == right[int(item)]


def _mixed(halves: list[Tensor], seed: int) -> Tensor:
    both = torch.cat(halves)
    return both[torch.randperm(len(both), generator=generator(seed, "order of items"), device="cpu")]


def _classes(model: ClassifierAdapter) -> tuple[str, ...]:
    return tuple(map(str, model.class_names)) if model.class_names else ("0", "1")


def _words(explained: Explanation, index: int) -> str:
    if isinstance(explained, Narrative):
        return explained.text[index]
    if isinstance(explained, Attribution):
        values = explained.values[index]
        order = values.abs().argsort(descending=True, stable=True)[:5].tolist()
        return ", ".join(f"{column_words(explained.query, column)} {float(values[column]):+.3g}" for column in order)
    if isinstance(explained, Rules):
        return rule_sentence(explained, index)
    if isinstance(explained, Counterfactuals):
        return turn_sentence(explained, index)
    raise InputError("`explainer` must give attributions, rules, counterfactuals or words, which people can read.")


def _table(query: Query, row: Tensor) -> str:
    cells = [(column_words(query, column), value_words(query, column, float(row[column]))) for column in range(len(row))]
    return "<table>" + "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in cells) + "</table>"


def _question(query: Query, row: Tensor, place: int, names: tuple[str, ...]) -> str:
    choices = " or ".join(f"<b>{escape(name)}</b>" for name in names)
    return f"<section><h2>Item {place}</h2>{_table(query, row)}<p>The model will say {choices}?</p></section>"


def _lesson(query: Query, index: int, names: tuple[str, ...], words: str) -> str:
    said = escape(names[int(query.targets[index])])
    return (
        f"<section><h2>Example {index + 1}</h2>{_table(query, query.inputs[index])}"
        f"<p>The model said <b>{said}</b>.</p><p class='told'>{escape(words)}</p></section>"
    )


def _page(title: str, task: str, parts: list[str]) -> str:
    named, view = escape(title), "<meta name='viewport' content='width=device-width'>"
    head = f"<meta charset='utf-8'>{view}<title>{named}</title><style>{STYLE}</style>"
    body = f"<h1>{named}</h1><p>{escape(task)}</p>{''.join(parts)}"
    return f"<!doctype html><html lang='en'><head>{head}</head><body>{body}</body></html>"
