"""The options of `xaivision audit`. What is left out is for the configuration file to say, and for the audit after it."""

from pathlib import Path
from typing import Annotated

import typer

InputsArgument = Annotated[list[str] | None, typer.Argument(help="Photos, folders, a CSV file or a data set's name.")]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", help="A TOML file that says the same and more; options count more than it.")
]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", "-m", help="A model's name, an ONNX file, or package.module:factory. [efficientnet_lite0]"),
]
MethodsOption = Annotated[str | None, typer.Option("--methods", "-x", help="Names, comma between; the usual if left out.")]
MetricsOption = Annotated[
    str | None, typer.Option("--metrics", help="Metrics and sanity checks, comma between; the usual if left out.")
]
ControlsOption = Annotated[str | None, typer.Option("--controls", help="Names, comma between; two that fit if left out.")]
ScoreOption = Annotated[
    str | None,
    typer.Option("--score", help="What of the class is explained: score, logit, log_probability, probability or margin. [score]"),
]
RowsOption = Annotated[str | None, typer.Option("--rows", help="Rows of a table or a data set: 3, 0,5 or 0-9; all if left out.")]
SeedOption = Annotated[int | None, typer.Option("--seed", help="Everything random is drawn from it. [0]")]
AccessOption = Annotated[
    str | None,
    typer.Option(
        "--access", help="How deep the audit may look: labels, scores, logits, activations, gradients or weights. [all there is]"
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Folder for rows and reports; an audit that was stopped goes on from it. [audit_output]"),
]
ExecutorOption = Annotated[str | None, typer.Option("--executor", help="serial or process. [serial]")]
WorkersOption = Annotated[int | None, typer.Option("--workers", help="How many processes. [2]")]
PurposeOption = Annotated[str | None, typer.Option("--purpose", help="What the audit is for; the report says so.")]
AuditorOption = Annotated[str | None, typer.Option("--auditor", help="Who audits; the report says so.")]
FailUnderOption = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-under", help="Exit with 3 unless this holds, such as deletion:grad_cam>control or insertion:grad_cam>=0.6."
    ),
]
PlanOption = Annotated[bool, typer.Option("--plan", help="Print what it will do and cost, and stop.")]
