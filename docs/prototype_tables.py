"""Tables of what prototypes rest on where it is known, and of how well they do on tables, from the files in `results`."""

import json
from pathlib import Path
from typing import Any

from markdown_tables import table

PLANTED = {"hue": ("red or lime", "amber"), "texture": ("smooth", "rough")}


def planted(result: Path) -> str:
    """A row for each change: its mean score over the trainings in which each property is planted, of each class, and its size."""
    if not result.exists():
        return "Not measured yet: `python -m benchmarks planted_characteristics`."
    found = json.loads(result.read_text(encoding="utf-8"))
    kinds = {name: [row for row in found["rows"] if row["planted"] == name] for name in PLANTED}
    heads = ["change", "changes a pixel by"]
    for name, classes in PLANTED.items():
        heads += [f"{name} planted: score", *classes]
    rows = [
        (name, f"{_mean(found['rows'], 'sizes', number):.3f}", *(cell for own in kinds.values() for cell in _cells(own, number)))
        for number, name in enumerate(found["changes"])
    ]
    told = " ".join(_told(kinds, found["changes"], name) for name in PLANTED)
    return f"{table(heads, rows)}\n\n{told}"


def _told(kinds: dict[str, list[dict[str, Any]]], changes: list[str], name: str) -> str:
    """In how many trainings the planted property comes first, what comes next, and what it has where another is planted."""
    own, number = kinds[name], changes.index(name)
    other = next(rows for kind, rows in kinds.items() if kind != name)
    first = sum(max(row["scores"]) == row["scores"][number] for row in own)
    means = {change: _mean(own, "scores", place) for place, change in enumerate(changes)}
    second = sorted(means, key=lambda change: -means[change] if change != name else 1.0)[0]
    share = _mean(other, "scores", number) / means[name]
    return (
        f"Where the {name} is planted, it has the largest score in {first} of {len(own)} trainings, {second} comes next, and "
        f"where it tells nothing, it has {share:.0%} of that."
    )


def accuracies(result: Path) -> str:
    """A row for each table: both accuracies, and by how many points they differ."""
    if not result.exists():
        return "Not measured yet: `python -m benchmarks table_prototypes`."
    found = json.loads(result.read_text(encoding="utf-8"))
    heads = ("table", "`rbf`", "logistic regression", "difference in points, 95 % interval")
    return table(heads, [_compared(row) for row in found["rows"]])


def _compared(row: dict[str, Any]) -> tuple[str, ...]:
    low, high = row["interval"]
    scores = (f"{100 * row[name]:.1f} %" for name in ("network", "logistic_regression"))
    return (f"`{row['table']}`", *scores, f"{row['points']:+.1f} [{low:+.1f}, {high:+.1f}]")


def _cells(rows: list[dict[str, Any]], number: int) -> tuple[str, ...]:
    each = [row["scores"][number] for row in rows]
    classes = [sum(row["classes"][label][number] for row in rows) / len(rows) for label in (0, 1)]
    return (f"{sum(each) / len(each):.2f} ({min(each):.2f} to {max(each):.2f})", *(f"{one:.2f}" for one in classes))


def _mean(rows: list[dict[str, Any]], name: str, number: int) -> float:
    values = [row[name][number] for row in rows]
    found: float = sum(values) / len(values)
    return found
