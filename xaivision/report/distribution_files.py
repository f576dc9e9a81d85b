"""The prototypes of a classifier by distributions on disk: a page for people, figures, and the numbers for machines."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xaivision.core.origin import library_versions
from xaivision.core.whole_file import write_whole
from xaivision.explainers.prototypes.distribution_gallery import DistributionGallery
from xaivision.report.cards import Picture
from xaivision.report.distribution_figure import distribution_figure, mixture_words
from xaivision.report.figure import png
from xaivision.report.gallery_files import NUMBERS, PAGE
from xaivision.report.html import MOST_IN_A_FRAGMENT
from xaivision.report.markup import png_uri
from xaivision.report.rendering import rendered
from xaivision.report.uncertainty_figure import uncertainty_figure
from xaivision.report.uncertainty_words import distance_words, headline_of, meaning_of, part_words, uncertainty_summary
from xaivision.report.wording import plain

SCHEMA = "xaivision.prototype_distributions/1"


@dataclass(frozen=True)
class Section:
    """A figure with its heading and lines."""

    anchor: str
    name: str
    picture: Picture
    lines: tuple[str, ...] = ()


def write_distributions(gallery: DistributionGallery, folder: str | Path) -> tuple[Path, ...]:
    """Paths of page, numbers and a PNG for each class and each input, in a folder that is made where it is missing."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(write_whole(folder / name, content) for name, content in distribution_contents(gallery).items())


def distribution_contents(gallery: DistributionGallery) -> dict[str, bytes]:
    """The files by their names."""
    numbers = json.dumps(distribution_summary(gallery), indent=1, allow_nan=False) + "\n"
    classes, inputs = _figures(gallery), _figures_of_inputs(gallery)
    return {
        PAGE: _page(gallery, classes, inputs).encode(),
        NUMBERS: numbers.encode(),
        **{f"prototypes_{label}.png": figure for label, figure in enumerate(classes)},
        **{f"uncertainty_{index}.png": figure for index, figure in enumerate(inputs)},
    }


def distribution_fragment(gallery: DistributionGallery) -> str:
    """What a notebook shows: the figures of the first classes."""
    shown = _classes(gallery, _figures(gallery, MOST_IN_A_FRAGMENT))
    hidden = len(gallery) - len(shown)
    return rendered(
        "fragment.html.j2",
        title=f"{len(gallery)} distributions of {plain(gallery.model)}",
        verdict=None,
        pictures=[one.picture for one in shown],
        notes=(),
        hidden=f"{hidden} more classes are not shown here; `show` draws them." if hidden else "",
        headings=(),
        rows=(),
    )


def distribution_summary(gallery: DistributionGallery) -> dict[str, Any]:
    """The gallery as values that JSON can hold; of tables with the decoded means, in the columns' units."""
    doubts = gallery.doubts
    told: dict[str, Any] = {
        "schema": SCHEMA,
        "model": gallery.model,
        "class_names": list(gallery.class_names),
        "columns": list(gallery.columns),
        "prototypes": [_told(gallery, label) for label in range(len(gallery))],
    }
    if doubts is not None:
        told["inputs"] = [uncertainty_summary(doubts, index) for index in range(len(doubts.classes))]
    return told


def _told(gallery: DistributionGallery, label: int) -> dict[str, Any]:
    told: dict[str, Any] = {"class": gallery.class_names[label], "shares": [float(one) for one in gallery.draws.shares[label]]}
    return told if gallery.pictures else {**told, "mean": [float(one) for one in gallery.draws.means[label]]}


def _figures(gallery: DistributionGallery, most: int | None = None) -> list[bytes]:
    return [png(distribution_figure(gallery, label)) for label in range(len(gallery))[:most]]


def _figures_of_inputs(gallery: DistributionGallery) -> list[bytes]:
    doubts = gallery.doubts
    return [] if doubts is None else [png(uncertainty_figure(doubts, index)) for index in range(len(doubts.classes))]


def _classes(gallery: DistributionGallery, figures: list[bytes]) -> list[Section]:
    names = [plain(name) for name in gallery.class_names]
    what = "decoded mean, draws and walks" if gallery.pictures else "columns of the decoded mean and draws"
    return [
        Section(f"class-{label}", name, Picture(png_uri(figure), f"{name}: {what}"), tuple(mixture_words(gallery, label)))
        for label, (name, figure) in enumerate(zip(names, figures, strict=False))
    ]


def _inputs(gallery: DistributionGallery, figures: list[bytes]) -> list[Section]:
    doubts = gallery.doubts
    if doubts is None:
        return []
    found = []
    for index, figure in enumerate(figures):
        alt = f"Distances to the draws of every class. {meaning_of(doubts, index)}. {' '.join(distance_words(doubts, index))}"
        name, lines = f"Input {index}: {headline_of(doubts, index)}", (part_words(doubts, index),)
        found.append(Section(f"input-{index}", name, Picture(png_uri(figure), alt), lines))
    return found


def _page(gallery: DistributionGallery, classes: list[bytes], inputs: list[bytes]) -> str:
    return rendered(
        "distributions.html.j2",
        model=plain(gallery.model),
        classes=_classes(gallery, classes),
        inputs=_inputs(gallery, inputs),
        version=library_versions().get("xaivision", ""),
    )
