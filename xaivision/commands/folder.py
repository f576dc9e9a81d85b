"""The folder that a command writes its results into."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xaivision.core.errors import InputError


def check_folder(path: Path) -> None:
    """Before any work, so that none is lost. Raises: InputError, where the path is a file, lies below one, or is read-only."""
    above = next(one for one in (path, *path.absolute().parents) if one.exists())
    if not above.is_dir():
        below = "" if above == path else f", below which {path} cannot be made"
        raise InputError(f"`--output` must be a folder. Got the file {above}{below}.")
    if not os.access(above, os.W_OK | os.X_OK):
        raise InputError(f"`--output` must be a folder that can be written to. {above} cannot be. Name another one.")


def made_folder(folder: Path) -> Path:
    """The folder, made where there was none."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_result(result: Any, titles: Sequence[str], folder: Path, name: str, *, report: bool = False) -> list[Path]:
    """Paths of the files written: the result, a figure for each title (one for scores), and a report where one is wanted."""
    from xaivision.core.whole_file import write_whole
    from xaivision.report.figure import png, write_figures
    from xaivision.report.html import write_html

    made_folder(folder)
    figures = (
        write_figures(result, folder, [f"{name}_{index}" for index in range(len(titles))])
        if titles
        else [write_whole(folder / f"{name}.png", png(result.show()))]
    )
    pages = [write_html(folder / "report.html", [(_title(titles), result)])] if report else []
    return [*pages, result.save(folder / name), *figures]


def _title(titles: Sequence[str]) -> str:
    return titles[0] if len(titles) == 1 else f"{titles[0]} and {len(titles) - 1} more"
