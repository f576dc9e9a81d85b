"""What the page of a shortcut report shows, in the form its template takes: bars, ranges and pictures with their regions."""

from dataclasses import dataclass
from math import isfinite, isnan

import numpy as np

from xaivision.evaluation.shortcuts.finding import ClassRange, Finding
from xaivision.evaluation.shortcuts.mass import MassShare
from xaivision.evaluation.shortcuts.report import ExampleRegion, ShortcutReport
from xaivision.evaluation.shortcuts.words import finding_sentence, summary_sentences, use_sentences
from xaivision.report.badge import Badge
from xaivision.report.cards import Picture
from xaivision.report.markup import data_uri
from xaivision.report.photo import photo_pixels
from xaivision.report.wording import number, plain

# Drawing width of bars and ranges in SVG units.
WIDTH = 300
# What is not the region is faded to so much of its ink.
FADED = 0.35
BADGES: dict[str, Badge] = {"decides": "refuse", "tells": "warn", "nothing": "ok", "untested": "control"}


@dataclass(frozen=True)
class Bar:
    """A share of 1 with its interval, as places on a line of `WIDTH`; `text` is what it says."""

    label: str
    place: float
    low: float
    high: float
    text: str
    control: bool = False


@dataclass(frozen=True)
class Section:
    """One property on the page."""

    anchor: str
    name: str
    badge: Badge
    strength: str
    sentence: str
    bar: Bar | None
    chance: float
    recalls: tuple[Bar, ...]
    telling: str
    ranges: tuple[Bar, ...]
    pictures: tuple[Picture, ...]
    use: tuple[str, ...]
    masses: tuple[Bar, ...]
    area: float


@dataclass(frozen=True)
class ShortcutPage:
    """The whole page."""

    title: str
    facts: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]
    sections: tuple[Section, ...]
    on_target: tuple[Bar, ...]
    target_area: float
    width: int = WIDTH


def shortcut_page(report: ShortcutReport) -> ShortcutPage:
    """The page's contents, all foreign text made plain."""
    order = {"decides": 0, "tells": 1, "nothing": 2, "untested": 3}
    findings = sorted(report.findings, key=lambda one: (order[one.strength], -one.accuracy if isfinite(one.accuracy) else 0))
    return ShortcutPage(
        f"Shortcuts in {plain(report.data)}",
        _facts(report),
        tuple(map(plain, summary_sentences(report))),
        tuple(_section(report, one) for one in findings),
        _mass_bars(report.on_target),
        WIDTH * (report.on_target[0].area if report.on_target else 0.0),
    )


def _facts(report: ShortcutReport) -> tuple[tuple[str, str], ...]:
    counts = ", ".join(f"{plain(name)} {count}" for name, count in report.counts.items())
    facts = [
        ("Pictures", f"{report.pictures} in {report.groups} groups of look-alikes, which no fold takes apart"),
        ("Classes", counts),
        ("Targets", f"{report.masked} pictures have a mask, where no probe looks" if report.masked else "no masks"),
        ("Seed", str(report.seed)),
    ]
    if report.model:
        facts.append(("Model", f"{plain(report.model)}, asked about {report.asked} test pictures"))
    return tuple(facts)


def _section(report: ShortcutReport, one: Finding) -> Section:
    use = next((part for part in report.uses if part.probe == one.probe), None)
    said = finding_sentence(one) if isfinite(one.accuracy) and one.found else _plainly(one)
    masses = () if use is None else use.masses
    return Section(
        anchor=f"probe-{one.probe.replace('_', '-')}",
        name=one.probe.replace("_", " "),
        badge=BADGES[one.strength],
        strength=one.strength,
        sentence=plain(said),
        bar=_bar("balanced accuracy", one.accuracy, one.interval) if isfinite(one.accuracy) else None,
        chance=0.0 if isnan(one.chance) else WIDTH * one.chance,
        recalls=tuple(_bar(f"{plain(part.name)} ({part.count})", part.share, (part.low, part.high)) for part in one.recalls),
        telling=plain(one.telling),
        ranges=_range_bars(one.ranges) if one.found else (),
        pictures=tuple(_example(part) for part in report.examples.get(one.probe, ())),
        use=() if use is None else tuple(map(plain, use_sentences(use))),
        masses=_mass_bars(masses),
        area=WIDTH * masses[0].area if masses else 0.0,
    )


def _plainly(one: Finding) -> str:
    if one.why:
        return f"{one.asks.capitalize()}: {one.why}."
    return (
        f"{one.asks.capitalize()}: balanced accuracy {one.accuracy:.2f}, where chance has {one.chance:.2f}, p {one.p:.2f}. "
        f"{one.caution}"
    )


def _bar(label: str, value: float, interval: tuple[float, float], *, control: bool = False) -> Bar:
    low, high = interval if not isnan(interval[0]) else (value, value)
    bounds = "" if isnan(interval[0]) else f" [{low:.2f}, {high:.2f}]"
    return Bar(label, WIDTH * value, WIDTH * low, WIDTH * high, f"{value:.2f}{bounds}", control)


def _mass_bars(masses: tuple[MassShare, ...]) -> tuple[Bar, ...]:
    known = [one for one in masses if isfinite(one.mass)]
    return tuple(_bar(plain(one.method), one.mass, one.interval, control=one.control) for one in known)


def _range_bars(ranges: tuple[ClassRange, ...]) -> tuple[Bar, ...]:
    """Medians and the middle 90 % of a trait, all classes on one scale."""
    known = [value for one in ranges for value in (one.low, one.median, one.high) if isfinite(value)]
    if not known:
        return ()
    least, span = min(known), (max(known) - min(known)) or 1.0

    def placed(value: float) -> float:
        return WIDTH * (value - least) / span

    return tuple(
        Bar(
            plain(one.name),
            placed(one.median),
            placed(one.low),
            placed(one.high),
            f"{number(one.median)} ({number(one.low)} to {number(one.high)})",
        )
        for one in ranges
        if isfinite(one.median)
    )


def _example(one: ExampleRegion) -> Picture:
    """The picture, faded where the region is not, so that the region is seen as it is."""
    pixels = photo_pixels(one.picture).astype(np.float64)
    outside = ~one.region.numpy()
    pixels[outside] = 255 - FADED * (255 - pixels[outside])
    shown = np.rint(pixels).astype(np.uint8)
    where = "in full ink where the property lies" if bool(one.region.any()) else "where it lies nowhere"
    return Picture(data_uri(shown), f"{plain(one.class_name)}: {plain(one.title)}, {where}")
