"""`xaivision shortcuts`: does the class follow from something that is not the object?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xaivision.arguments import names_in
from xaivision.commands.folder import check_folder, made_folder
from xaivision.commands.telling import tell
from xaivision.options import ClassesOption, JsonOption, OutputOption, SeedOption

if TYPE_CHECKING:
    from xaivision.evaluation.shortcuts.report import ShortcutReport


def shortcuts(
    data: Annotated[str, typer.Argument(help="A folder with one folder of pictures for each class, or a data set's name.")],
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="A model of these classes, such as a file of `train`: does it go by them?")
    ] = None,
    masks: Annotated[
        str | None, typer.Option("--masks", help="A folder of masks of the targets, named as the pictures; white is target.")
    ] = None,
    classes: ClassesOption = None,
    methods: Annotated[
        str | None, typer.Option("--methods", help="Methods whose maps are looked at, with commas; two quick ones if left out.")
    ] = None,
    most: Annotated[int, typer.Option("--most", help="Test pictures that the model is asked about.")] = 240,
    seed: SeedOption = 0,
    output: OutputOption = Path("xaivision_output"),
    as_json: JsonOption = False,
) -> None:
    """Say whether the class follows from frame, file, color, border, marks, brightness or grain, and what a model makes of it.

    Example: xaivision shortcuts sonar_pictures --model xaivision_output/model.safetensors
    """
    check_folder(output)
    named = {name: None if given is None else names_in(given) for name, given in (("classes", classes), ("methods", methods))}
    report = _reported(data, model, {"masks": masks, **named, "most": most, "seed": seed})
    from xaivision.hidden_names import hiding_notes
    from xaivision.report.shortcut_files import shortcut_summary, write_shortcuts
    from xaivision.report.shortcut_table import shortcut_table

    written = write_shortcuts(report, made_folder(output))
    notes = hiding_notes([data])
    tell(lambda: shortcut_summary(report), lambda: shortcut_table(report), written, notes, as_json=as_json)


def _reported(data: str, model: str | None, asked: dict[str, Any]) -> "ShortcutReport":
    from importlib import import_module

    from xaivision.terminal import doing, progress

    with progress():
        doing("starting", lambda: import_module("xaivision.shortcut_search"))  # torch takes seconds to import
        from xaivision.naming import model_from
        from xaivision.shortcut_search import shortcuts as searched

        return searched(data, None if model is None else model_from(model), **asked)
