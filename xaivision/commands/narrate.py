"""`xaivision narrate`: from a prediction to a region of the picture and to words."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from xaivision.arguments import row_numbers, settings_by_name
from xaivision.commands.exit_codes import exit_with
from xaivision.commands.folder import check_folder, write_result
from xaivision.commands.narrate_options import (
    CaptionerOption,
    CheckpointOption,
    LabelInPromptOption,
    MapOption,
    PointsOption,
    PromptOption,
    QuickOption,
    SamTypeOption,
    SegmenterOption,
    SonarOption,
    StageSetOption,
)
from xaivision.commands.starting import asked_about
from xaivision.commands.telling import tell
from xaivision.core.errors import InputError
from xaivision.options import InputsArgument, JsonOption, ModelOption, OutputOption, RowsOption, SeedOption, TargetOption

if TYPE_CHECKING:
    from xaivision.core.narrative import Narrative

SAM = "sam"


def narrate(
    inputs: InputsArgument,
    model: ModelOption = "efficientnet_lite0",
    method: MapOption = None,
    points: PointsOption = 1,
    segmenter: SegmenterOption = "superpixel_merge",
    checkpoint: CheckpointOption = None,
    sam_type: SamTypeOption = "vit_b",
    captioner: CaptionerOption = "template",
    prompt: PromptOption = None,
    label_in_prompt: LabelInPromptOption = False,
    sonar: SonarOption = False,
    quick: QuickOption = False,
    target: TargetOption = None,
    rows: RowsOption = "0",
    setting: StageSetOption = None,
    seed: SeedOption = 0,
    output: OutputOption = Path("xaivision_output"),
    as_json: JsonOption = False,
) -> None:
    """Say what the model sees: a prediction, the region its evidence points at, and a sentence, each held against the model.

    Example: xaivision narrate cat.jpg --segmenter sam --checkpoint mobile_sam.pt --sam-type vit_t
    """
    from xaivision.terminal import doing, progress

    named = method or "kernel_shap"
    settings, numbers = settings_by_name(setting, [named])[named], row_numbers(rows)
    check_folder(output)
    with progress():
        asked = asked_about(model, inputs, numbers, None)
        from xaivision.class_names import said_class
        from xaivision.narrating import narrate as narrated
        from xaivision.report.narrative_summary import narrative_summary
        from xaivision.report.table import explanation_table

        stages = {
            **settings,
            **_speaker(captioner, prompt, label_in_prompt, sonar),
            "attributor": method,
            "points": points,
            "segmenter": _segmenter(segmenter, checkpoint, sam_type),
            "checks": not quick,
        }
        found = narrated(asked.model, asked.inputs, targets=said_class(asked.model, target), seed=seed, **stages)
        written = doing("writing figures", lambda: _written(found, asked.titles, output))
    summary, table = (lambda: narrative_summary(found, asked.titles)), (lambda: explanation_table(found, asked.titles))
    tell(summary, table, written, asked.notes, as_json=as_json)
    exit_with([found.verdict.status])


def _segmenter(named: str, checkpoint: str | None, kind: str) -> Any:
    """Raises: InputError, where a checkpoint is missing, or not wanted."""
    if named != SAM:
        if checkpoint is not None:
            raise InputError(f"`--checkpoint` is for `--segmenter sam`. Got {named!r}.")
        return named
    if checkpoint is None:
        raise InputError("`--segmenter sam` needs weights of Segment Anything. Give `--checkpoint` a file with them.")
    from xaivision.engines.pointed_objects.sam_point import SamPoint

    return SamPoint(checkpoint, kind)  # type: ignore[arg-type]  # checked there


def _speaker(named: str, prompt: str | None, label_in_prompt: bool, sonar: bool) -> dict[str, Any]:
    """The captioner and its settings: of the template its words, of a model what it is asked."""
    if named == "template":
        if prompt is not None:
            raise InputError("`--prompt` is for a captioning model. The template takes none: leave it out, or name a folder.")
        return {"captioner": named, "wording": "sonar" if sonar else "photo", "label_in_prompt": label_in_prompt}
    if sonar:
        raise InputError("`--sonar` is for the words of the template. A captioning model has its own: leave it out.")
    from xaivision.explainers.narratives.huggingface_loading import load_captioner

    return {"captioner": load_captioner(named, prompt=prompt, label_in_prompt=label_in_prompt)}


def _written(found: "Narrative", titles: tuple[str, ...], folder: Path) -> list[Path]:
    """The page, the result and a figure for each picture."""
    from xaivision.core.whole_file import write_whole
    from xaivision.report.narrative_page import narrative_html

    others = write_result(found, titles, folder, "narrative")
    return [write_whole(folder / "narrative.html", narrative_html(found, titles).encode()), *others]
