"""The options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

ModelOption = Annotated[
    str, typer.Option("--model", "-m", help="A model's name, an ONNX file, a file of `train`, or package.module:factory.")
]
MethodOption = Annotated[str, typer.Option("--method", "-x", help="A method's name; `xaivision list methods` shows them.")]
TargetOption = Annotated[
    str | None, typer.Option("--target", "-t", help="Class name or number; the predicted class if left out.")
]
AgainstOption = Annotated[
    str | None, typer.Option("--against", help="Why the target and not this class: the difference of the two scores.")
]
ScoreOption = Annotated[
    str, typer.Option("--score", help="What of the class is explained: score, logit, log_probability, probability or margin.")
]
RowsOption = Annotated[str, typer.Option("--rows", help="Rows of a table or a data set: 3, 0,5 or 0-9.")]
LabelOption = Annotated[str | None, typer.Option("--label", help="A column of the CSV file that is no input of the model.")]
BackgroundOption = Annotated[
    str | None, typer.Option("--background", help="Reference inputs: a data set (its training part), a folder or a CSV file.")
]
ClassesOption = Annotated[
    str | None, typer.Option("--classes", help="Folders that are classes, with commas; all that are not hidden if left out.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="Everything random is drawn from it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON to standard output.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="A setting: steps=64, or NAME.steps=64 of the method or metric NAME.")
]
OutputOption = Annotated[Path, typer.Option("--output", "-o", help="Folder for figures and results.")]
InputsArgument = Annotated[list[str], typer.Argument(help="Photos, folders, sample photos, a CSV file or a data set's name.")]
