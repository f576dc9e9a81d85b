"""What a command says to the shell that ran it."""

from collections.abc import Sequence

import typer

REFUSED, BAD_INPUT, GATE_FAILED, STOPPED = 1, 2, 3, 130


def exit_with(statuses: Sequence[str]) -> None:
    """Leave with 1 where one of the verdicts is "refuse"."""
    if "refuse" in statuses:
        raise typer.Exit(REFUSED)
