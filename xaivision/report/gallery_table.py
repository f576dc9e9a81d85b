"""The prototypes of a model as a table for a terminal."""

from rich.table import Table
from rich.text import Text

from xaivision.explainers.prototypes.gallery import PrototypeGallery
from xaivision.report.table import empty_table
from xaivision.report.wording import number, plain, signed


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
