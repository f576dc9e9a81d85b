"""Markdown of what was measured on sonar pictures, from the result files of `benchmarks/sonar_*.py`."""

import json
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

from markdown_tables import table

SETS = {
    "simulated": "generated (`sonar48`)",
    "six_classes": "six classes",
    "victims": "drowned victims",
    "debris": "marine debris",
}
FILLS = {"segment_mean": "segment mean"}


def segmentations(result: Path) -> str:
    """LIME by segmentation and fill: a row for each, below how good each set's classifier is."""
    found = json.loads(result.read_text(encoding="utf-8"))
    known = [(SETS[name], one) for name, one in found["sets"].items()]
    sets = "; ".join(f"{name} {one['balanced_accuracy']:.2f} at {one['side']} pixels" for name, one in known)
    rows = sorted(found["rows"], key=lambda row: (list(SETS).index(row["set"]), row["segmentation"], row["fill"]))
    told = [
        (
            f"{SETS[row['set']]} ({row['pictures']})",
            row["segmentation"],
            FILLS.get(row["fill"], row["fill"]),
            f"{row['segments']:.1f}",
            f"{row['fit']:.2f}",
            f"{_share(row['top_drop'])} / {_share(row['random_drop'])}",
            _share(row["inside"]),
            _share(row["area"]),
            f"{row['repeatable']:.2f}",
        )
        for row in rows
    ]
    heads = (
        "Pictures",
        "Segmentation",
        "Fill",
        "Segments",
        "Local R2",
        "Drop without the top 5 / 5 by chance",
        "Target's share of the top 5",
        "Target's share of the area",
        "Top 5 that come again",
    )
    return f"Balanced accuracy of the classifiers: {sets}.{_missing(rows)}\n\n{table(heads, told)}"


def _missing(rows: Sequence[Mapping[str, Any]]) -> str:
    """How many cells are not there, where any are."""
    cells = prod(len({row[of] for row in rows}) for of in ("set", "segmentation", "fill"))
    if len(rows) == cells:
        return ""
    return f" {len(rows)} of {cells} cells are measured; `python -m benchmarks sonar_segmentations` goes on with the others."


def masks(result: Path) -> str:
    """For each set, how much of each method's map lies on the target, best first, controls marked."""
    found = json.loads(result.read_text(encoding="utf-8"))["sets"]
    return "\n\n".join(_masks(SETS[name].capitalize(), one) for name, one in found.items())


def baselines(result: Path) -> str:
    """How far each fill leads off the data, by pixels and by blocks."""
    rows = [
        (
            f"{SETS[row['set']]} ({row['inputs']})",
            row["fill"],
            *(cell for way in ("pixels", "blocks") for cell in _shift(row[way])),
        )
        for row in json.loads(result.read_text(encoding="utf-8"))["rows"]
    ]
    heads = ("Pictures", "Fill", "AUC, pixels", "Distance, pixels", "AUC, blocks", "Distance, blocks")
    return table(heads, rows)


def shortcuts(result: Path) -> str:
    """What the shortcut report found in each set: a row for each property, then what the model does with it."""
    found = json.loads(result.read_text(encoding="utf-8"))
    return "\n\n".join(f"### {name}\n\n{_findings(one)}\n\n{_uses(one)}" for name, one in found.items())


def _masks(name: str, one: Mapping[str, Any]) -> str:
    said = (
        f"{name}: {one['pictures']} pictures with a mask of a target, each asked about by a network that learned from other "
        f"folds (balanced accuracy {one['balanced_accuracy']:.2f}, {one['classes']} classes); {one['right']} are named "
        f"rightly. Targets cover {one['area']:.1%}."
    )
    rows = [
        (
            f"{'control ' if row['control'] else ''}`{row['method']}`",
            *(_bounded(row[score]) for score in ("mass", "rank", "pointing")),
            f"{row['named_rightly']['mass']:.2f} / {row['named_rightly']['rank']:.2f}",
            str(row["doubted"]),
        )
        for row in sorted(one["rows"], key=lambda row: -row["mass"]["mean"])
    ]
    heads = ("Method", "Mass accuracy", "Rank accuracy", "Pointing game", "Mass / rank, named rightly", "Verdicts not ok")
    return f"{said}\n\n{table(heads, rows)}"


def _findings(one: Mapping[str, Any]) -> str:
    rows = [
        (
            found["probe"].replace("_", " "),
            found["strength"],
            "" if found["accuracy"] is None else _interval(found["accuracy"], found["interval"]),
            ", ".join(f"{part['name']} {part['share']:.2f}" for part in found["recalls"]),
            "; ".join(f"{a} and {b}" for a, b, _ in found["apart"][:3]) + (" ..." if len(found["apart"]) > 3 else ""),
        )
        for found in one["findings"]
    ]
    counts = ", ".join(f"{name} {count}" for name, count in one["counts"].items())
    heads = ("Property alone", "Found", "Balanced accuracy", "Recall", "Told apart")
    return f"{one['pictures']} pictures: {counts}.\n\n{table(heads, rows)}"


def _uses(one: Mapping[str, Any]) -> str:
    rows = []
    for use in one["uses"]:
        misled, removed = use["misled"], use["removed"]
        masses = ", ".join(f"{mass['method']} {mass['mass']:.2f}" for mass in use["masses"])
        rows.append(
            (
                use["probe"].replace("_", " "),
                f"{misled['pictures']}: {_share(misled['accuracy'])}" if misled["pictures"] else "none",
                _share(misled["accuracy_of_others"]),
                "" if removed is None else f"{removed['pictures']}: {removed['before']:.2f} to {removed['after']:.2f}",
                "" if removed is None else _share(removed["elsewhere"]),
                masses and f"{masses} (area {use['masses'][0]['area']:.2f})",
            )
        )
    heads = (
        "Property",
        "Model right where it misleads",
        "Where it does not",
        "With and without it",
        "As much changed elsewhere",
        "Relevance there",
    )
    said = f"The model, asked about {one['asked']} test pictures, is right on {one['model_accuracy']:.0%}."
    return f"{said}\n\n{table(heads, rows)}"


def _shift(told: Mapping[str, Any]) -> tuple[str, str]:
    return _interval(told["auc"], told["interval"]), f"{told['ratio']:.2f}"


def _bounded(told: Mapping[str, Any]) -> str:
    low, high = told["interval"]
    return _interval(told["mean"], (max(low, 0.0), min(high, 1.0)))


def _interval(value: float, interval: Any) -> str:
    return f"{value:.2f} [{interval[0]:.2f}, {interval[1]:.2f}]"


def _share(value: float | None) -> str:
    """Two digits, none of them of a negative nothing."""
    return "" if value is None else f"{round(value, 2) + 0.0:.2f}"
