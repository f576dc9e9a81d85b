"""`xaivision info`: versions and the machine, or a model."""

from typing import Annotated, Any

import typer

from xaivision.commands.telling import print_json, show
from xaivision.options import JsonOption


def info(
    model: Annotated[str, typer.Option("--model", "-m", help="A model's name: print its card and preflight.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Versions and the machine; with --model, what is known of a model, and which methods are right on it.

    Example: xaivision info --model efficientnet_lite0
    """
    from xaivision.terminal import doing, progress

    with progress():
        facts = doing(f"looking at {model}" if model else "looking around", lambda: _facts(model))
    from xaivision.first_look import plain_preflight, preflight_of
    from xaivision.report.preflight_table import preflight_table
    from xaivision.report.table import facts_table

    if not as_json:
        show(facts_table(facts))  # at once: the preflight of a large network takes seconds
    if model:
        with progress():
            found = doing(f"trying methods on {model}", lambda: preflight_of(model))
        facts["preflight"] = plain_preflight(found)
        if not as_json:
            show(preflight_table(found))
    if as_json:
        print_json(facts)


def _facts(model: str) -> dict[str, Any]:
    from xaivision.first_look import facts_of

    return facts_of(model)
