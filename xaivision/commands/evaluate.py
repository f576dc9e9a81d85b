"""`xaivision evaluate`: one method by one metric or sanity check."""

from pathlib import Path
from typing import Annotated

import typer

from xaivision.arguments import row_numbers, settings_by_name
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
    MethodOption,
    ModelOption,
    OutputOption,
    RowsOption,
    ScoreOption,
    SeedOption,
    SetOption,
    TargetOption,
)


def evaluate(
    inputs: InputsArgument,
    method: MethodOption,
    metric: Annotated[str, typer.Option("--metric", help="A metric or sanity check; `xaivision list metrics` shows them.")],
    model: ModelOption = "efficientnet_lite0",
    target: TargetOption = None,
    against: AgainstOption = None,
    score: ScoreOption = "score",
    rows: RowsOption = "0",
    label: LabelOption = None,
    background: BackgroundOption = None,
    setting: SetOption = None,
    seed: SeedOption = 0,
    output: OutputOption = Path("xaivision_output"),
    as_json: JsonOption = False,
) -> None:
    """How good one method is by one metric or sanity check, next to controls.

    Example: xaivision evaluate cat.jpg --method saliency --metric deletion --set deletion.steps=64
    """
    from xaivision.terminal import doing, progress

    settings, numbers = settings_by_name(setting, [method], [metric]), row_numbers(rows)
    check_folder(output)
    with progress():
        asked = asked_about(model, inputs, numbers, label)
        from xaivision import facade
        from xaivision.report.summary import evaluation_summary
        from xaivision.report.table import scores_table

        asked.add_background({method: settings[method]}, background)
        found, verdict = facade.judged(
            asked.model,
            asked.inputs,
            method,
            metric,
            asked.target_said(target, against, score),
            seed=seed,
            settings=settings[method],
            metric_settings=settings[metric],
        )
        written = doing("writing the figure", lambda: write_result(found, (), output, f"{metric}_of_{method}"))
    tell(
        lambda: evaluation_summary(found, asked.titles),
        lambda: scores_table(found, asked.titles),
        written,
        asked.notes,
        as_json=as_json,
    )
    exit_with(["refuse"] if found.undefined else [verdict.status] if verdict else [])
