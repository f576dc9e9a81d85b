"""The command line: parse, call, show."""

import json
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xaivision import __version__
from xaivision.arguments import names_in, row_numbers, settings_by_name
from xaivision.core.errors import Cancelled, InputError, XaivisionError
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

if TYPE_CHECKING:
    from rich.table import Table

    from xaivision.asking import Asked

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Exit codes: 0 every explanation can be shown; 1 one was refused or failed; 2 bad input; 130 stopped.",
)

REFUSED, BAD_INPUT, STOPPED = 1, 2, 130


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
    what: Annotated[str, typer.Argument(help="methods, controls, metrics, models or datasets; all if left out.")] = "",
    name: Annotated[str, typer.Argument(help="One of them: print all that is known of it.")] = "",
    long: Annotated[bool, typer.Option("--long", help="Whole cards.")] = False,
    as_json: JsonOption = False,
) -> None:
    """What there is, by name: one line each, or the whole card of one.

    Example: xaivision list methods occlusion
    """
    from xaivision.terminal import doing, progress

    with progress():
        shelves = doing("reading the cards", lambda: _shelves(what, name, whole=long or bool(name)))
    if as_json:
        _print_json(shelves)
        return
    from xaivision.catalog import COST_NOTE, OVERVIEW
    from xaivision.report.table import catalog_table, overview_table

    for shelf, cards in shelves.items():
        note = f"{COST_NOTE} " if "cost" in OVERVIEW[shelf] else ""
        hint = f"{note}`xaivision list {shelf} NAME` prints a whole card."
        _show(catalog_table(shelf, cards) if long or name else overview_table(shelf, cards, OVERVIEW[shelf], hint))


@app.command()
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
    _check_folder(output)
    with progress():
        asked = _asked(model, inputs, numbers, label)
        from xaivision import facade
        from xaivision.report.summary import explanation_summary
        from xaivision.report.table import explanation_table

        asked.add_background(settings, background)
        wanted = asked.target_said(target, against, score)
        explainer = facade.explainer_with(asked.model, method, settings[method])
        found = facade.explain(asked.model, asked.inputs, explainer, wanted, seed=seed)
        written = doing("writing figures", lambda: _written(found, asked.titles, output, method))
    _tell(
        lambda: explanation_summary(found, asked.titles),
        lambda: explanation_table(found, asked.titles),
        written,
        asked.notes,
        as_json=as_json,
    )
    _exit_with([found.verdict.status])


@app.command()
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
    _check_folder(output)
    with progress():
        asked = _asked(model, inputs, numbers, label)
        from xaivision import facade
        from xaivision.report.summary import comparison_summary
        from xaivision.report.table import comparison_table

        given = ["background"] if background else ()
        names = names_in(methods) or list(facade.usual_methods(asked.model, given))
        names = list(facade.fitting_methods(asked.model, given)) if names == ["all"] else names
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
        written = doing("writing the report", lambda: _written(found, asked.titles, output, "comparison", report=True))
    _tell(lambda: comparison_summary(found, asked.titles), lambda: comparison_table(found), written, asked.notes, as_json=as_json)
    _exit_with([one.verdict.status for one in found.explanations.values()] + ["refuse"] * len(found.unanswered))


@app.command()
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
    _check_folder(output)
    with progress():
        asked = _asked(model, inputs, numbers, label)
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
        written = doing("writing the figure", lambda: _written(found, (), output, f"{metric}_of_{method}"))
    _tell(
        lambda: evaluation_summary(found, asked.titles),
        lambda: scores_table(found, asked.titles),
        written,
        asked.notes,
        as_json=as_json,
    )
    _exit_with(["refuse"] if found.undefined else [verdict.status] if verdict else [])


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
    from xaivision.terminal import doing, progress

    _check_folder(output)
    with progress():
        doing("starting", lambda: import_module("xaivision.demo"))
        from xaivision.demo import run_demo
        from xaivision.report.table import comparison_table

        made = run_demo(_made(output), quick=quick, seed=seed)
    if as_json:
        _print_json(made.summary)
        return
    for title, comparison in made.comparisons:
        _show(comparison_table(comparison, title=title))
    _say_written(made.written)


@app.command()
def info(
    model: Annotated[str, typer.Option("--model", "-m", help="A model's name: print its card and preflight.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Versions and the machine; with --model, what is known of a model, and which methods are right on it.

    Example: xaivision info --model efficientnet_lite0
    """
    from xaivision.terminal import doing, progress

    with progress():
        facts, tables = doing(f"looking at {model}" if model else "looking around", lambda: _told(model))
    if as_json:
        _print_json(facts)
        return
    for table in tables:
        _show(table)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; what a caller did wrong is one sentence on standard error."""
    try:
        # Outside its standalone mode, what `typer.Exit` carries is returned; so is 130 where the user stopped it.
        code = app(args=None if arguments is None else list(arguments), standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort, Cancelled):
        code = STOPPED
    except XaivisionError as error:
        return _failed(str(error), BAD_INPUT)
    except OSError as error:
        return _failed(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), BAD_INPUT)
    except Exception as error:
        if hasattr(error, "format_message"):  # typer's own usage errors
            return _failed(str(error.format_message()), BAD_INPUT)
        raise
    if code == STOPPED:
        return _failed("Stopped.", STOPPED)
    return code if isinstance(code, int) else 0


def _shelves(what: str, name: str, *, whole: bool) -> dict[str, list[dict[str, Any]]]:
    from xaivision.catalog import catalog, full_cards

    return full_cards(what, name) if whole else catalog(what)


def _told(model: str) -> tuple[dict[str, Any], list["Table"]]:
    from xaivision.first_look import told

    return told(model)


def _asked(spec: str, inputs: Sequence[str], rows: Sequence[int], label: str | None) -> "Asked":
    from xaivision.terminal import doing

    doing("starting", lambda: import_module("xaivision.asking"))  # torch takes seconds to import
    from xaivision.asking import asked

    return asked(spec, inputs, rows, label)


def _written(result: Any, titles: Sequence[str], folder: Path, name: str, *, report: bool = False) -> list[Path]:
    """Write the result, a figure for each title (one for scores), and a report."""
    from xaivision.report.figure import png, write_figures
    from xaivision.report.html import write_html
    from xaivision.report.whole_file import write_whole

    _made(folder)
    figures = (
        write_figures(result, folder, [f"{name}_{index}" for index in range(len(titles))])
        if titles
        else [write_whole(folder / f"{name}.png", png(result.show()))]
    )
    pages = [write_html(folder / "report.html", [(_title(titles), result)])] if report else []
    return [*pages, result.save(folder / name), *figures]


def _check_folder(path: Path) -> None:
    """Before any work, so that none is lost."""
    if path.exists() and not path.is_dir():
        raise InputError(f"`--output` must be a folder. Got the file {path}.")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _title(titles: Sequence[str]) -> str:
    return titles[0] if len(titles) == 1 else f"{titles[0]} and {len(titles) - 1} more"


def _show(table: "Table") -> None:
    """As wide as the terminal; in files and pipes nothing is folded."""
    from rich.console import Console

    from xaivision.report.table import as_text

    console = Console()
    if console.is_terminal:
        console.print(table)
    else:
        typer.echo(as_text(table), nl=False)


def _tell(
    summary: Callable[[], Any], table: Callable[[], "Table"], written: Sequence[Path], notes: Sequence[str], *, as_json: bool
) -> None:
    """The answer on standard output, as JSON or as a table; what has to be said beside it on standard error."""
    for note in notes:
        typer.echo(note, err=True)
    if as_json:
        _print_json(summary())
    else:
        _show(table())
        _say_written(written)


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
