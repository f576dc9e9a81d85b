"""`xaivision compare`: several methods on one scale."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xaivision.arguments import names_in, row_numbers, settings_by_name
from xaivision.commands.exit_codes import exit_with
from xaivision.commands.folder import check_folder, write_result
from xaivision.commands.starting import asked_about
from xaivision.commands.telling import tell
from xaivision.options import (
    AgainstOption,
    BackgroundOption,
    InputsArgument,
    JsonOption,
    LabelOption,
    ModelOption,
    OutputOption,
    RowsOption,
    ScoreOption,
    SeedOption,
    SetOption,
    TargetOption,
)

if TYPE_CHECKING:
    from xaivision.core.classifier import ClassifierAdapter


def compare(
    inputs: InputsArgument,
    methods: Annotated[str, typer.Option("--methods", "-x", help="Names, comma between, or all; the usual if left out.")] = "",
    model: ModelOption = "efficientnet_lite0",
    target: TargetOption = None,
    against: AgainstOption = None,
    score: ScoreOption = "score",
    controls: Annotated[str, typer.Option("--controls", help="Names, comma between; two that fit if left out.")] = "",
    metrics: Annotated[str, typer.Option("--metrics", help="Names, comma between.")] = "deletion,insertion",
    rows: RowsOption = "0",
    label: LabelOption = None,
    background: BackgroundOption = None,
    setting: SetOption = None,
    seed: SeedOption = 0,
    output: OutputOption = Path("xaivision_output"),
    as_json: JsonOption = False,
) -> None:
    """Several methods on one scale, each with verdict, cost and faithfulness next to controls.

    Example: xaivision compare cat.jpg --methods grad_cam,integrated_gradients,occlusion
    """
    from xaivision.terminal import doing, progress

    numbers, judges = row_numbers(rows), names_in(metrics)
    check_folder(output)
    with progress():
        asked = asked_about(model, inputs, numbers, label)
        from xaivision import facade
        from xaivision.report.summary import comparison_summary
        from xaivision.report.table import comparison_table

        names = _method_names(methods, asked.model, ["background"] if background else ())
        settings = settings_by_name(setting, names, judges)
        asked.add_background({name: settings[name] for name in names}, background)
        found = facade.compare(
            asked.model,
            asked.inputs,
            names,
            targets=asked.target_said(target, against, score),
            controls=names_in(controls) or None,
            metrics=judges,
            seed=seed,
            settings={name: settings[name] for name in names},
            metric_settings={name: settings[name] for name in judges},
        )
        written = doing("writing the report", lambda: write_result(found, asked.titles, output, "comparison", report=True))
    tell(lambda: comparison_summary(found, asked.titles), lambda: comparison_table(found), written, asked.notes, as_json=as_json)
    exit_with([one.verdict.status for one in found.explanations.values()] + ["refuse"] * len(found.unanswered))


def _method_names(said: str, model: "ClassifierAdapter", given: Sequence[str]) -> list[str]:
    """Those that are named, all that fit, or the usual ones that fit."""
    from xaivision.fitting_methods import fitting_methods, usual_methods

    names = names_in(said) or list(usual_methods(model, given))
    return list(fitting_methods(model, given)) if names == ["all"] else names
