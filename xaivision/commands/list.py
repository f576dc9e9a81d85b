"""`xaivision list`: what there is."""

from typing import Annotated, Any

import typer

from xaivision.commands.telling import print_json, show
from xaivision.options import JsonOption


def list_(
    what: Annotated[str, typer.Argument(help="methods, controls, metrics, models or datasets; all if left out.")] = "",
    name: Annotated[str, typer.Argument(help="One of them: print all that is known of it.")] = "",
    long: Annotated[bool, typer.Option("--long", help="Whole cards.")] = False,
    as_json: JsonOption = False,
) -> None:
    """What there is, by name: one line each, or the whole card of one.

    Example: xaivision list methods occlusion
    """
    from xaivision.terminal import doing, progress

    with progress():
        shelves = doing("reading the cards", lambda: _shelves(what, name, whole=long or bool(name)))
    if as_json:
        print_json(shelves)
        return
    from xaivision.catalog import COST_NOTE, OVERVIEW
    from xaivision.report.table import catalog_table, overview_table

    for shelf, cards in shelves.items():
        note = f"{COST_NOTE} " if "cost" in OVERVIEW[shelf] else ""
        hint = f"{note}`xaivision list {shelf} NAME` prints a whole card."
        show(catalog_table(shelf, cards) if long or name else overview_table(shelf, cards, OVERVIEW[shelf], hint))


def _shelves(what: str, name: str, *, whole: bool) -> dict[str, list[dict[str, Any]]]:
    from xaivision.catalog import catalog, full_cards

    return full_cards(what, name) if whole else catalog(what)
