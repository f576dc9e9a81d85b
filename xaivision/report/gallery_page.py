"""What the page of a gallery of prototypes shows, in the form its template takes: all foreign text made plain."""

from dataclasses import dataclass

from torch import Tensor

from xaivision.core.examples import Examples
from xaivision.evaluation.prototypes.prototype_scores import PrototypeScores
from xaivision.explainers.prototypes.characteristics import Characteristics
from xaivision.explainers.prototypes.gallery import PrototypeGallery
from xaivision.report.cards import MOST_IN_A_CARD, DrawnPair, drawn_pairs
from xaivision.report.certificate_words import radius_words
from xaivision.report.column_pairs import ColumnPairs, column_pairs
from xaivision.report.example_words import added_words, sum_words
from xaivision.report.examples_figure import Profiles, profiles
from xaivision.report.gallery_figure import WIDEST, columns_of, prototype_lines, title_of
from xaivision.report.markup import cell_colors, data_uri, profile_points
from xaivision.report.palette import LINE_COLORS
from xaivision.report.photo import photo_pixels
from xaivision.report.prototype_scores_table import ABOUT, score_headings, score_rows
from xaivision.report.wording import counted, headline, number, place, plain

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Boxed:
    """A picture of so many pixels with a box (left, top, width, height) on it, and the words for those who cannot see it."""

    anchor: str
    uri: str
    width: int
    height: int
    box: Box
    color: str
    alt: str

    @property
    def crop(self) -> str:
        """What the box holds, as the view of an SVG picture."""
        return " ".join(f"{side:g}" for side in self.box)

    @property
    def crop_size(self) -> tuple[str, str]:
        """Width and height of the crop in a square of side 1, its longer side as long as that."""
        longer = max(self.box[2:])
        return f"{self.box[2] / longer:.4g}", f"{self.box[3] / longer:.4g}"


@dataclass(frozen=True)
class Row:
    """A row of a table as points of a line, over that of the mean of all prototypes."""

    points: str
    behind: str
    alt: str


@dataclass(frozen=True)
class Shown:
    """One prototype: exactly one of `picture` and `row` is filled, this one with the `columns` that set it apart."""

    title: str
    lines: tuple[str, ...]
    picture: Boxed | None = None
    row: Row | None = None
    columns: tuple[DrawnPair, ...] = ()


@dataclass(frozen=True)
class ClassSection:
    """The prototypes of one class."""

    anchor: str
    name: str
    shown: tuple[Shown, ...]


@dataclass(frozen=True)
class Pair:
    """A case of "this looks like that": a place of the input and that of a prototype, or a row beside that of a prototype, column
    by column, and what the likeness adds to the score.
    """

    lines: tuple[str, ...]
    places: tuple[Boxed, Boxed] | None = None
    row: Row | None = None
    columns: tuple[DrawnPair, ...] = ()


@dataclass(frozen=True)
class Case:
    """One input with its pairs; `rest`: what all others add, how rows are read, and how far the input may move."""

    heading: str
    pairs: tuple[Pair, ...]
    rest: str


@dataclass(frozen=True)
class Why:
    """The table of characteristics: for each prototype its scores as text with the colors of their cells."""

    heads: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, str, tuple[tuple[str, str, str], ...]], ...]
    pictures: int


@dataclass(frozen=True)
class Judged:
    """The table of whether prototypes each mean one part, and how to read it."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    about: str


@dataclass(frozen=True)
class GalleryPage:
    """The whole page."""

    title: str
    facts: tuple[tuple[str, str], ...]
    classes: tuple[ClassSection, ...]
    why: Why | None
    cases: tuple[Case, ...]
    unit: str
    pictures: bool
    judged: Judged | None = None


def gallery_page(gallery: PrototypeGallery, judged: PrototypeScores | None = None) -> GalleryPage:
    """The page's contents; `judged`: whether prototypes each mean one part."""
    counts = gallery.owners.bincount(minlength=len(gallery.class_names)).tolist()
    said = ", ".join(f"{plain(name)} {count}" for name, count in zip(gallery.class_names, counts, strict=True))
    facts = [("Model", plain(gallery.model)), ("Prototypes", f"{len(gallery)}: {said}")]
    if gallery.matches is not None:
        facts.append(("Shown in", counted(_asked(gallery), "picture" if gallery.pictures else "row")))
    lines = None if gallery.pictures else profiles(gallery.sources.inputs.mean(0), gallery.sources.inputs)
    return GalleryPage(
        "Prototypes",
        tuple(facts),
        tuple(_section(gallery, label, lines) for label in range(len(gallery.class_names))),
        None if gallery.characteristics is None else why_table(gallery.characteristics),
        () if gallery.matches is None else tuple(_case(gallery, gallery.matches, index) for index in range(_asked(gallery))),
        gallery.score_unit,
        gallery.pictures,
        None if judged is None else Judged(score_headings(judged), tuple(score_rows(judged)), ABOUT),
    )


def why_table(found: Characteristics) -> Why:
    """A row for each prototype; colors by the score's share of the largest one in the table."""
    most = float(found.overall.abs().nan_to_num(0).max()) or 1.0
    sizes = found.sizes.mean(0).tolist()
    heads = tuple((plain(name), f"{size:.3f}") for name, size in zip(found.changes, sizes, strict=True))
    rows = [
        (
            f"prototype {one}",
            plain(found.class_names[int(found.owners[one])]),
            tuple(_cell(value, most) for value in found.overall[one].tolist()),
        )
        for one in range(len(found.overall))
    ]
    return Why(heads, tuple(rows), len(found.local))


def _cell(value: float, most: float) -> tuple[str, str, str]:
    return ("\N{EN DASH}", "", "") if value != value else (number(value, 2), *cell_colors(value / most))


def _section(gallery: PrototypeGallery, label: int, lines: Profiles | None) -> ClassSection:
    shown = tuple(_shown(gallery, one, lines) for one in gallery.of_class(label))
    return ClassSection(f"class-{label}", plain(gallery.class_names[label]), shown)


def _shown(gallery: PrototypeGallery, one: int, lines: Profiles | None) -> Shown:
    title, said = title_of(gallery, one), prototype_lines(gallery, one)
    name = plain(gallery.class_names[int(gallery.owners[one])])
    if lines is None:
        alt = f"{title}, of {name}, with a box around where it is most active"
        return Shown(title, said, boxed(f"p{one}", gallery.sources.inputs[one], gallery.sources.boxes[one], 0, alt))
    row = Row(profile_points(lines.others[one]), profile_points(lines.row), f"{title}, of {name}, as a line over its columns")
    return Shown(title, said, row=row, columns=_apart_from_mean(gallery, one))


def _apart_from_mean(gallery: PrototypeGallery, one: int) -> tuple[DrawnPair, ...]:
    """The columns in which a training row differs most from the mean of all, with their bars."""
    pairs = columns_of(gallery, one)
    return drawn_pairs(pairs, max(WIDEST, *(abs(pair.apart) for pair in pairs)))


def boxed(anchor: str, image: Tensor, box: Tensor, rank: int, alt: str) -> Boxed:
    """The picture (C, H, W) with a box (top, left, bottom, right) in the color of a rank."""
    top, left, bottom, right = (float(side) for side in box.tolist())
    height, width = image.shape[1:]
    color = LINE_COLORS[rank % len(LINE_COLORS)]
    return Boxed(anchor, data_uri(photo_pixels(image)), width, height, (left, top, right - left, bottom - top), color, alt)


def _asked(gallery: PrototypeGallery) -> int:
    """How many inputs the prototypes are shown in."""
    return 0 if gallery.matches is None else len(gallery.matches.query)


def _case(gallery: PrototypeGallery, matches: Examples, index: int) -> Case:
    count = matches.examples.shape[1]
    shown, rest = range(count), [*sum_words(matches, index, count), *radius_words(gallery.certificate, index)]
    heading = ": ".join([*place(matches.query, index), headline(matches.query, index)])
    if matches.boxes is not None:
        return Case(heading, tuple(_pair_of_places(matches, index, rank) for rank in shown), " ".join(rest))
    lines = profiles(matches.query.inputs[index], matches.examples[index], matches.spread)
    found = column_pairs(matches, index, count, MOST_IN_A_CARD)
    pairs = tuple(_pair_of_rows(matches, index, rank, lines, found) for rank in shown)
    return Case(heading, pairs, " ".join([*rest, *found.statements]))


def _pair_of_places(matches: Examples, index: int, rank: int) -> Pair:
    assert matches.boxes is not None and matches.example_boxes is not None  # noqa: S101, PT018 - pictures have them
    named, source = f"i{index}r{rank}", int(matches.indices[index, rank])
    this = boxed(f"{named}a", matches.query.inputs[index], matches.boxes[index, rank], rank, f"input {index}, a box on it")
    that = boxed(
        f"{named}b", matches.examples[index, rank], matches.example_boxes[index, rank], rank, f"training picture {source}, a box"
    )
    return Pair((f"training picture {source}", *_likeness(matches, index, rank)), (this, that))


def _pair_of_rows(matches: Examples, index: int, rank: int, lines: Profiles, found: ColumnPairs) -> Pair:
    source = int(matches.indices[index, rank])
    alt = f"input {index} as a line over its columns, before that of training row {source}"
    row = Row(profile_points(lines.row), profile_points(lines.others[rank]), alt)
    said = (f"training row {source}", *_likeness(matches, index, rank))
    return Pair(said, row=row, columns=drawn_pairs(found.shown[rank], found.limit))


def _likeness(matches: Examples, index: int, rank: int) -> tuple[str, str]:
    assert matches.weights is not None and matches.contributions is not None  # noqa: S101, PT018 - prototypes have them
    likeness, weight = float(matches.similarity[index, rank]), float(matches.weights[index, rank])
    added = added_words(float(matches.contributions[index, rank]))
    return f"similarity {number(likeness)}, weight {number(weight)}", added
