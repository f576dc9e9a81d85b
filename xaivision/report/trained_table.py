"""How a trained classifier does, as a table."""

from rich.table import Table
from rich.text import Text

from xaivision.models.learned_card import LearnedCard
from xaivision.report.table import empty_table
from xaivision.report.wording import plain


def trained_table(card: LearnedCard) -> Table:
    """A row for each class: pictures of each part, recall with its interval, and what its test pictures were called instead."""
    table = empty_table(f"{plain(card.data)} by {plain(card.weights)}")
    table.add_column("class")
    for heading in ("train", "validation", "test", "recall", "95 % interval"):
        table.add_column(heading, justify="right")
    table.add_column("mistaken for")
    for number, (one, recall) in enumerate(zip(card.counts, card.scores.recalls, strict=True)):
        interval = f"{recall.low:.3f} to {recall.high:.3f}" if recall.count else ""
        share = f"{recall.share:.3f}" if recall.count else "not tested"
        counts = (str(one.train), str(one.validation), str(one.test))
        table.add_row(*map(Text, (plain(one.name), *counts, share, interval, _mistaken(card, number))))
    table.caption = Text(_caption(card))
    return table


def _mistaken(card: LearnedCard, number: int) -> str:
    """The other classes by how often, the most frequent first."""
    row = card.scores.confusion[number]
    wrong = sorted((label for label in range(len(row)) if label != number and row[label]), key=lambda label: -row[label])
    return ", ".join(f"{plain(card.counts[label].name)} ({row[label]})" for label in wrong)


def _caption(card: LearnedCard) -> str:
    scores = card.scores
    said = [
        f"Accuracy {scores.accuracy:.4f} [{scores.accuracy_low:.4f}, {scores.accuracy_high:.4f}], balanced accuracy "
        f"{scores.balanced_accuracy:.4f}, calibration error {scores.calibration_error:.4f}, on {scores.count} test {card.inputs}."
    ]
    if not card.pretrained:
        said.append("The backbone began with random weights: it had learned nothing.")
    return "\n".join(said)
