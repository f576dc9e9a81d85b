"""`xaivision pick`: the few inputs that stand for many."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xaivision.arguments import row_numbers, settings_by_name
from xaivision.commands.folder import check_folder, made_folder
from xaivision.commands.starting import asked_about, asked_about_many
from xaivision.commands.telling import tell
from xaivision.options import (
    BackgroundOption,
    InputsArgument,
    JsonOption,
    LabelOption,
    ModelOption,
    OutputOption,
    SeedOption,
    SetOption,
)

if TYPE_CHECKING:
    from xaivision.asking import Asked
    from xaivision.explainers.representatives import SubmodularPick

METHOD_HELP = "The method whose explanations are compared; lime_image for pictures and lime_tabular for rows if left out."

ROWS_HELP = "Rows of a table or a data set: 0,5 or 0-99; the test part, or all where there is none, if left out."


def pick(
    inputs: InputsArgument,
    model: ModelOption = "efficientnet_lite0",
    method: Annotated[str | None, typer.Option("--method", "-x", help=METHOD_HELP)] = None,
    count: Annotated[int, typer.Option("--count", help="Inputs that are picked, at most.")] = 5,
    features: Annotated[int, typer.Option("--features", help="Values of each explanation that count, the largest.")] = 10,
    rows: Annotated[str | None, typer.Option("--rows", help=ROWS_HELP)] = None,
    most: Annotated[int, typer.Option("--most", help="Inputs that are looked at where no rows are named.")] = 60,
    label: LabelOption = None,
    background: BackgroundOption = None,
    setting: SetOption = None,
    seed: SeedOption = 0,
    output: OutputOption = Path("xaivision_output"),
    as_json: JsonOption = False,
) -> None:
    """Pick the few inputs whose explanations together show most of what those of all say (SP-LIME).

    Example: xaivision pick sonar_pictures --model xaivision_output/model.safetensors --count 4
    """
    from xaivision.terminal import progress

    check_folder(output)
    numbers = None if rows is None else row_numbers(rows)
    with progress():
        asked = asked_about_many(model, inputs, most, label) if numbers is None else asked_about(model, inputs, numbers, label)
        found = _picked(asked, method, setting, background, count=count, features=features, seed=seed)
    from xaivision.report.pick_files import pick_summary, write_pick
    from xaivision.report.pick_table import pick_table

    written = write_pick(found, asked.titles, made_folder(output))
    tell(
        lambda: pick_summary(found, asked.titles), lambda: pick_table(found, asked.titles), written, asked.notes, as_json=as_json
    )


def _picked(
    asked: "Asked", method: str | None, said: list[str] | None, background: str | None, **numbers: Any
) -> "SubmodularPick":
    from xaivision.picking import METHODS, submodular_pick

    name = METHODS[asked.model.domain] if method is None else method
    settings = settings_by_name(said, [name])
    if background is not None or name != METHODS["tabular"]:  # which takes the rows themselves
        asked.add_background(settings, background)
    return submodular_pick(asked.model, asked.inputs, name, **numbers, **settings[name])
