"""`xaivision demo`: real photos and sonar returns, explained and judged."""

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from xaivision.commands.folder import check_folder, made_folder
from xaivision.commands.telling import print_json, say_written, show
from xaivision.options import JsonOption, OutputOption, SeedOption


def demo(
    output: OutputOption = Path("demo_output"),
    quick: Annotated[bool, typer.Option("--quick", help="One photo and one sonar return.")] = False,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Real photos, sonar returns and simulated sonar scenes through trained classifiers, explained, judged, and distrusted.

    Example: xaivision demo --output demo_output
    """
    from xaivision.terminal import doing, progress

    check_folder(output)
    with progress():
        doing("starting", lambda: import_module("xaivision.demo"))
        from xaivision.demo import run_demo
        from xaivision.report.shortcut_table import shortcut_table
        from xaivision.report.table import comparison_table

        made = run_demo(made_folder(output), quick=quick, seed=seed)
    if as_json:
        print_json(made.summary)
        return
    for title, comparison in made.comparisons:
        show(comparison_table(comparison, title=title))
    show(shortcut_table(made.sonar.shortcut))
    say_written(made.written)
