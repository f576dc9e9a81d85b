"""`xaivision prototypes`: what a model of prototypes looks for, as a gallery."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xaivision.arguments import row_numbers
from xaivision.commands.folder import check_folder, made_folder
from xaivision.commands.telling import tell
from xaivision.options import JsonOption, LabelOption, OutputOption, RowsOption

if TYPE_CHECKING:
    from xaivision.explainers.prototypes.gallery import PrototypeGallery

CHANGES_HELP = "Properties that are changed, with commas: hue, shape, texture, contrast, saturation, brightness; all if left out."


def prototypes(
    model: Annotated[str, typer.Argument(help="A file of `train --model proto_part` (or another model of prototypes).")],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(help="Pictures or rows to find them in: photos, folders, a CSV file or a data set's name."),
    ] = None,
    k: Annotated[int, typer.Option("--k", help="Prototypes that are shown for each input.")] = 3,
    changes: Annotated[str | None, typer.Option("--changes", help=CHANGES_HELP)] = None,
    rows: RowsOption = "0-9",
    label: LabelOption = None,
    output: OutputOption = Path("xaivision_output"),
    as_json: JsonOption = False,
) -> None:
    """Show what a model looks for: all its prototypes by class, why they are alike, and which it finds in your inputs.

    Example: xaivision prototypes xaivision_output/model.safetensors sonar_pictures/ship
    """
    numbers = row_numbers(rows)
    named = None if changes is None else [name.strip() for name in changes.split(",")]
    check_folder(output)
    gallery, notes = _gallery((model, inputs or []), (numbers, label), named, k)
    from xaivision.report.gallery_files import gallery_summary, write_gallery
    from xaivision.report.gallery_table import gallery_table

    written = write_gallery(gallery, made_folder(output))
    tell(lambda: gallery_summary(gallery), lambda: gallery_table(gallery), written, notes, as_json=as_json)


def _gallery(
    named: tuple[str, list[str]], taken: tuple[list[int], str | None], changes: list[str] | None, k: int
) -> "tuple[PrototypeGallery, tuple[str, ...]]":
    """The gallery, and what is to be said of how the inputs were read."""
    from importlib import import_module

    from xaivision.terminal import doing, progress

    with progress():
        doing("starting", lambda: import_module("xaivision.naming"))  # torch takes seconds to import
        from xaivision.explainers.prototypes.gallery import prototype_gallery
        from xaivision.naming import items_from, model_from

        model = doing(f"loading {named[0]}", lambda: model_from(named[0]))
        called = Path(named[0]).stem
        if not named[1]:
            return prototype_gallery(model, k=k, name=called), ()
        items = doing(f"loading {named[1][0]}", lambda: items_from(named[1], model, *taken))
        return prototype_gallery(model, items.inputs, changes, k=k, name=called), items.notes
