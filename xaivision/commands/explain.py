"""`xaivision explain`: one method."""

from pathlib import Path

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


def explain(
    inputs: InputsArgument,
    method: MethodOption,
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
    """Why the model scores these inputs as it does, by one method.

    Example: xaivision explain cat.jpg --method integrated_gradients --set baseline=blur
    """
    from xaivision.terminal import doing, progress

    settings, numbers = settings_by_name(setting, [method]), row_numbers(rows)
    check_folder(output)
    with progress():
        asked = asked_about(model, inputs, numbers, label)
        from xaivision import facade
        from xaivision.report.summary import explanation_summary
        from xaivision.report.table import explanation_table

        asked.add_background(settings, background)
        wanted = asked.target_said(target, against, score)
        explainer = facade.explainer_with(asked.model, method, settings[method])
        found = facade.explain(asked.model, asked.inputs, explainer, wanted, seed=seed)
        written = doing("writing figures", lambda: write_result(found, asked.titles, output, method))
    tell(
        lambda: explanation_summary(found, asked.titles),
        lambda: explanation_table(found, asked.titles),
        written,
        asked.notes,
        as_json=as_json,
    )
    exit_with([found.verdict.status])
