"""`xaivision narrate`: from a prediction to a region of the picture and to words."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xaivision.arguments import row_numbers, settings_by_name
from xaivision.commands.exit_codes import exit_with
from xaivision.commands.folder import check_folder, write_result
from xaivision.commands.narrate_options import (
    CaptionerOption,
    CheckpointOption,
    CounterOption,
    DeviceOption,
    DtypeOption,
    LabelInPromptOption,
    MapOption,
    PointsOption,
    PromptOption,
    QuickOption,
    RefineOption,
    SamTypeOption,
    SeedsOption,
    SegmenterOption,
    SonarOption,
    StageSetOption,
)
from xaivision.commands.starting import asked_about
from xaivision.commands.telling import tell
from xaivision.core.errors import InputError, XaivisionError
from xaivision.core.settings import check_choice, check_positive_integer, check_share
from xaivision.options import (
    AgainstOption,
    InputsArgument,
    JsonOption,
    ModelOption,
    OutputOption,
    RowsOption,
    SeedOption,
    TargetOption,
)

if TYPE_CHECKING:
    from xaivision.asking import Asked
    from xaivision.core.narrative import Narrative

SAM = "sam"
# What the library calls its settings, and the command line.
OPTIONS = {
    name: f"--{name.replace('_', '-')}" for name in ("checkpoint", "device", "dtype", "prompt", "label_in_prompt", "counter")
} | {"model_type": "--sam-type"}


def narrate(
    inputs: InputsArgument,
    model: ModelOption = "efficientnet_lite0",
    method: MapOption = None,
    points: PointsOption = 1,
    counter: CounterOption = 0,
    seeds: SeedsOption = 1,
    segmenter: SegmenterOption = "superpixel_merge",
    checkpoint: CheckpointOption = None,
    sam_type: SamTypeOption = "vit_b",
    refine: RefineOption = None,
    captioner: CaptionerOption = "template",
    prompt: PromptOption = None,
    label_in_prompt: LabelInPromptOption = False,
    device: DeviceOption = None,
    dtype: DtypeOption = None,
    sonar: SonarOption = False,
    quick: QuickOption = False,
    target: TargetOption = None,
    against: AgainstOption = None,
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
    _check_counts(refine, points, seeds)
    check_folder(output)
    with progress():
        asked = asked_about(model, inputs, numbers, None)
        with options_named():
            speaker = _speaker(captioner, _given(prompt=prompt, device=device, dtype=dtype), label_in_prompt, sonar)
            outliner = {"points": _points(points, counter, seeds), "segmenter": _segmenter(segmenter, checkpoint, sam_type)}
        stages = {**settings, **speaker, **outliner, "refine": refine, "checks": not quick, "attributor": method}
        found = _narrated(asked, inputs, _target(asked, target, against), seed, stages)
        written = doing("writing figures", lambda: _written(found, asked.titles, output))
    _tell(found, asked, written, as_json)


def _check_counts(refine: float | None, points: int, seeds: int) -> None:
    """Raises: InputError, in the words of the command line."""
    if refine is not None:
        check_share("--refine", refine)
    for option, count in (("--points", points), ("--seeds", seeds)):
        check_positive_integer(option, count)


def _tell(found: "Narrative", asked: "Asked", written: list[Path], as_json: bool) -> None:
    from xaivision.report.narrative_summary import narrative_summary
    from xaivision.report.table import explanation_table

    summary, table = (lambda: narrative_summary(found, asked.titles)), (lambda: explanation_table(found, asked.titles))
    tell(summary, table, written, asked.notes, as_json=as_json)
    exit_with([found.verdict.status])


@contextmanager
def options_named() -> Iterator[None]:
    """What the stages say of their settings, in the words of the command line."""
    try:
        yield
    except XaivisionError as error:
        text = str(error)
        for name, option in OPTIONS.items():
            text = text.replace(f"`{name}`", f"`{option}`")
        error.args = (text,)
        raise


def _narrated(asked: "Asked", inputs: list[str], targets: Any, seed: int, stages: dict[str, Any]) -> "Narrative":
    from xaivision.naming import left_out_of
    from xaivision.narrating import narrate as narrated
    from xaivision.narrating import with_cropping

    found = narrated(asked.model, asked.inputs, targets=targets, seed=seed, **stages)
    return with_cropping(found, left_out_of(inputs, asked.model))


def _target(asked: "Asked", target: str | None, against: str | None) -> Any:
    """The class that is named, and the one it is held against; of one alone the library says what of it is explained."""
    from xaivision.class_names import said_class

    return said_class(asked.model, target) if against is None else asked.target_said(target, against, "score")


def _points(count: int, counter: int, seeds: int) -> Any:
    from xaivision.explainers.narratives.point_picking import Points

    return Points(count, counter, seeds=seeds)


def _segmenter(named: str, checkpoint: str | None, kind: str) -> Any:
    """Raises: InputError, where a checkpoint is missing, not wanted, or not of that kind."""
    import torch

    from xaivision.engines.pointed_objects.naming import POINT_SEGMENTERS, point_segmenter
    from xaivision.narrating import check_weights

    check_choice("--segmenter", named, [*POINT_SEGMENTERS, SAM])
    if named != SAM:
        if checkpoint is not None:
            raise InputError(f"`--checkpoint` is for `--segmenter sam`. Got {named!r}.")
        return point_segmenter(named)
    if checkpoint is None:
        raise InputError("`--segmenter sam` needs weights of Segment Anything. Give `--checkpoint` a file with them.")
    from xaivision.engines.pointed_objects.sam_point import SamPoint

    made = SamPoint(checkpoint, kind)  # type: ignore[arg-type]  # checked there
    check_weights(made, torch.device("cpu"))
    return made


def _given(**settings: str | None) -> dict[str, str]:
    return {name: value for name, value in settings.items() if value is not None}


def _speaker(named: str, given: dict[str, str], label_in_prompt: bool, sonar: bool) -> dict[str, Any]:
    """The captioner and its settings: of the template its words, of a model what it is asked and where it computes."""
    if named == "template":
        if given:
            option = OPTIONS[next(iter(given))]
            raise InputError(f"`{option}` is for a captioning model. The template takes none: leave it out, or name a folder.")
        return {"captioner": named, "wording": "sonar" if sonar else "photo", "label_in_prompt": label_in_prompt}
    if sonar:
        raise InputError("`--sonar` is for the words of the template. A captioning model has its own: leave it out.")
    from xaivision.explainers.narratives.huggingface_loading import load_captioner

    return {"captioner": load_captioner(named, label_in_prompt=label_in_prompt, **given)}


def _written(found: "Narrative", titles: tuple[str, ...], folder: Path) -> list[Path]:
    """The page, the result and a figure for each picture."""
    from xaivision.core.whole_file import write_whole
    from xaivision.report.narrative_page import narrative_html

    others = write_result(found, titles, folder, "narrative")
    return [write_whole(folder / "narrative.html", narrative_html(found, titles).encode()), *others]
