"""The prototypes of a classifier by distributions as a table for a terminal: how sure it is of inputs, or what it holds."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from xaivision.explainers.prototypes.distribution_gallery import DistributionGallery
from xaivision.explainers.prototypes.prototype_uncertainty import PrototypeUncertainty
from xaivision.report.table import empty_table
from xaivision.report.uncertainty_words import MEANINGS
from xaivision.report.wording import number, plain


def distribution_table(gallery: DistributionGallery, titles: Sequence[str] = ()) -> Table:
    """A row for each input with how sure the model is of it; where none was asked about, a row for each class with its parts."""
    title = f"{len(gallery)} distributions of {plain(gallery.model)}"
    return _held(gallery, title) if gallery.doubts is None else _asked(gallery.doubts, title, titles)


def _held(gallery: DistributionGallery, title: str) -> Table:
    table = empty_table(title)
    for heading in ("class", "parts and their shares"):
        table.add_column(heading, no_wrap=True)
    for name, shares in zip(gallery.class_names, gallery.draws.shares.tolist(), strict=True):
        table.add_row(Text(plain(name)), Text(", ".join(f"{share:.0%}" for share in shares)))
    return table


def _asked(doubts: PrototypeUncertainty, title: str, titles: Sequence[str]) -> Table:
    table = empty_table(title)
    table.add_column("input", no_wrap=True)
    for heading in ("called", "explanation", "probability", "total", "aleatoric", "epistemic", "nearer", "in common", "with"):
        table.add_column(heading, no_wrap=True)
    for index, reading in enumerate(doubts.readings):
        called = int(doubts.classes[index])
        parts = (
            doubts.probabilities[index, called],
            *(part[index] for part in (doubts.total, doubts.aleatoric, doubts.epistemic)),
        )
        shares = (f"{float(doubts.percentile[index]):.1%}", f"{float(doubts.overlap[index]):.2f}")
        names = [plain(doubts.class_names[label]) for label in (called, int(doubts.rivals[index]))]
        said = (
            plain(titles[index]) if index < len(titles) else str(index),
            names[0],
            reading,
            *(number(float(part)) for part in parts),
            *shares,
            names[1],
        )
        table.add_row(*map(Text, said))
    table.caption = Text(
        "In nats: total is aleatoric, which every draw of the prototypes is unsure of, and epistemic, by which draws differ. "
        "Nearer: the share of the training inputs called the same that are nearer to the prototype. In common: of the distances, "
        "with those to another class. Explanation, whatever the probability is: "
        + " ".join(f"{name.capitalize()}: {meaning}." for name, meaning in MEANINGS.items())
    )
    return table
