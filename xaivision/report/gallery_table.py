"""The prototypes of a model, and inputs in which they were found, as tables for a terminal."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from xaivision.explainers.prototypes.gallery import PrototypeGallery
from xaivision.report.example_words import rank_words, sum_words
from xaivision.report.table import empty_table
from xaivision.report.wording import headline, number, plain, signed


def gallery_table(gallery: PrototypeGallery) -> Table:
    """A row for each prototype: its class, the training input, what it says for its class, and the table of characteristics."""
    table = empty_table(f"{len(gallery)} prototypes of {plain(gallery.model)}")
    for heading in ("prototype", "class", "training input"):
        table.add_column(heading, no_wrap=True)
    table.add_column(f"{gallery.score_unit} a point of similarity", justify="right")
    why = gallery.characteristics
    for name in () if why is None else why.changes:
        table.add_column(plain(name), justify="right", no_wrap=True)
    for label, name in enumerate(gallery.class_names):
        for one in gallery.of_class(label):
            said = [str(one), plain(name), str(int(gallery.sources.rows[one])), signed(float(gallery.weights[one, label]))]
            scores = [] if why is None else [number(score, 2) for score in why.overall[one].tolist()]
            table.add_row(*map(Text, (*said, *scores)))
    if why is not None:
        sizes = ", ".join(f"{plain(name)} {size:.3f}" for name, size in zip(why.changes, why.sizes.mean(0).tolist(), strict=True))
        table.caption = Text(
            "Properties: by how much the similarity falls when that property of the whole picture is changed. "
            f"Compare prototypes within a column: changes differ in size, by which a pixel moves ({sizes})."
        )
    return table


def matches_table(gallery: PrototypeGallery, titles: Sequence[str] = ()) -> Table | None:
    """A row for each input: its class, the prototypes found in it with what they add, and how far it may move where that is
    proven; None where no inputs were asked about.
    """
    matches = gallery.matches
    if matches is None:
        return None
    table = empty_table("This looks like that")
    for heading in ("input", "explained", "prototypes", *([] if gallery.certificate is None else ["certified radius"])):
        table.add_column(heading)
    for index in range(len(matches.query)):
        name = plain(titles[index]) if index < len(titles) else str(index)
        count = matches.examples.shape[1]
        said = [*(rank_words(matches, index, rank) for rank in range(count)), *sum_words(matches, index, count)]
        radius = [] if gallery.certificate is None else [number(float(gallery.certificate.radii[index]))]
        table.add_row(*map(Text, (name, headline(matches.query, index), "\n".join(said), *radius)))
    if gallery.certificate is not None:
        table.caption = Text(f"Certified radius: no shorter move, in {gallery.certificate.space}, changes the class.")
    return table
