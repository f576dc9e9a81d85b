"""Markdown of what the benchmarks with a known answer found, from the numbers that the command keeps of them."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markdown_tables import table

from xaivision.evaluation.known_answers.decimals import decimals
from xaivision.report.benchmark_gaps import without_numbers
from xaivision.report.benchmark_suite import CEILING, WHY
from xaivision.report.wording import counted

BESIDE = ("AUC moved", "AUC reversed", "Answered", "No answer", "Doubted", "Clearly ahead")
Found = Mapping[str, Any]
HEADS = {"mass": "Mass", "precision": "Precision", "auc": "AUC", "nearness": "1 − EMD", "rank": "Rank", "likeness": "Likeness"}


def findings(result: Path) -> str:
    """How long it took, and every published finding with its numbers."""
    told = _read(result)
    rows = [(f"**{one['standing']}**", one["claim"], one["numbers"], one["source"]) for one in told["findings"]]
    return f"{_opening(told)}\n\n{table(('Here', 'Finding', 'Numbers', 'Source'), rows)}"


def suites(result: Path) -> str:
    """A table for each suite, those of one definition of truth after those of the other, and for each study."""
    told = _read(result)
    ordered = sorted(told["suites"], key=lambda one: one["definition"])
    return "\n\n".join(
        [
            *(_suite(told, one) for one in ordered if told["summaries"][one["name"]]),
            *map(_study, _studies(told)),
            *_not_asked(told),
            *_unanswered(told),
            *_doubted(told),
        ]
    )


def _read(result: Path) -> Found:
    found: Found = json.loads(result.read_text(encoding="utf-8"))
    return found


def _opening(told: Found) -> str:
    methods = {line["method"] for lines in told["summaries"].values() for line in lines if not line["control"]}
    return (
        f"The {told['size']} run, seed {told['seed']}: {len(methods)} methods and their controls, {len(told['questions'])} "
        f"questions. {_took(told)}"
    )


def _took(told: Found) -> str:
    """What this run took, and, where parts of it were taken up, what all answers took, whenever they were given."""
    here = (
        f"It took {told['cpu_seconds'] / 60:.1f} minutes of one core, and {told['seconds'] / 60:.1f} by the clock of a machine "
        "that others used too."
    )
    if not told["taken_up"]:
        return here
    answers = len({(row["question"], row["method"]) for row in told["rows"]})
    whole = f"{told['seconds_of_all'] / 60:.1f} minutes of one core"
    return (
        f"{here} That is not the time of a whole run: {told['taken_up']} parts of it were taken up from before. In all there are "
        f"{answers:,} answers and {len(told['studies'])} studies, which took {whole}, whenever they were given; the training of "
        "models comes to it."
    )


def _suite(told: Found, suite: Found) -> str:
    lines = told["summaries"][suite["name"]]
    scores = [score for score in HEADS if any(score in line["scores"] for line in lines)]
    numbers = [number for number, one in enumerate(told["questions"]) if one["suite"] == suite["name"]]
    found = {line["method"]: _Answered(told, line, numbers) for line in lines}
    ordered = sorted(lines, key=lambda line: (line["control"], not found[line["method"]].whole))
    rows = [
        (_name(line), *(found[line["method"]].cell(score) for score in scores), *found[line["method"]].beside(), _ahead(line))
        for line in ordered
    ]
    sets = dict.fromkeys(told["questions"][one]["set_name"] for one in numbers)
    models = dict.fromkeys(told["questions"][one]["model_name"] for one in numbers)
    heads = ("Method", *(HEADS[score] for score in scores), *BESIDE)
    said = (
        f"{suite['what']}. Truth by **{suite['definition']}**. {counted(len(numbers), 'question')}: {', '.join(sets)}; models: "
    )
    said += f"{', '.join(models)}.{''.join(_ceilings(told, numbers))}"
    return f"### {suite['name'].capitalize()}\n\n{said}\n\n{table(heads, rows)}"


class _Answered:
    """What one method answered of the questions with these numbers."""

    def __init__(self, told: Found, line: Found, numbers: Sequence[int]) -> None:
        self._line, self._asked = line, len(numbers)
        self._inputs = {number: told["questions"][number]["inputs"] for number in numbers}
        self._rows = [row for row in told["rows"] if row["question"] in self._inputs and row["method"] == line["method"]]

    @property
    def whole(self) -> bool:
        """Whether its AUC is over all inputs of all questions."""
        auc = self._of("auc")
        return len(auc) == self._asked and not any(row["undefined"] for row in auc)

    def cell(self, score: str) -> str:
        """The mean with its interval, and over how many inputs it is where it is not over all that were answered."""
        rows = self._of(score)
        inputs, undefined = sum(self._inputs[row["question"]] for row in rows), sum(row["undefined"] for row in rows)
        over = f", {inputs - undefined} of {inputs} inputs" if 0 < undefined < inputs else ""
        return f"{_cell(self._line['scores'].get(score))}{over}"

    def beside(self) -> Sequence[str]:
        """The mean AUC of the map moved by a cell, that against the truth reversed, how many questions were answered, how many of
        the maps are no answer, and how many are doubted.
        """
        auc = self._of("auc")
        means = [_mean([row[name] for row in auc]) for name in ("shifted", "reversed_truth")]
        counts = {told: sum(row.get(name, 0) for row in auc) for name, told in (("refused", "refused"), ("silent", "flat"))}
        nothing = "" if self._line["control"] else ", ".join(f"{count} {told}" for told, count in counts.items() if count)
        doubted, inputs = sum(row.get("doubted", 0) for row in auc), sum(self._inputs[row["question"]] for row in auc)
        told = f"{doubted} of {inputs}" if doubted and not self._line["control"] else ""
        return *means, f"{len(auc)} of {self._asked}", nothing, told

    def _of(self, score: str) -> list[Found]:
        return [row for row in self._rows if row["score"] == score]


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{sum(known) / len(known):.2f}" if known else "undefined"


def _ceilings(told: Found, numbers: Sequence[int]) -> list[str]:
    """A sentence for each control that has all of the truth in some question without looking at the model."""
    found: dict[str, list[str]] = {}
    for row in told["rows"]:
        if row["question"] in numbers and row["score"] == "auc" and row["method"] in WHY and f"{row['mean'] or 0:.2f}" == CEILING:
            asked = told["questions"][row["question"]]
            found.setdefault(row["method"], []).append(f"{asked['set_name']} / {asked['model_name']}")
    return [
        f" The control `{control}`, which never looks at the model, has an AUC of {CEILING} in {', '.join(where)}: "
        f"{WHY[control]}, and no method can be clearly ahead there."
        for control, where in found.items()
    ]


def _name(line: Found) -> str:
    return f"control `{line['method']}`" if line["control"] else f"`{line['method']}`"


def _cell(one: Found | None) -> str:
    if one is None:
        return ""
    if one["mean"] is None:
        return "undefined"
    low, high = one["interval"]
    mean = decimals(one["mean"], 2)
    return mean if low is None else f"{mean} ({decimals(low, 2)} to {decimals(high, 2)})"


def _ahead(line: Found) -> str:
    auc = line["scores"]["auc"]
    return "" if line["control"] else f"{auc['clear']} of {auc['questions']}"


def _unanswered(told: Found) -> Sequence[str]:
    """Who did not answer and why, each reason once for all who gave it; nothing where all answered."""
    found: dict[str, dict[str, list[str]]] = {}
    for question, method, why in told["unanswered"]:
        shown = re.sub(rf"`{method}`", "it", why)
        found.setdefault(_first_sentences(shown), {}).setdefault(method, []).append(question)
    rows = [
        (", ".join(f"`{name}`" for name in methods), why, len({one for asked in methods.values() for one in asked}))
        for why, methods in found.items()
    ]
    if not rows:
        return ()
    why = "Each reason once, with N for numbers that differ from question to question."
    return (f"### Who did not answer\n\n{why}\n\n{table(('Methods', 'Why', 'Questions'), rows)}",)


def _doubted(told: Found) -> Sequence[str]:
    """Whose maps the library warns of and why, each reason once; nothing where it warns of none."""
    found: dict[tuple[str, str], int] = {}
    for one in told.get("doubted", ()):
        for why, count in one["reasons"].items():
            key = (f"`{one['method']}`", without_numbers(why))
            found[key] = found.get(key, 0) + count
    if not found:
        return ()
    why = "Maps that the library warns of: they have a score, which counts like all others. N stands for numbers."
    rows = [(*key, count) for key, count in found.items()]
    return (f"### Whose maps are doubted\n\n{why}\n\n{table(('Method', 'Why', 'Maps'), rows)}",)


def _first_sentences(why: str) -> str:
    """What is wrong, with numbers that differ from question to question left out: the numbers file has them."""
    return without_numbers(" ".join(re.split(r"(?<=\.) ", why)[:2]))


def _not_asked(told: Found) -> Sequence[str]:
    """Networks that have not learned their set, with the accuracy that they reached; nothing where all have."""
    rows = [(one["set_name"], one["model_name"], f"{one['accuracy']:.2f}") for one in told["unlearned"]]
    if not rows:
        return ()
    why = "Models that are right about fewer than 80 % of the tested inputs, and were not asked."
    return (f"### Not asked\n\n{why}\n\n{table(('Set', 'Model', 'Accuracy'), rows)}",)


def _studies(told: Found) -> Sequence[Found]:
    return list(told["studies"].values())


def _study(study: Found) -> str:
    rows = [(label, *("" if one is None else decimals(one, 3) for one in numbers)) for label, numbers in study["rows"]]
    notes = " ".join((*study["notes"], f"Source: {study['source']}."))
    return f"### {study['title']}\n\n{notes}\n\n{table(('', *study['heads']), rows)}"
