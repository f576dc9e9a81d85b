"""`xaivision surrogate`: an interpretable stand-in for a model, and how far to trust it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xaivision.arguments import names_in, row_numbers, settings_by_name
from xaivision.commands.folder import check_folder, made_folder
from xaivision.commands.telling import tell
from xaivision.core.errors import InputError
from xaivision.options import JsonOption, ModelOption, OutputOption, SeedOption

if TYPE_CHECKING:
    from xaivision.surrogates.decided_rows import DecidedRow
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
    near: Annotated[
        int | None, typer.Option("--near", min=0, help="Row of the data: a local surrogate, of what the model does near it.")
    ] = None,
    rows: Annotated[
        str | None,
        typer.Option("--rows", help="Rows told one by one, 3, 0,5 or 0-9: rule, way through the tree, what would turn them."),
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", "-t", help="The class that such rows are to be turned to; the cheapest if left out.")
    ] = None,
    seed: SeedOption = 0,
    output: OutputOption = Path("xaivision_output"),
    as_json: JsonOption = False,
) -> None:
    """Learn an interpretable stand-in for a model, and tell how faithful it is beside one of random features.

    Example: xaivision surrogate breast_cancer --model breast_cancer_forest -k 8 --rows 3
    """
    check_folder(output)
    settings = {"seed": seed, **settings_by_name(setting, ["surrogate"])["surrogate"]}
    asked = {"kind": kind, "k": _count(features), "rankings": None if rankings is None else names_in(rankings), **settings}
    single = _single(near, rows, target)
    study, told, notes = _studied(data, model, label, asked, single)
    from xaivision.report.surrogate_files import surrogate_summary, write_surrogate
    from xaivision.report.surrogate_table import surrogate_table

    written = write_surrogate(study, made_folder(output), told)
    tell(lambda: surrogate_summary(study, told), lambda: surrogate_table(study, told), written, notes, as_json=as_json)


@dataclass(frozen=True)
class _Single:
    """Numbers of single rows: the one that a local surrogate is `near`, those that are told, and the class to turn them to."""

    near: int | None
    rows: list[int]
    target: str | None

    def check(self, count: int, data: str) -> None:
        """Raises: InputError, where there is no such row."""
        asked = [("--near", row) for row in (self.near,) if row is not None] + [("--rows", row) for row in self.rows]
        for option, row in asked:
            if row >= count:
                raise InputError(f"`{option}` must be from 0 to {count - 1} for {data}. Got {row}.")


def _single(near: int | None, rows: str | None, target: str | None) -> _Single:
    """A local surrogate tells of its own row where no others are named."""
    own = [] if near is None else [near]
    numbers = own if rows is None else row_numbers(rows)
    if target is not None and not numbers:
        raise InputError("`--target` is the class that single rows are to be turned to. Name them, too: `--rows 0,5`.")
    return _Single(near, numbers, target)


def _studied(
    data: str, model: str, label: str | None, asked: dict[str, Any], single: _Single
) -> "tuple[SurrogateStudy, tuple[DecidedRow, ...], tuple[str, ...]]":
    """The study, what it says of single rows, and what is to be said of all."""
    from importlib import import_module

    from xaivision.terminal import doing, progress

    with progress():
        doing("starting", lambda: import_module("xaivision.surrogate_making"))  # torch takes seconds to import
        from xaivision.class_names import said_class
        from xaivision.data.registry import available_datasets
        from xaivision.naming import items_from, model_from
        from xaivision.surrogate_making import surrogate as made
        from xaivision.surrogates.decided_rows import decided_rows

        adapter = model_from(model)
        items = items_from([data], adapter, rows=None, label=label)
        goal = said_class(adapter, single.target)
        single.check(len(items.inputs), data)
        named = data in available_datasets() and not Path(data).exists()
        source = data if named else Path(data) if adapter.domain == "tabular" else items.inputs
        study = made(adapter, source, labels=label, near=None if single.near is None else items.inputs[single.near], **asked)
        titles = [items.titles[row] for row in single.rows]
        told = decided_rows(study, items.inputs[single.rows], titles, goal) if single.rows else ()
        return study, told, items.notes


def _count(said: str) -> Any:
    if said == "auto":
        return said
    try:
        return int(said)
    except ValueError:
        raise InputError(f"`--features` must be a number, or auto. Got {said!r}.") from None
