"""Inputs that stand for many on disk: a figure for each, and the numbers for machines."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xaivision.core.whole_file import write_whole
from xaivision.explainers.representatives import SubmodularPick
from xaivision.report.figure import explanation_figure, png

NUMBERS = "pick.json"
SCHEMA = "xaivision.pick/1"


def write_pick(found: SubmodularPick, titles: Sequence[str], folder: Path) -> tuple[Path, ...]:
    """Paths of `pick.json` and of a figure for each picked input, `pick_0.png` the first, in a folder that is there."""
    numbers = json.dumps(pick_summary(found, titles), indent=1, allow_nan=False) + "\n"
    figures = {f"pick_{place}.png": png(explanation_figure(found.explanations, at)) for place, at in enumerate(found.indices)}
    files = {NUMBERS: numbers.encode(), **figures}
    return tuple(write_whole(folder / name, content) for name, content in files.items())


def pick_summary(found: SubmodularPick, titles: Sequence[str]) -> dict[str, Any]:
    """The pick as values that JSON can hold; `importance` is a row for each row of a picture's places, or one of columns."""
    query = found.explanations.query
    names = query.target_names()
    return {
        "schema": SCHEMA,
        "method": found.explanations.method,
        "inputs": len(query),
        "features": found.features,
        "picked": [
            {"index": index, "title": titles[index], "explained": names[index], "covered": covered}
            for index, covered in zip(found.indices, found.coverage, strict=True)
        ],
        "left_out": [{"index": index, "title": titles[index]} for index in found.left_out],
        "importance": found.importance.tolist(),
    }
