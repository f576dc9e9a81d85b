"""`xaivision attributes`: the few sliders of a set of pictures that a model's decisions hang on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xaivision.arguments import settings_by_name
from xaivision.commands.folder import check_folder, made_folder
from xaivision.commands.telling import tell
from xaivision.options import JsonOption, ModelOption, OutputOption, SeedOption

if TYPE_CHECKING:
    from xaivision.attribute_finding import FoundAttributes

GENERATOR_HELP = "A file that this command has written, sonar_simulator, or grid; an autoencoder is trained if left out."
KNOWN_HELP = "A CSV file with a column `picture` and numbers known of each: how far do the sliders go with them?"
CHECKPOINT_HELP = "A folder: where the training stands, and where it goes on from; the user's cache if left out."
SET_HELP = "A setting of the autoencoder: epochs=10, width=8, consistency=0, ..."


def attributes(
    data: Annotated[str, typer.Argument(help="A data set's name, or a folder of pictures, with class folders or without.")],
    model: ModelOption,
    k: Annotated[int, typer.Option("--k", "-k", help="How many sliders.")] = 4,
    shown: Annotated[int, typer.Option("--shown", help="Pictures whose strips are drawn.")] = 3,
    most: Annotated[int, typer.Option("--most", help="Pictures that are asked about, of those nothing was learned from.")] = 60,
    known: Annotated[str | None, typer.Option("--known", help=KNOWN_HELP)] = None,
    generator: Annotated[str | None, typer.Option("--generator", help=GENERATOR_HELP)] = None,
    checkpoint: Annotated[Path | None, typer.Option("--checkpoint", help=CHECKPOINT_HELP)] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help=SET_HELP)] = None,
    seed: SeedOption = 0,
    output: OutputOption = Path("xaivision_output"),
    as_json: JsonOption = False,
) -> None:
    """Find the few sliders of such pictures that move a model's decisions most, and show each from low to high (StylEx).

    An autoencoder of the pictures is trained once and kept; a training that was stopped goes on where it was.

    Example: xaivision attributes sonar_pictures --model xaivision_output/model.safetensors -k 4
    """
    settings = settings_by_name(setting, ["attributes"])["attributes"]
    check_folder(output)
    teaching = {"generator": generator, "settings": settings, "checkpoint": checkpoint, "seed": seed}
    found = _found(model, data, teaching, {"k": k, "most": most, "shown": shown, "known": known})
    from xaivision.report.attribute_files import attribute_summary, write_attributes
    from xaivision.report.attribute_table import attribute_table

    folder = made_folder(output)
    written = write_attributes(found.sheet, folder, found.titles)
    if found.trained is not None:
        written = (found.trained.save(folder / "autoencoder"), *written)
    tell(
        lambda: attribute_summary(found.sheet, found.titles),
        lambda: attribute_table(found.sheet),
        written,
        found.notes,
        as_json=as_json,
    )


def _found(model: str, data: str, teaching: dict[str, Any], asked: dict[str, Any]) -> "FoundAttributes":
    from importlib import import_module

    from xaivision.terminal import doing, progress

    with progress():
        doing("starting", lambda: import_module("xaivision.attribute_finding"))  # torch takes seconds to import
        from xaivision.attribute_finding import Teaching, Wanted, attributes_of

        return attributes_of(model, data, Teaching(**teaching), Wanted(**asked))
