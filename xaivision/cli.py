"""The command line: parse, call, show."""

import ast
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from xaivision import __version__
from xaivision.core.errors import Cancelled, InputError, XaivisionError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Exit codes: 0 every explanation can be shown; 1 one was refused or failed; 2 bad input; 130 stopped.",
)

REFUSED, BAD_INPUT, STOPPED = 1, 2, 130

ModelOption = Annotated[str, typer.Option("--model", "-m", help="A model's name, or package.module:factory.")]
TargetOption = Annotated[
    str | None, typer.Option("--target", "-t", help="Class name or number; the predicted class if left out.")
]
RowsOption = Annotated[str, typer.Option("--rows", help="Rows of a table: 3, 0,5 or 0-9.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Everything random is drawn from it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON to standard output.")]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="A setting: steps=64, or integrated_gradients.steps=64.")]
OutputOption = Annotated[Path, typer.Option("--output", "-o", help="Folder for figures and results.")]
InputsArgument = Annotated[list[str], typer.Argument(help="Photos, folders, sample photos, a CSV file or a data set's name.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"xaivision {__version__}")
        raise typer.Exit


@app.callback()
def _about(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print it and stop.")
    ] = False,
) -> None:
    """Explanations of classifiers, each with a verdict, next to controls that ignore the model."""


@app.command("list")
def list_(
    what: Annotated[str, typer.Argument(help="methods, metrics, models or datasets; everything if left out.")] = "",
    as_json: JsonOption = False,
) -> None:
    """What there is, by name.

    Example: xaivision list methods
    """
    from xaivision.catalog import catalog
    from xaivision.report.table import catalog_table

    shelves = catalog(what)
    if as_json:
        _print_json(shelves)
        return
    for shelf, cards in shelves.items():
        Console().print(catalog_table(shelf, cards))


@app.command()
def explain(
    inputs: InputsArgument,
    method: Annotated[str, typer.Option("--method", "-x", help="A method's name; `xaivision list methods` shows them.")],
    model: ModelOption = "efficientnet_lite0",
    target: TargetOption = None,
    rows: RowsOption = "0",
    setting: SetOption = None,
    seed: SeedOption = 0,
    output: OutputOption = Path("xaivision_output"),
    as_json: JsonOption = False,
) -> None:
    """Why the model scores these inputs as it does, by one method.

    Example: xaivision explain cat.jpg --method integrated_gradients --set baseline=blur
    """
    from xaivision import facade
    from xaivision.naming import items_from, model_from
    from xaivision.report.summary import explanation_summary
    from xaivision.report.table import explanation_table
    from xaivision.terminal import progress

    asked = model_from(model)
    items = items_from(inputs, asked, row_numbers(rows))
    with progress():
        found = facade.explain(
            asked, items.inputs, method, _target(target), seed=seed, **settings_by_method(setting, [method])[method]
        )
    written = [found.save(_folder(output) / method), *_figures(found, items.titles, output, method)]
    if as_json:
        _print_json(explanation_summary(found, items.titles))
    else:
        Console().print(explanation_table(found, items.titles))
        _say_written(written)
    _exit_with([found.verdict.status])


@app.command()
def compare(
    inputs: InputsArgument,
    methods: Annotated[str, typer.Option("--methods", "-x", help="Names, comma between; all that fit if left out.")] = "",
    model: ModelOption = "efficientnet_lite0",
    target: TargetOption = None,
    controls: Annotated[str, typer.Option("--controls", help="Names, comma between; two that fit if left out.")] = "",
    metrics: Annotated[str, typer.Option("--metrics", help="Names, comma between.")] = "deletion,insertion",
    rows: RowsOption = "0",
    setting: SetOption = None,
    seed: SeedOption = 0,
    output: OutputOption = Path("xaivision_output"),
    as_json: JsonOption = False,
) -> None:
    """Several methods on one scale, each with verdict, cost and faithfulness next to controls.

    Example: xaivision compare cat.jpg --methods grad_cam,integrated_gradients,occlusion
    """
    from xaivision import facade
    from xaivision.naming import items_from, model_from
    from xaivision.report.html import write_html
    from xaivision.report.summary import comparison_summary
    from xaivision.report.table import comparison_table
    from xaivision.terminal import progress

    asked = model_from(model)
    items = items_from(inputs, asked, row_numbers(rows))
    names = _names(methods) or list(facade.fitting_methods(asked))
    with progress():
        found = facade.compare(
            asked,
            items.inputs,
            names,
            targets=_target(target),
            controls=_names(controls) or None,
            metrics=_names(metrics),
            seed=seed,
            settings=settings_by_method(setting, names),
        )
    report = write_html(_folder(output) / "report.html", [(_title(items.titles), found)])
    written = [report, found.save(output / "comparison"), *_figures(found, items.titles, output, "comparison")]
    if as_json:
        _print_json(comparison_summary(found, items.titles))
    else:
        Console().print(comparison_table(found))
        _say_written(written)
    _exit_with([one.verdict.status for one in found.explanations.values()] + ["refuse"] * len(found.unanswered))


@app.command()
def demo(
    output: OutputOption = Path("demo_output"),
    quick: Annotated[bool, typer.Option("--quick", help="One photo and one sonar return.")] = False,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Real photos through a real ImageNet classifier, and sonar returns through a trained one, explained and judged.

    Example: xaivision demo --output demo_output
    """
    from xaivision.demo import run_demo
    from xaivision.report.table import comparison_table
    from xaivision.terminal import progress

    with progress():
        made = run_demo(_folder(output), quick=quick, seed=seed)
    if as_json:
        _print_json(made.summary)
        return
    for title, comparison in made.comparisons:
        Console().print(comparison_table(comparison, title=title))
    _say_written(made.written)


@app.command()
def info(
    model: Annotated[str, typer.Option("--model", "-m", help="A model's name: print its card.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Versions and the machine; with --model, what is known of a model.

    Example: xaivision info --model efficientnet_lite0
    """
    from xaivision.catalog import environment, model_facts
    from xaivision.report.table import facts_table

    facts = model_facts(model) if model else environment()
    if as_json:
        _print_json(facts)
    else:
        Console().print(facts_table(facts))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; what a caller did wrong is one sentence on standard error."""
    try:
        # Outside its standalone mode, what `typer.Exit` carries is returned.
        code = app(args=None if arguments is None else list(arguments), standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort, Cancelled):
        return _failed("Stopped.", STOPPED)
    except XaivisionError as error:
        return _failed(str(error), BAD_INPUT)
    except OSError as error:
        return _failed(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), BAD_INPUT)
    except Exception as error:
        if hasattr(error, "format_message"):  # typer's own usage errors
            return _failed(str(error.format_message()), BAD_INPUT)
        raise
    return code if isinstance(code, int) else 0


def settings_by_method(given: Sequence[str] | None, methods: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Settings such as `steps=64` (for every method named) or `occlusion.window=32` (for one), as Python values.

    Raises: InputError, where one is not name=value, or names a method that is not asked.
    """
    found: dict[str, dict[str, Any]] = {method: {} for method in methods}
    for one in given or ():
        name, equals, value = one.partition("=")
        method, dot, setting = name.rpartition(".")
        if not equals or (dot and method not in found) or (not dot and len(methods) > 1):
            raise InputError(
                "`--set` must be setting=value where one method is asked, or method.setting=value for one of "
                f"{', '.join(methods)}. Got {one!r}."
            )
        found[method or methods[0]][setting] = _value(value)
    return found


def row_numbers(text: str) -> list[int]:
    """[0, 1, 2, 7] from "0-2,7".

    Raises: InputError, where it is something else.
    """
    rows: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdigit() or (dash and not (last.isdigit() and int(first) <= int(last))):
            raise InputError(f"`--rows` must be numbers such as 3, 0,5 or 0-9. Got {text!r}.")
        rows += range(int(first), int(last if dash else first) + 1)
    return rows


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _target(text: str | None) -> int | str | None:
    return int(text) if text is not None and text.isdigit() else text


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _folder(path: Path) -> Path:
    if path.exists() and not path.is_dir():
        raise InputError(f"`--output` must be a folder. Got the file {path}.")
    path.mkdir(parents=True, exist_ok=True)
    return path


def _figures(result: Any, titles: Sequence[str], folder: Path, name: str) -> list[Path]:
    from xaivision.report.figure import write_figures

    return write_figures(result, folder, [f"{name}_{index}" for index in range(len(titles))])


def _title(titles: Sequence[str]) -> str:
    return titles[0] if len(titles) == 1 else f"{titles[0]} and {len(titles) - 1} more"


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, allow_nan=False))


def _say_written(paths: Sequence[Path]) -> None:
    typer.echo("Written: " + ", ".join(str(path) for path in paths))


def _failed(text: str, code: int) -> int:
    typer.echo(text, err=True)
    return code


def _exit_with(statuses: Sequence[str]) -> None:
    if "refuse" in statuses:
        raise typer.Exit(REFUSED)
