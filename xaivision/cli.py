"""The command line: the commands, and what becomes of an error."""

from collections.abc import Sequence
from typing import Annotated

import typer

from xaivision import __version__
from xaivision.commands.app import app as app_in_the_browser
from xaivision.commands.attributes import attributes
from xaivision.commands.audit import audit
from xaivision.commands.benchmark import benchmark
from xaivision.commands.compare import compare
from xaivision.commands.datasets import datasets
from xaivision.commands.demo import demo
from xaivision.commands.evaluate import evaluate
from xaivision.commands.exit_codes import BAD_INPUT, STOPPED
from xaivision.commands.explain import explain
from xaivision.commands.info import info
from xaivision.commands.list import list_
from xaivision.commands.narrate import narrate
from xaivision.commands.pick import pick
from xaivision.commands.prototypes import prototypes
from xaivision.commands.shortcuts import shortcuts
from xaivision.commands.surrogate import surrogate
from xaivision.commands.train import train
from xaivision.core.errors import Cancelled, XaivisionError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=(
        "Exit codes: 0 every explanation can be shown; 1 one was refused or failed; 2 bad input; 3 a condition of --fail-under "
        "is not met; 130 stopped."
    ),
)


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


# In the order in which `--help` lists them.
app.command("list")(list_)
app.command()(explain)
app.command()(compare)
app.command()(evaluate)
app.command()(pick)
app.command()(narrate)
app.command()(audit)
app.command()(benchmark)
app.command()(train)
app.command()(shortcuts)
app.command()(surrogate)
app.command()(prototypes)
app.command()(attributes)
app.add_typer(datasets, name="datasets")
app.command("app")(app_in_the_browser)
app.command()(demo)
app.command()(info)


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


def _failed(text: str, code: int) -> int:
    typer.echo(text, err=True)
    return code
