"""The shortcut report on disk: a page for people, and the same numbers for machines."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from xaivision.core.origin import library_versions
from xaivision.core.whole_file import write_whole
from xaivision.evaluation.shortcuts.report import ShortcutReport
from xaivision.report.rendering import rendered
from xaivision.report.shortcut_page import shortcut_page

PAGE, NUMBERS = "shortcuts.html", "shortcuts.json"
SCHEMA = "xaivision.shortcuts/1"


def write_shortcuts(report: ShortcutReport, folder: Path) -> tuple[Path, ...]:
    """Write `shortcuts.html` and `shortcuts.json` into a folder that is there; their paths."""
    return tuple(write_whole(folder / name, content) for name, content in shortcut_contents(report).items())


def shortcut_contents(report: ShortcutReport) -> dict[str, bytes]:
    """The files by their names."""
    numbers = json.dumps(shortcut_summary(report), indent=1, allow_nan=False) + "\n"
    return {PAGE: shortcut_html(report).encode(), NUMBERS: numbers.encode()}


def shortcut_html(report: ShortcutReport) -> str:
    """The page as text: it needs no network and runs no script."""
    return rendered("shortcuts.html.j2", page=shortcut_page(report), version=library_versions().get("xaivision", ""))


def shortcut_summary(report: ShortcutReport) -> dict[str, Any]:
    """The report as values that JSON can hold; null where there is no number."""
    told: dict[str, Any] = _plain(
        {
            "schema": SCHEMA,
            "data": report.data,
            "pictures": report.pictures,
            "counts": dict(report.counts),
            "groups": report.groups,
            "masked": report.masked,
            "seed": report.seed,
            "left_out": report.left_out,
            "sentences": report.sentences,
            "findings": [asdict(one) for one in report.findings],
            "model": report.model,
            "asked": report.asked,
            "model_accuracy": report.model_accuracy,
            "learned": report.learned,
            "uses": [asdict(one) for one in report.uses],
            "on_target": [asdict(one) for one in report.on_target],
            "refusals": dict(report.refusals),
        }
    )
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
