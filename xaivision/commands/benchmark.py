"""`xaivision benchmark`: which methods can be believed where the truth is known?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xaivision.arguments import names_in
from xaivision.commands.folder import check_folder, made_folder
from xaivision.commands.telling import tell
from xaivision.options import JsonOption, OutputOption, SeedOption

if TYPE_CHECKING:
    from xaivision.evaluation.known_answers.benchmark_report import BenchmarkReport

# Named here, since reading them off the registry takes torch, and seconds.
SUITES = "tables, built, grids, 'disconnected grids', objects, blocks, tetrominoes"


def benchmark(
    suite: Annotated[list[str] | None, typer.Argument(help=f"Suites: {SUITES}; all if left out.")] = None,
    methods: Annotated[
        str | None, typer.Option("--methods", help="With commas; every method that fits the model that is asked, if left out.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer sets, inputs and model evaluations: three minutes of one core.")
    ] = False,
    afresh: Annotated[bool, typer.Option("--afresh", help="Ask everything again, whatever was answered before.")] = False,
    seed: SeedOption = 0,
    output: OutputOption = Path("xaivision_output"),
    as_json: JsonOption = False,
) -> None:
    """Ask every method questions whose answer is known, and tell who comes near it, beside controls.

    Models and what was answered are kept: a run that was stopped goes on where it was.

    Example: xaivision benchmark tetrominoes --quick --methods saliency,integrated_gradients
    """
    check_folder(output)
    report = _reported(suite, methods, quick, afresh, seed)
    from xaivision.report.benchmark_files import benchmark_summary, write_benchmark
    from xaivision.report.benchmark_table import benchmark_tables

    written = write_benchmark(report, made_folder(output))
    shown: Any = benchmark_tables
    tell(lambda: benchmark_summary(report), lambda: shown(report), written, (), as_json=as_json)


def _reported(suite: list[str] | None, methods: str | None, quick: bool, afresh: bool, seed: int) -> "BenchmarkReport":
    from importlib import import_module

    from xaivision.terminal import doing, progress

    with progress():
        doing("starting", lambda: import_module("xaivision.benchmarking"))  # torch takes seconds to import
        from xaivision.benchmarking import benchmark as run

        named = None if methods is None else names_in(methods)
        return run(suite or None, methods=named, quick=quick, afresh=afresh, seed=seed)
