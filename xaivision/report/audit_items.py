"""The items that the page of an audit shows: the best and the worst of each method, with every map."""

from dataclasses import dataclass

import numpy as np
import torch

from xaivision.core.diagnostics import Status
from xaivision.evaluation.audit.part import Array
from xaivision.evaluation.audit.report import AuditReport, ShownItem
from xaivision.report.badge import Badge
from xaivision.report.cards import DrawnBar, Picture
from xaivision.report.markup import data_uri
from xaivision.report.palette import Floats, over_photo
from xaivision.report.photo import Pixels, photo, photo_pixels
from xaivision.report.wording import number, plain, signed

MOST_BARS = 8
# Cards beside each other where the page is wide: bars need more room than pictures.
MOST_ABREAST, MOST_PICTURES_ABREAST = 4, 6
# Where the largest one percent of the pixels would leave everything else white, colors end there.
PERCENTILE = 99


@dataclass(frozen=True)
class ItemCard:
    """One method's or control's map of an item: a picture, bars, or why there is none."""

    label: str
    badge: Badge
    picture: Picture | None = None
    bars: tuple[DrawnBar, ...] = ()
    absence: str = ""


@dataclass(frozen=True)
class ItemSection:
    """One item: its name, the class that is explained, why it is shown, and a card for each map."""

    anchor: str
    name: str
    explained: str
    why: tuple[str, ...]
    picture: Picture | None
    cards: tuple[ItemCard, ...]
    columns: int


def item_sections(report: AuditReport) -> tuple[ItemSection, ...]:
    """A section for each shown item."""
    return tuple(_section(report, one, place) for place, one in enumerate(report.shown))


def _section(report: AuditReport, one: ShownItem, place: int) -> ItemSection:
    named = _class(report, one.target)
    picture = None if one.picture is None else Picture(data_uri(photo_pixels(_planes(one.picture))), f"Input {plain(one.item)}.")
    labels = [label for label in (*report.methods, *report.controls) if label in one.maps]
    most = MOST_ABREAST if picture is None else MOST_PICTURES_ABREAST
    return ItemSection(
        f"item-{place}",
        plain(one.item),
        plain(named),
        tuple(map(plain, one.why)),
        picture,
        tuple(_card(report, one, label) for label in labels),
        abreast(len(labels) + (picture is not None), most),
    )


def abreast(cards: int, most: int) -> int:
    """How many cards stand beside each other, at most so many, so that no row is much shorter than the others."""
    rows = max(1, -(-cards // most))
    return max(1, -(-cards // rows))


def _class(report: AuditReport, target: int) -> str:
    """The name of a class, its number where it has none; a dash where the item has no class."""
    if target < 0:
        return "\N{EN DASH}"
    return report.class_names[target] if target < len(report.class_names) else str(target)


def _card(report: AuditReport, one: ShownItem, label: str) -> ItemCard:
    status: Status = one.verdicts.get(label, "ok")  # type: ignore[assignment]
    badge: Badge = "control" if label in report.controls else status
    values = one.maps[label].astype(np.float64)
    if status == "refuse":
        return ItemCard(plain(label), badge, absence="refused: not an explanation")
    if not np.isfinite(values).all():
        return ItemCard(plain(label), badge, absence="no map")
    if one.picture is not None:
        return ItemCard(plain(label), badge, picture=Picture(data_uri(_pixels(one.picture, values)), f"Map by {plain(label)}."))
    return ItemCard(plain(label), badge, bars=_bars(report, one, values))


def _pixels(picture: Array, values: Floats) -> Pixels:
    """(h, w, 3) bytes of a map over its faded picture; plain white where the map is zero everywhere."""
    limit = float(np.percentile(np.abs(values), PERCENTILE)) or float(np.abs(values).max())
    if limit == 0:
        return np.full((*values.shape, 3), 255, dtype=np.uint8)
    return np.rint(over_photo(photo(_planes(picture)), np.clip(values / limit, -1, 1)) * 255).astype(np.uint8)


def _planes(picture: Array) -> torch.Tensor:
    return torch.from_numpy(picture.astype(np.float64) / 255)


def _bars(report: AuditReport, one: ShownItem, values: Floats) -> tuple[DrawnBar, ...]:
    """The largest values, as shares of the largest one."""
    largest = float(np.abs(values).max())
    order = np.argsort(-np.abs(values), kind="stable")[:MOST_BARS].tolist()
    return tuple(_bar(report, one, column, float(values[column]) / largest) for column in order if largest and values[column])


def _bar(report: AuditReport, one: ShownItem, column: int, share: float) -> DrawnBar:
    name = report.feature_names[column] if column < len(report.feature_names) else f"feature {column}"
    value = "" if one.values is None else number(float(one.values[column]), 4)
    half = 50 * abs(share)
    start = 50.0 if share > 0 else 50 - half
    sign = "positive" if share > 0 else "negative"
    return DrawnBar(plain(name), value, signed(share, 2), round(start, 2), round(half, 2), sign)
