"""Markdown of how well segmented objects agree with annotated ones, from the result file of `benchmarks/segmented_objects.py`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markdown_tables import table

SETS = {
    "photos": "Photos of COCO 2017",
    "simulated": "Generated sonar (`sonar48`)",
    "victims": "Drowned victims",
    "debris": "Marine debris",
}
HEADS = (
    "Segmenter",
    "IoU at the point of evidence",
    "IoU at random points (how many times as good)",
    "Drop without it / without its shape elsewhere",
    "Drop with it alone / with its shape elsewhere",
)


def objects(result: Path) -> str:
    """For each set and attribution method a sentence on the point, and a row for each segmenter, best first."""
    found = json.loads(result.read_text(encoding="utf-8"))
    parts = []
    for name, one in sorted(found["sets"].items(), key=lambda pair: list(SETS).index(pair[0])):
        for method in dict.fromkeys(row["method"] for row in one["rows"]):
            rows = [row for row in one["rows"] if row["method"] == method]
            parts.append(f"{_said(SETS[name], method, one, rows)}\n\n{table(HEADS, [_row(row) for row in _ordered(rows)])}")
    return "\n\n".join(parts)


def _said(name: str, method: str, one: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    return (
        f"**{name}, `{method}`**: {one['pictures']} pictures, whose objects cover {one['area']:.0%} of them; the point of "
        f"largest evidence lies in the object in {rows[0]['point_in_object']:.0%}."
    )


def _ordered(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(rows, key=lambda row: -row["iou"]["mean"])


def _row(row: Mapping[str, Any]) -> tuple[str, ...]:
    low, high = row["iou"]["interval"]
    return (
        f"`{row['segmenter']}`" if "," not in row["segmenter"] else row["segmenter"],
        f"{row['iou']['mean']:.2f} [{max(low, 0.0):.2f}, {min(high, 1.0):.2f}]",
        _beside_chance(row),
        f"{row['deletion']['mean']:.2f} / {row['shifted_deletion']['mean']:.2f}",
        f"{row['sufficiency']['mean']:.2f} / {row['shifted_sufficiency']['mean']:.2f}",
    )


def _beside_chance(row: Mapping[str, Any]) -> str:
    """What random points give, and how many times as good the point of evidence is; nothing where none were asked about."""
    random = row["random_point_iou"]
    if not random:
        return ""
    ratio = f" ({row['iou']['mean'] / random['mean']:.1f} x)" if random["mean"] > 0 else ""
    return f"{random['mean']:.2f}{ratio}"
