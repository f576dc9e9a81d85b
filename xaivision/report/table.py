"""Tables for the terminal, readable as plain text where there is no terminal. Names are foreign text and never markup."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from io import StringIO
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from xaivision.core.examples import Examples
from xaivision.core.explanation import Explanation
from xaivision.core.scores import Scores
from xaivision.core.verdict import Verdict
from xaivision.evaluation.comparison import Comparison
from xaivision.evaluation.standing import REVERSED, standing
from xaivision.report.answer import STRONGEST, answer_text
from xaivision.report.badge import Badge, badge_of
from xaivision.report.example_words import example_lines, sum_words
from xaivision.report.remarks import remarks, remarks_on_all
from xaivision.report.signed_map import refused
from xaivision.report.standing import controls_text, interval_text, value_text
from xaivision.report.wording import cost, duration, headline, method_name, number, plain

# Wide enough that nothing is folded in a file or a pipe, where nobody can widen the window and nobody has said how wide.
PLAIN_WIDTH, LEAST_WIDTH = 400, 20
# How a verdict begins that says why there is no counterfactual.
NOT_FOUND = ("not found: ", "nothing has to change: ")
STYLES: dict[Badge, str] = {"control": "dim", "ok": "green", "warn": "yellow", "refuse": "bold red"}


class Printed(Table):
    """A table that `print` and `str` show as plain text, where there is no rich console."""

    def __str__(self) -> str:
        return as_text(self).rstrip("\n")


def comparison_table(comparison: Comparison, title: str = "") -> Table:
    """A row for each method and control: verdict, each metric, how many controls it beats, calls and time; doubts and notes
    below.
    """
    batch = len(comparison.query)
    explained = headline(comparison.query, 0) if batch == 1 else f"{batch} inputs, mean [95 % interval]"
    table = empty_table(": ".join(filter(None, (plain(title), explained))))
    table.add_column("method", overflow="fold", min_width=17)
    table.add_column("verdict", no_wrap=True)
    for metric in comparison.scores:
        table.add_column(f"{plain(metric)} {_arrow(comparison, metric)}".strip(), no_wrap=True)
    for heading in ("calls", "time"):
        table.add_column(heading, justify="right", no_wrap=True)
    for label in comparison.explanations:
        if label == next(iter(comparison.controls), None):
            table.add_section()
            table.add_row(Text("controls:", style="dim"))
        table.add_row(*_comparison_row(comparison, label))
    for label in comparison.unanswered:
        table.add_row(Text(plain(label)), badge_word("refuse", "failed"))
    table.caption = _doubts(comparison)
    return table


def explanation_table(explanation: Explanation, titles: Sequence[str] = ()) -> Table:
    """A row for each input: what was explained, the verdict, and the answer with its doubts and notes; the cost below."""
    table = empty_table(plain(method_name(explanation.origin)))
    for heading in ("input", "explained", "verdict", "answer"):
        table.add_column(heading)
    for index, verdict in enumerate(explanation.verdicts):
        name = plain(titles[index]) if index < len(titles) else str(index)
        said, reasons = _answer(explanation, index), verdict.reasons if verdict.status == "warn" else ()
        if why := [plain(reason) for reason in reasons if reason.startswith(NOT_FOUND)]:
            said = why[0]  # which says that nothing was found, and why
            reasons = tuple(reason for reason in reasons if not reason.startswith(NOT_FOUND))
        doubts = [f"Doubt: {plain('; '.join(reasons))}"] if reasons else []
        notes = [f"Note: {note}" for note in remarks(explanation, index)]
        parts = [said, *doubts, *notes]
        told = Text("\n".join(parts) if "\n" in said else ". ".join([*(one.rstrip(".") for one in parts[:-1]), parts[-1]]))
        table.add_row(Text(name), Text(headline(explanation.query, index)), badge_word(verdict.status), told)
    table.caption = Text(cost(explanation.diagnostics))
    return table


def _answer(explanation: Explanation, index: int) -> str:
    """The answer in words; examples on a line each."""
    if not isinstance(explanation, Examples) or refused(explanation, index):
        return answer_text(explanation, index)
    lines = example_lines(explanation, index, STRONGEST)
    return "\n".join([*lines, *sum_words(explanation, index, len(lines))])


def scores_table(scores: Scores, titles: Sequence[str] = ()) -> Table:
    """A row for each input, and their mean with its interval: the method's value beside those of the controls."""
    direction = "higher is better" if scores.higher_is_better else "lower is better"
    table = empty_table(f"{plain(scores.metric)} of {plain(scores.method)}: {plain(scores.unit)}, {direction}")
    table.add_column("input")
    columns = {plain(scores.method): scores, **{f"{plain(name)} (control)": one for name, one in scores.controls.items()}}
    for heading in columns:
        table.add_column(heading, justify="right")
    for index in range(len(scores.values)):
        name = plain(titles[index]) if index < len(titles) else str(index)
        table.add_row(Text(name), *(Text(number(float(one.values[index]))) for one in columns.values()))
    if len(scores.values) > 1:
        table.add_section()
        table.add_row(Text("mean [95 % interval]"), *(Text(value_text(standing(one))) for one in columns.values()))
    asked = (
        f"{scores.model_calls}+{scores.gradient_calls} calls (inputs scored + inputs differentiated), {duration(scores.seconds)}"
    )
    table.caption = Text("\n".join([*map(plain, scores.notes), asked]))
    return table


def overview_table(shelf: str, cards: Iterable[Mapping[str, Any]], facts: Sequence[str], caption: str = "") -> Table:
    """A row for each card: its name and these facts, on one line; what does not fit ends in an ellipsis."""
    table = empty_table("")
    table.add_column(plain(shelf), no_wrap=True)
    for fact in facts:
        table.add_column(plain(fact), no_wrap=fact == "needs")
    for card in cards:
        # The cells refuse to be folded, not their columns: those may then give way where the terminal is narrow.
        told = (Text(_fact(card[fact]), no_wrap=True, overflow="ellipsis") for fact in facts)
        table.add_row(Text(_fact(card["name"])), *told)
    table.caption = Text(plain(caption))
    return table


def catalog_table(shelf: str, cards: Iterable[Any]) -> Table:
    """A row for each card (a dataclass or a mapping): its name, what it says first, and its other facts a line each."""
    table = empty_table("")
    table.add_column(plain(shelf), no_wrap=True)
    table.add_column("")
    for card in cards:
        name, *facts = (
            _fact(value) if position == 0 else (key, _fact(value)) for position, (key, value) in enumerate(_facts(card))
        )
        table.add_row(Text(str(name)), _lines([fact for fact in facts if isinstance(fact, tuple)]))
    return table


def facts_table(facts: Mapping[str, Any], title: str = "") -> Table:
    """Names and values, one a row."""
    table = empty_table(plain(title))
    table.show_header = False
    table.box = None
    table.add_column("name", no_wrap=True)
    table.add_column("value", overflow="fold")
    for name, value in facts.items():
        table.add_row(Text(plain(name)), Text(_fact(value)))
    return table


def as_text(table: Table) -> str:
    """The table as plain text for files, pipes and logs: as wide as the variable COLUMNS says, and without it nothing folded."""
    stream = StringIO()
    Console(file=stream, width=_plain_width(), force_terminal=False, color_system=None, emoji=False).print(table, crop=False)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def _plain_width() -> int:
    said = os.environ.get("COLUMNS", "")
    return max(LEAST_WIDTH, int(said)) if said.isdecimal() and int(said) else PLAIN_WIDTH


def stacked(tables: Iterable[Table]) -> Table:
    """The tables, one below the other."""
    grid = Printed.grid()
    for table in tables:
        grid.add_row(table)
    return grid


def empty_table(title: str) -> Table:
    """A table in the house's style, without columns yet."""
    heading = Text(title, style="bold") if title else None
    return Printed(
        title=heading,
        title_justify="left",
        caption_justify="left",
        caption_style="dim",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )


def _comparison_row(comparison: Comparison, label: str) -> list[Text]:
    explanation = comparison.explanations[label]
    cells = [
        Text(plain(label), style="dim" if label in comparison.controls else ""),
        badge_word(badge_of(_verdict(comparison, label), label in comparison.controls)),
    ]
    for metric in comparison.scores:
        cells.append(_metric_cell(comparison, metric, label))
    d = explanation.diagnostics
    return [*cells, Text(f"{d.model_calls}+{d.gradient_calls}"), Text(duration(d.seconds))]


def _metric_cell(comparison: Comparison, metric: str, label: str) -> Text:
    """The value, how many controls are worse, and the interval below; nothing for explanations that must not be shown."""
    refused = all(verdict.status == "refuse" for verdict in comparison.explanations[label].verdicts)
    if refused or label not in comparison.scores[metric]:
        return Text("")
    found = standing(comparison.scores[metric][label])
    value = " ".join(filter(None, (number(found.mean), controls_text(found))))
    return Text("\n".join(filter(None, (value, interval_text(found.interval)))))


def _arrow(comparison: Comparison, metric: str) -> str:
    """The direction that is better."""
    score = next(iter(comparison.scores[metric].values()), None)
    return "" if score is None else "\N{UPWARDS ARROW}" if score.higher_is_better else "\N{DOWNWARDS ARROW}"


def _doubts(comparison: Comparison) -> Text:
    """Every reason behind a verdict that is not ok, every failure, notes, and the time of the whole comparison."""
    verdicts = {label: _verdict(comparison, label) for label in comparison.explanations}
    lines = [f"{plain(label)}: {_reasons(verdict)}" for label, verdict in verdicts.items() if verdict.status != "ok"]
    lines += [f"{plain(label)}: {plain(why)}" for label, why in comparison.failures.items()]
    for label, explanation in comparison.explanations.items():
        lines += [f"{plain(label)}: note: {note}" for note in remarks_on_all(explanation)]
    if comparison.controls and comparison.scores:
        lines.append(f"1/2: beats one of two controls on average; `{REVERSED}` is a method's own map with its ranking reversed")
    lines.append("calls: inputs scored + inputs differentiated; calls and time are those of each row alone")
    together = cost(comparison.cost)
    return Text("\n".join([*lines, f"everything together, with the metrics: {together}"]))


def _verdict(comparison: Comparison, label: str) -> Verdict:
    """A control has no more than its explanation's own."""
    return comparison.verdicts.get(label, comparison.explanations[label].verdict)


def _reasons(verdict: Verdict) -> str:
    return plain("; ".join(verdict.reasons)) or verdict.status


def badge_word(badge: Badge, word: str = "") -> Text:
    """The word in the color of the badge; the badge's own where none is given."""
    return Text(word or badge, style=STYLES[badge])


def _facts(card: Any) -> list[tuple[str, Any]]:
    if is_dataclass(card) and not isinstance(card, type):
        return [(part.name, getattr(card, part.name)) for part in fields(card)]
    return list(card.items()) if isinstance(card, Mapping) else [("name", card)]


def _lines(facts: Sequence[tuple[str, str]]) -> Text:
    """The first fact bare, the others behind their names; what a card leaves open is left out."""
    lines = Text()
    for position, (key, fact) in enumerate(facts):
        if fact and position == 0:
            lines.append(f"{fact}\n")
        elif fact:
            lines.append(f"{plain(key).replace('_', ' ')}: {fact}\n", style="dim")
    return lines


def _fact(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value, 4)
    if isinstance(value, Mapping):
        return ", ".join(f"{plain(name)} {_fact(part)}" for name, part in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(_fact, value))
    return plain(value)
