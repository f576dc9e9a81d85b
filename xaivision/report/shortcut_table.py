"""The shortcut report as a table for a terminal, with its sentences below."""

from math import isnan

from rich.table import Table
from rich.text import Text

from xaivision.evaluation.shortcuts.finding import Finding, Strength
from xaivision.evaluation.shortcuts.report import ShortcutReport
from xaivision.evaluation.shortcuts.use import ModelUse
from xaivision.report.table import empty_table
from xaivision.report.wording import plain

STYLES: dict[Strength, str] = {"decides": "bold red", "tells": "yellow", "nothing": "green", "untested": "dim"}


def shortcut_table(report: ShortcutReport) -> Table:
    """A row for each property: what was found, how well it tells the class, how sure that is, and what a model does with it."""
    table = empty_table(f"{plain(report.data)}: does the class follow from something beside the object?")
    table.add_column("property", no_wrap=True)
    table.add_column("found", no_wrap=True)
    for heading in ("balanced accuracy", "95 % interval", "chance", "p"):
        table.add_column(heading, justify="right", no_wrap=True)
    if report.model:
        for heading in ("model, misled", "model, others", "without it", "with as much elsewhere"):
            table.add_column(heading, justify="right")
    uses = {use.probe: use for use in report.uses}
    for one in report.findings:
        cells = [Text(plain(one.probe)), Text(one.strength, style=STYLES[one.strength]), *_numbers(one)]
        table.add_row(*cells, *(_use(uses.get(one.probe)) if report.model else ()))
    table.caption = Text("\n".join(map(plain, report.sentences)))
    return table


def _numbers(one: Finding) -> list[Text]:
    if isnan(one.accuracy):
        return [Text("")] * 4
    low, high = one.interval
    return [Text(said) for said in (f"{one.accuracy:.3f}", f"{low:.3f} to {high:.3f}", f"{one.chance:.3f}", f"{one.p:.4f}")]


def _use(use: ModelUse | None) -> list[Text]:
    if use is None:
        return [Text("")] * 4
    removed = use.removed
    values = (
        use.misled.accuracy,
        use.misled.accuracy_of_others,
        float("nan") if removed is None else removed.after,
        float("nan") if removed is None else removed.elsewhere,
    )
    return [Text("" if isnan(value) else f"{value:.2f}") for value in values]
