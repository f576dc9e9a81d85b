"""A gallery of prototypes on disk: a page for people, a figure for each class, and the numbers for machines."""

import json
import math
from pathlib import Path
from typing import Any

from xaivision.core.examples import Examples
from xaivision.core.origin import library_versions
from xaivision.core.whole_file import write_whole
from xaivision.evaluation.prototypes.prototype_scores import PrototypeScores
from xaivision.explainers.prototypes.gallery import PrototypeGallery
from xaivision.report.cards import Picture
from xaivision.report.figure import png
from xaivision.report.gallery_figure import gallery_figure
from xaivision.report.gallery_page import gallery_page
from xaivision.report.html import MOST_IN_A_FRAGMENT
from xaivision.report.markup import png_uri
from xaivision.report.prototype_scores_table import prototype_scores_summary
from xaivision.report.rendering import rendered
from xaivision.report.summary import example_numbers
from xaivision.report.wording import plain

PAGE, NUMBERS = "prototypes.html", "prototypes.json"
SCHEMA = "xaivision.prototypes/1"


def write_gallery(gallery: PrototypeGallery, folder: str | Path, judged: PrototypeScores | None = None) -> tuple[Path, ...]:
    """Paths of `prototypes.html`, `prototypes.json` and a PNG for each class, in a folder that is made where it is missing.

    `judged`: whether prototypes each mean one part, which page and numbers tell as well.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(write_whole(folder / name, content) for name, content in gallery_contents(gallery, judged).items())


def gallery_contents(gallery: PrototypeGallery, judged: PrototypeScores | None = None) -> dict[str, bytes]:
    """The files by their names."""
    numbers = json.dumps(gallery_summary(gallery, judged), indent=1, allow_nan=False) + "\n"
    labels = [label for label in range(len(gallery.class_names)) if gallery.of_class(label)]
    figures = {f"prototypes_{label}.png": png(gallery_figure(gallery, label)) for label in labels}
    return {PAGE: gallery_html(gallery, judged).encode(), NUMBERS: numbers.encode(), **figures}


def gallery_html(gallery: PrototypeGallery, judged: PrototypeScores | None = None) -> str:
    """The page as text: it needs no network and runs no script."""
    return rendered("prototypes.html.j2", page=gallery_page(gallery, judged), version=library_versions().get("xaivision", ""))


def gallery_fragment(gallery: PrototypeGallery) -> str:
    """What a notebook shows: the figures of the first classes."""
    labels = [label for label in range(len(gallery.class_names)) if gallery.of_class(label)]
    shown = labels[:MOST_IN_A_FRAGMENT]
    hidden = len(labels) - len(shown)
    figures = [
        Picture(png_uri(png(gallery_figure(gallery, label))), f"Prototypes of {plain(gallery.class_names[label])}")
        for label in shown
    ]
    return rendered(
        "fragment.html.j2",
        title=f"{len(gallery)} prototypes of {plain(gallery.model)}",
        verdict=None,
        pictures=figures,
        notes=(),
        hidden=f"{hidden} more classes are not shown here; `show` draws them." if hidden else "",
        headings=(),
        rows=(),
    )


def gallery_summary(gallery: PrototypeGallery, judged: PrototypeScores | None = None) -> dict[str, Any]:
    """The gallery as values that JSON can hold; null where there is no number."""
    told: dict[str, Any] = {
        "schema": SCHEMA,
        "model": gallery.model,
        "class_names": list(gallery.class_names),
        "score_unit": gallery.score_unit,
        "prototypes": [_told(gallery, one) for one in range(len(gallery))],
    }
    if gallery.matches is not None:
        told["inputs"] = [_asked(gallery, gallery.matches, index) for index in range(len(gallery.matches.query))]
    return told if judged is None else {**told, "judged": prototype_scores_summary(judged)}


def _asked(gallery: PrototypeGallery, matches: Examples, index: int) -> dict[str, Any]:
    """One input: its class and score, the prototypes found in it, and how far it may move where that is proven."""
    found = {
        "class": matches.query.target_names()[index],
        "score": float(matches.query.scores[index]),
        "matches": example_numbers(matches, index),
    }
    proven = gallery.certificate
    return found if proven is None else {**found, "certified_radius": float(proven.radii[index]), "space": proven.space}


def _told(gallery: PrototypeGallery, one: int) -> dict[str, Any]:
    sources, why = gallery.sources, gallery.characteristics
    told: dict[str, Any] = {
        "prototype": one,
        "class": gallery.class_names[int(gallery.owners[one])],
        "training_input": int(sources.rows[one]),
        "box": sources.boxes[one].tolist() if gallery.pictures else None,
        "weights": [float(weight) for weight in gallery.weights[one]],
    }
    if why is not None:
        scores = {name: (score, size) for name, score, size in why.ranked(one)}
        told["characteristics"] = {
            name: {"score": score if math.isfinite(score) else None, "size": size} for name, (score, size) in scores.items()
        }
    return told
