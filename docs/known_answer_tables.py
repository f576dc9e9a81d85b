"""Markdown of what the benchmarks with a known answer found, from the numbers that the command keeps of them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markdown_tables import table

Found = Mapping[str, Any]
HEADS = {"mass": "Mass", "precision": "Precision", "auc": "AUC", "nearness": "1 − EMD", "rank": "Rank", "likeness": "Likeness"}


def findings(result: Path) -> str:
    """How long it took, and every published finding with its numbers."""
    told = _read(result)
    rows = [(f"**{one['standing']}**", one["claim"], one["numbers"], one["source"]) for one in told["findings"]]
    return f"{_opening(told)}\n\n{table(('Here', 'Finding', 'Numbers', 'Source'), rows)}"


def suites(result: Path) -> str:
    """A table for each suite, controls last, and for each study."""
    told = _read(result)
    return "\n\n".join(
        [
            *(_suite(told, one) for one in told["suites"] if told["summaries"][one["name"]]),
            *map(_study, _studies(told)),
            *_not_asked(told),
        ]
    )


def _read(result: Path) -> Found:
    found: Found = json.loads(result.read_text(encoding="utf-8"))
    return found


def _opening(told: Found) -> str:
    methods = {line["method"] for lines in told["summaries"].values() for line in lines if not line["control"]}
    taken = f", {told['taken_up']} parts of it taken up from before" if told["taken_up"] else ""
    return (
        f"The {told['size']} run, seed {told['seed']}: {len(methods)} methods and their controls, {len(told['questions'])} "
        f"questions; {told['cpu_seconds'] / 60:.1f} minutes of one core{taken}, and {told['seconds'] / 60:.1f} by the clock of a "
        f"machine that others used too. Answers and studies alone took {told['seconds_of_all'] / 60:.1f} minutes of one core."
    )


def _suite(told: Found, suite: Found) -> str:
    lines = told["summaries"][suite["name"]]
    scores = [score for score in HEADS if any(score in line["scores"] for line in lines)]
    rows = [(_name(line), *(_cell(line["scores"].get(score)) for score in scores), _ahead(line)) for line in lines]
    asked = [one for one in told["questions"] if one["suite"] == suite["name"]]
    sets = dict.fromkeys(one["set_name"] for one in asked)
    models = dict.fromkeys(one["model_name"] for one in asked)
    return (
        f"### {suite['name'].capitalize()}\n\n{suite['what']}. Truth by **{suite['definition']}**. {len(asked)} questions: "
        f"{', '.join(sets)}; models: {', '.join(models)}.\n\n"
        f"{table(('Method', *(HEADS[score] for score in scores), 'Clearly ahead'), rows)}"
    )


def _name(line: Found) -> str:
    return f"control `{line['method']}`" if line["control"] else f"`{line['method']}`"


def _cell(one: Found | None) -> str:
    if one is None:
        return ""
    if one["mean"] is None:
        return "undefined"
    low, high = one["interval"]
    return f"{one['mean']:.2f}" if low is None else f"{one['mean']:.2f} ({low:.2f} to {high:.2f})"


def _ahead(line: Found) -> str:
    auc = line["scores"]["auc"]
    return "" if line["control"] else f"{auc['clear']} of {auc['questions']}"


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
    rows = [(label, *("" if one is None else f"{one:.3f}" for one in numbers)) for label, numbers in study["rows"]]
    notes = " ".join((*study["notes"], f"Source: {study['source']}."))
    return f"### {study['title']}\n\n{notes}\n\n{table(('', *study['heads']), rows)}"
