"""What a command tells: answers on standard output, what has to be said beside them on standard error."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table


def tell(
    summary: Callable[[], Any], table: Callable[[], "Table"], written: Sequence[Path], notes: Sequence[str], *, as_json: bool
) -> None:
    """The answer, as JSON or as a table with the paths of what was written; the notes beside it."""
    for note in notes:
        typer.echo(note, err=True)
    if as_json:
        print_json(summary())
    else:
        show(table())
        say_written(written)


def show(table: "Table") -> None:
    """As wide as the terminal; in files and pipes nothing is folded."""
    from rich.console import Console

    from xaivision.report.table import as_text

    console = Console()
    if console.is_terminal:
        console.print(table)
    else:
        typer.echo(as_text(table), nl=False)


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, allow_nan=False))


def say_written(paths: Sequence[Path]) -> None:
    typer.echo("Written: " + ", ".join(str(path) for path in paths))
