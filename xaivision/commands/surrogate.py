"""`xaivision surrogate`: an interpretable stand-in for a model, and how far to trust it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xaivision.arguments import names_in, settings_by_name
from xaivision.commands.folder import check_folder, made_folder
from xaivision.commands.telling import tell
from xaivision.core.errors import InputError
from xaivision.options import JsonOption, ModelOption, OutputOption, SeedOption

if TYPE_CHECKING:
    from xaivision.surrogates.study import SurrogateStudy


def surrogate(
    data: Annotated[str, typer.Argument(help="A data set's name, a CSV file, or a folder of pictures.")],
    model: ModelOption,
    kind: Annotated[str, typer.Option("--kind", help="tree, rule_list, linear, forest or boosting.")] = "tree",
    features: Annotated[
        str, typer.Option("--features", "-k", help="How many it may read; auto: at the knee of fidelity, up to 50.")
    ] = "auto",
    rankings: Annotated[
        str | None,
        typer.Option("--rankings", help="With commas: permutation, mutual_information, gradient, tree_shapley, attention."),
    ] = None,
    label: Annotated[
        str | None, typer.Option("--label", help="The column of the CSV file with the true classes: accuracy is told, too.")
    ] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="A setting: depth=4, in_a_leaf=10, trees=50, ...")] = None,
    seed: SeedOption = 0,
    output: OutputOption = Path("xaivision_output"),
    as_json: JsonOption = False,
) -> None:
    """Learn an interpretable stand-in for a model, and tell how faithful it is beside one of random features.

    Example: xaivision surrogate breast_cancer --model breast_cancer_forest -k 8
    """
    check_folder(output)
    settings = {"seed": seed, **settings_by_name(setting, ["surrogate"])["surrogate"]}
    asked = {"kind": kind, "k": _count(features), "rankings": None if rankings is None else names_in(rankings), **settings}
    study, notes = _studied(data, model, label, asked)
    from xaivision.report.surrogate_files import surrogate_summary, write_surrogate
    from xaivision.report.surrogate_table import surrogate_table

    written = write_surrogate(study, made_folder(output))
    tell(lambda: surrogate_summary(study), lambda: surrogate_table(study), written, notes, as_json=as_json)


def _studied(data: str, model: str, label: str | None, asked: dict[str, Any]) -> "tuple[SurrogateStudy, tuple[str, ...]]":
    """The study, and what is to be said of the rows."""
    from importlib import import_module

    from xaivision.terminal import doing, progress

    with progress():
        doing("starting", lambda: import_module("xaivision.surrogate_making"))  # torch takes seconds to import
        from xaivision.data.registry import available_datasets
        from xaivision.naming import items_from, model_from
        from xaivision.surrogate_making import surrogate as made

        adapter = model_from(model)
        if data in available_datasets() and not Path(data).exists() and label is None:
            items_from([data], adapter)  # refuses sets that are not of this model
            return made(adapter, data, **asked), ()
        items = items_from([data], adapter, rows=None, label=label)
        if adapter.domain == "tabular" and Path(data).is_file():
            return made(adapter, Path(data), labels=label, **asked), items.notes
        return made(adapter, items.inputs, **asked), items.notes


def _count(said: str) -> Any:
    if said == "auto":
        return said
    try:
        return int(said)
    except ValueError:
        raise InputError(f"`--features` must be a number, or auto. Got {said!r}.") from None
