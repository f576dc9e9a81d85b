"""Attributes as a table for a terminal."""

from rich.table import Table
from rich.text import Text

from xaivision.evaluation.attribute_sheet import AttributeSheet
from xaivision.report.attribute_words import attribute_name, company_words, doubts
from xaivision.report.table import empty_table
from xaivision.report.wording import number, plain


def attribute_table(sheet: AttributeSheet) -> Table:
    """A row for each attribute: by how much the lead of a prediction falls by it, how many pictures it and those before it turn,
    and what it goes with; how far to trust all of it below.
    """
    table = empty_table(f"{len(sheet.attributes.numbers)} attributes of {plain(sheet.model)}")
    table.add_column("attribute", no_wrap=True)
    for heading in ("lead falls by", "turned so far"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("goes with")
    for place, (effect, share) in enumerate(zip(sheet.attributes.effects.tolist(), sheet.attributes.flips.tolist(), strict=True)):
        told = (attribute_name(sheet, place), number(effect), f"{share:.0%}", company_words(sheet, place))
        table.add_row(*map(Text, told))
    trust = f"Of {len(sheet.answer.query)} pictures {sheet.validity:.0%} are turned by these attributes alone"
    kept = f"{sheet.preserved:.0%} keep their decision as the generator alone makes them."
    table.caption = Text(" ".join([f"{trust}; {kept}", *(f"Doubt: {one}" for one in doubts(sheet))]))
    return table
