"""`xaivision prototypes`: what a model of prototypes looks for, what it finds, how sure it is, and whether parts are meant."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xaivision.arguments import row_numbers
from xaivision.commands.folder import check_folder, made_folder
from xaivision.commands.telling import tell
from xaivision.core.errors import InputError
from xaivision.options import JsonOption, LabelOption, OutputOption, RowsOption, SeedOption

if TYPE_CHECKING:
    from rich.table import Table

    from xaivision.core.classifier import ClassifierAdapter
    from xaivision.naming import Items

CHANGES_HELP = "Properties that are changed, with commas: hue, shape, texture, contrast, saturation, brightness; all if left out."
JUDGE_HELP = (
    "A data set or class folders, on whose test part it is judged whether each prototype means one part, and keeps to it."
)


@dataclass(frozen=True)
class _Asked:
    model: str
    inputs: list[str]
    rows: list[int]
    label: str | None
    k: int | None
    changes: list[str] | None
    judge: str | None
    seed: int


@dataclass(frozen=True)
class _Told:
    """What is printed and written: numbers, a table, files into a folder, and notes on how the inputs were read."""

    summary: Callable[[], Any]
    table: "Callable[[], Table]"
    write: Callable[[Path], tuple[Path, ...]]
    notes: tuple[str, ...]


def prototypes(
    model: Annotated[str, typer.Argument(help="A file of `train --model proto_part` (or another model of prototypes).")],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(help="Pictures or rows to find them in: photos, folders, a CSV file or a data set's name."),
    ] = None,
    k: Annotated[
        int | None, typer.Option("--k", help="Prototypes that are shown for each input (3), or draws of each class (4).")
    ] = None,
    changes: Annotated[str | None, typer.Option("--changes", help=CHANGES_HELP)] = None,
    judge: Annotated[str | None, typer.Option("--judge", help=JUDGE_HELP)] = None,
    rows: RowsOption = "0-9",
    label: LabelOption = None,
    seed: SeedOption = 0,
    output: OutputOption = Path("xaivision_output"),
    as_json: JsonOption = False,
) -> None:
    """Show what a model looks for: all its prototypes by class, why they are alike, and which it finds in your inputs.

    Where the model has them: how far an input may move before its class changes (rbf, components), decoded draws of each class
    and how sure it is of an input (prob_psenn).

    Example: xaivision prototypes xaivision_output/model.safetensors sonar_pictures/ship
    """
    named = None if changes is None else [name.strip() for name in changes.split(",")]
    asked = _Asked(model, inputs or [], row_numbers(rows), label, k, named, judge, seed)
    check_folder(output)
    told = _told(asked)
    written = told.write(made_folder(output))
    tell(told.summary, told.table, written, told.notes, as_json=as_json)


def _told(asked: _Asked) -> _Told:
    from importlib import import_module

    from xaivision.terminal import doing, progress

    with progress():
        doing("starting", lambda: import_module("xaivision.naming"))  # torch takes seconds to import
        from xaivision.explainers.prototypes.prototype_uncertainty import has_distributions
        from xaivision.naming import items_from, model_from

        found = doing(f"loading {asked.model}", lambda: model_from(asked.model))
        items = None
        if asked.inputs:
            items = doing(f"loading {asked.inputs[0]}", lambda: items_from(asked.inputs, found, asked.rows, asked.label))
        return (_distributions if has_distributions(found) else _places)(asked, found, items)


def _places(asked: _Asked, model: "ClassifierAdapter", items: "Items | None") -> _Told:
    """Prototypes that are places of training inputs."""
    from xaivision.explainers.prototypes.gallery import prototype_gallery
    from xaivision.prototype_judging import judged_prototypes
    from xaivision.report.gallery_files import gallery_summary, write_gallery
    from xaivision.report.gallery_table import gallery_table, matches_table
    from xaivision.report.prototype_scores_table import prototype_scores_table
    from xaivision.report.table import stacked

    inputs = None if items is None else items.inputs
    titles, notes = ((), ()) if items is None else (items.titles, items.notes)
    gallery = prototype_gallery(model, inputs, asked.changes, k=3 if asked.k is None else asked.k, name=Path(asked.model).stem)
    judged, more = (None, ()) if asked.judge is None else judged_prototypes(model, asked.judge, seed=asked.seed)

    def table() -> "Table":
        scores = None if judged is None else prototype_scores_table(judged)
        return stacked(filter(None, (gallery_table(gallery), matches_table(gallery, titles), scores)))

    return _Told(
        lambda: gallery_summary(gallery, judged),
        table,
        lambda folder: write_gallery(gallery, folder, judged),
        (*_moved(model), *notes, *more),
    )


def _moved(model: "ClassifierAdapter") -> tuple[str, ...]:
    """That prototypes are not what is shown for them, where that is so."""
    from xaivision.evaluation.prototypes.push_gaps import push_gaps

    gaps = push_gaps(model)
    moved = int((~gaps.exact).sum())
    if not moved:
        return ()
    how_far = f"largest gap {float(gaps.distances.max()):.2g}"
    return (f"{moved} of {len(gaps.distances)} prototypes are not the places of training inputs that are shown ({how_far}).",)


def _distributions(asked: _Asked, model: "ClassifierAdapter", items: "Items | None") -> _Told:
    """Prototypes that are distributions of classes."""
    from xaivision.explainers.prototypes.distribution_gallery import distribution_gallery
    from xaivision.report.distribution_files import distribution_summary, write_distributions
    from xaivision.report.distribution_table import distribution_table

    for name, given, why in (("changes", asked.changes, "what places"), ("judge", asked.judge, "whether places")):
        if given is not None:
            raise InputError(f"`--{name}` asks {why} of pictures mean. A model by distributions has none. Leave it out.")
    inputs = None if items is None else items.inputs
    k = 4 if asked.k is None else asked.k
    gallery = distribution_gallery(model, inputs, k=k, seed=asked.seed, name=Path(asked.model).stem)
    return _Told(
        lambda: distribution_summary(gallery),
        lambda: distribution_table(gallery, () if items is None else items.titles),
        lambda folder: write_distributions(gallery, folder),
        () if items is None else items.notes,
    )
