"""`xaivision datasets`: sets of pictures that are fetched by name."""

from pathlib import Path
from typing import Annotated, Any

import typer

from xaivision.commands.telling import print_json, say_written, show
from xaivision.options import JsonOption

datasets = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Sets of pictures that are fetched by name.")


@datasets.command("list")
def list_sets(as_json: JsonOption = False) -> None:
    """The sets that can be fetched: what they hold, on what terms, and which are here.

    Example: xaivision datasets list
    """
    from xaivision.data.named_sets.named_set import named_sets
    from xaivision.data.named_sets.obtaining import set_folder

    found = [(one, set_folder(one.name)) for one in named_sets().values()]
    if as_json:
        print_json([_plain(one, folder) for one, folder in found])
        return
    from xaivision.report.sets_table import sets_table

    show(sets_table(found))


@datasets.command("get")
def get_set(
    name: Annotated[str, typer.Argument(help="The set's name; `xaivision datasets list` shows them.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A new folder for it; one in the cache directory if left out.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--from", help="An archive, a folder or an address to take in place of the set's own.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch a set, compare each picture with the set's list, and lay it out with one folder for each class.

    A download that was stopped goes on where it was. Nothing that is fetched is run.

    Example: xaivision datasets get natarajan6
    """
    from xaivision.data.named_sets.named_set import named_set
    from xaivision.data.named_sets.obtaining import obtain_set
    from xaivision.terminal import progress

    with progress():
        found = obtain_set(name, output, source=source)
    wanted = named_set(name)
    if as_json:
        print_json({**_plain(wanted, found.folder), "exact": found.exact, "alike": found.alike})
        return
    typer.echo(
        f"{found.exact + found.alike:,} files of {name} are there: {found.exact:,} byte for byte as listed, {found.alike:,} "
        f"the same pictures in another encoding.\n{wanted.note}.\nLicense: {wanted.license}\nCite: {wanted.citation}"
    )
    say_written([found.folder])


def _plain(one: Any, folder: Path | None) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(one), "folder": None if folder is None else str(folder)}
