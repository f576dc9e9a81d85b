"""The page of a narrative: pictures, words, and the record of every stage with what it was held against."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xaivision.core.narrative import Narrative
from xaivision.core.origin import library_versions
from xaivision.report.badge import Badge
from xaivision.report.cards import Picture
from xaivision.report.figure import png
from xaivision.report.markup import png_uri
from xaivision.report.narrative_checks import Row, check_rows
from xaivision.report.narrative_figure import narrative_pictures, stage_of
from xaivision.report.rendering import rendered
from xaivision.report.wording import cost, duration, headline, number, plain

STAGES = ("attribution", "points", "stability", "region", "effects", "caption", "consistency")
NAMES = {
    "attribution": "map",
    "stability": "steadiness of the point",
    "effects": "hiding the region",
    "consistency": "words and prediction",
}


@dataclass(frozen=True)
class NarrativePart:
    """One picture of the page, and below each other in `narrow` for narrow screens; rows of tables are texts already."""

    anchor: str
    title: str
    heading: str
    badge: Badge
    text: str
    reasons: tuple[str, ...]
    picture: Picture
    narrow: str
    stages: tuple[Row, ...]
    checks: tuple[Row, ...]
    prompt: str
    prompt_note: str


def narrative_html(told: Narrative, titles: Sequence[str] = ()) -> str:
    """The page as text: it needs no network and runs no script."""
    parts = [narrative_part(told, index, titles[index] if index < len(titles) else "") for index in range(len(told.query))]
    return rendered(
        "narrative.html.j2",
        title="A narrative" if len(parts) == 1 else f"Narratives of {len(parts)} pictures",
        parts=parts,
        cost=cost(told.diagnostics),
        model=plain(told.origin.model),
        seed=str(told.origin.seed),
        version=library_versions().get("xaivision", ""),
    )


def narrative_part(told: Narrative, index: int, title: str = "") -> NarrativePart:
    """Everything the page shows of one picture, all foreign text made plain."""
    record: Mapping[str, Any] = told.evidence[index] if told.evidence else {}
    verdict, caption = told.verdicts[index], stage_of(record, "caption")
    text = unbroken(plain(told.text[index]))
    return NarrativePart(
        f"picture-{index}",
        plain(title),
        headline(told.query, index),
        verdict.status,
        text,
        tuple(map(plain, verdict.reasons)),
        Picture(png_uri(png(narrative_pictures(told, index))), f"The picture, its map and the outlined region. {text}"),
        png_uri(png(narrative_pictures(told, index, 1))),
        tuple(_stage(record, name) for name in STAGES if stage_of(record, name)),
        check_rows(record),
        plain(caption.get("prompt", "")),
        prompt_note(caption),
    )


def unbroken(text: str) -> str:
    """With numbers that stay beside their percent signs."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def prompt_note(caption: Mapping[str, Any]) -> str:
    """Whether there was a prompt, and the label in it."""
    if not caption:
        return "No words were asked for."
    who = f"The captioner, {plain(caption.get('captioner', ''))},"
    if caption.get("label_in_prompt"):
        return f"{who} was given the label: what it says is no independent evidence."
    blind = "was not given the label"
    return f"{who} {blind}." if caption.get("prompt") else f"{who} {blind}, and takes no prompt."


def _stage(record: Mapping[str, Any], name: str) -> Row:
    told = stage_of(record, name)
    seconds = told.get("seconds")
    found = f"failed: {plain(told['failed'])}" if "failed" in told else _FOUND[name](told)
    return NAMES.get(name, name), found, duration(float(seconds)) if seconds is not None else ""


def _points(told: Mapping[str, Any]) -> str:
    kinds = {True: "for", False: "against"}
    many = len(told["points"]) > 1
    listed = [
        f"{f'{count}: ' if many else ''}row {one['row'] + 1}, column {one['column'] + 1}, counted from 1 "
        f"({kinds[one['positive']]}, {number(one['evidence'])})"
        for count, one in enumerate(told["points"], start=1)
    ]
    return "; ".join(listed)


def _stability(told: Mapping[str, Any]) -> str:
    moved = f"{number(told['mean_distance'])} pixels on average and {number(told['largest_distance'])} at most"
    return f"over {told['seeds']} seeds the first point moves by {moved}"


def _region(told: Mapping[str, Any]) -> str:
    chosen = ""
    if told["score"] is not None and len(told["scores"]) > 1:
        scores = ", ".join(map(number, told["scores"]))
        chosen = f", mask {told['chosen'] + 1} of {len(told['scores'])}, with scores {scores}"
    pieces = f"; in {told['pieces']} pieces" if told.get("pieces", 1) > 1 else ""
    return f"{plain(told['segmenter'])}{chosen}{pieces}"


_FOUND: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "attribution": lambda told: f"{plain(told['method'])}, {told['kind']}s",
    "points": _points,
    "stability": _stability,
    "region": _region,
    "effects": lambda told: f"{plain(told['unit'])} without it, with nothing else, and without its shape elsewhere",
    "caption": lambda told: plain(told["text"]),
    "consistency": lambda told: (
        plain(told["missing"])
        if "missing" in told
        else f"{told['players']} superpixels, {told['budget']} versions, by {told['value']}"
    ),
}
