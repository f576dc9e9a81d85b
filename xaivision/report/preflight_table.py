"""The preflight of a model as a table: each method, what it can be trusted with, and why."""

from rich import box
from rich.table import Table
from rich.text import Text

from xaivision.explainers.preflight import STANDINGS, Finding, Preflight, Standing
from xaivision.report.wording import plain

# Beside the word, as in every table here: nobody has to tell the colors apart.
MARKS: dict[Standing, str] = {
    "valid": "\N{CHECK MARK}",
    "repaired": "\N{CHECK MARK}",
    "doubtful": "!",
    "refused": "\N{MULTIPLICATION X}",
}
STYLES: dict[Standing, str] = {"valid": "green", "repaired": "cyan", "doubtful": "yellow", "refused": "bold red"}
MEANING = (
    "valid: nothing speaks against it. repaired: right, on a changed copy. doubtful: there is a doubt. refused: no answer. "
    "Tried on one input."
)


def preflight_table(found: Preflight) -> Table:
    """A row for each method, the trusted ones first; what is to be doubted of the model itself stands below."""
    table = Table(title=Text(plain(found.model)), box=box.SIMPLE_HEAD, title_justify="left", caption_justify="left")
    table.add_column("method", no_wrap=True)
    table.add_column("standing", no_wrap=True)
    table.add_column("why", overflow="fold")
    for finding in sorted(found.findings, key=lambda finding: STANDINGS.index(finding.standing)):
        table.add_row(Text(plain(finding.method)), _word(finding.standing), Text(plain(reason(finding))))
    doubts = [f"The model: {plain(doubt)}." for doubt in found.doubts]
    table.caption = Text("\n".join([*doubts, MEANING]))
    return table


def reason(finding: Finding) -> str:
    """The reasons in one line: of many repairs the first, and how many there are."""
    if finding.standing != "repaired" or len(finding.reasons) < 3:
        return "; ".join(finding.reasons)
    return f"{finding.reasons[0]}, and {len(finding.reasons) - 1} more repairs"


def _word(standing: Standing) -> Text:
    return Text(f"{MARKS[standing]} {standing}", style=STYLES[standing])
