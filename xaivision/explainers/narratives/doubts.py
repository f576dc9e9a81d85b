"""What speaks against a narrative, judged from its record alone: of the map, of the region, and of what hiding it does."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

# A score that falls by less than this share of itself hardly changes; and what falls by less than twice as much as it does
# without the same shape elsewhere says little of the region.
HARDLY, TWICE = 0.05, 2.0
# A shape that covers more of itself wherever it is moved has no place elsewhere.
COVERED = 0.5
# An outline that holds less of the evidence leaves out most of what the prediction rests on.
LITTLE = 0.25
Record = Mapping[str, Any]
PlaceDoubt = Literal["hardly", "no more", "not much more", "no room"]
MassDoubt = Literal["chance", "little"]

EVEN_MAP = "the map is the same everywhere: it points at no place"
MASS_NOTES: Mapping[MassDoubt, str] = {
    "chance": "the outlined region holds no more of the evidence than any region of its size would",
    "little": "the outlined region holds less than a quarter of the evidence: most of it lies elsewhere",
}
PLACE_NOTES: Mapping[PlaceDoubt, str] = {
    "hardly": "hiding the outlined region hardly lowers the score",
    "no more": "hiding the outlined region lowers the score no more than hiding its shape elsewhere does",
    "not much more": "hiding the outlined region lowers the score less than twice as much as hiding its shape elsewhere does",
    "no room": "there is no room for the region's shape elsewhere: whether its place counts is not known",
}
PLACE_DOUBTS: Mapping[PlaceDoubt, str] = {
    "hardly": "So the score does not rest on this region.",
    "no more": "So the score does not rest on this region more than on others.",
    "not much more": "So the score rests on this region not much more than on others.",
    "no room": "Whether its place counts is not known.",
}


def doubts(record: Record) -> Iterator[str]:
    """Reasons for the verdict, in the order of the stages."""
    points, moved, region, effects = (_stage(record, name) for name in ("points", "stability", "region", "effects"))
    if points.get("even"):
        yield EVEN_MAP
    if not moved.get("steady", True):
        yield f"over {moved['seeds']} seeds the point of most evidence moves by up to {moved['largest_distance']:.0f} pixels"
    if "mass" in region:
        if region["points_inside"] < 1:
            yield f"{1 - region['points_inside']:.0%} of the points of most evidence lie outside the outlined region"
        if mass := mass_doubt(region):
            yield MASS_NOTES[mass]
    if "whole" in effects and (place := place_doubt(effects)):
        yield PLACE_NOTES[place]
    caption = _stage(record, "caption")
    if caption.get("label_in_prompt") and "failed" not in caption:
        yield "the words were written with the label at hand: they are no independent evidence"
    named = _stage(record, "naming")
    if named.get("agreement") == "contradicts":
        yield f"the words speak of {', '.join(named['named'])} and contradict the model"
    yield from (f"{name}: {part['failed']}" for name, part in failures(record))


def failures(record: Record) -> list[tuple[str, Record]]:
    """The stages that failed, by name."""
    return [(name, part) for name, part in record.items() if isinstance(part, Mapping) and "failed" in part]


def mass_doubt(region: Record) -> MassDoubt | None:
    """Whether the outline, before it was cut down, holds too little of the evidence for its size, or at all."""
    told = region.get("outline", region)
    if told["mass"] <= told["area"]:
        return "chance"
    return "little" if told["mass"] < LITTLE else None


def place_doubt(told: Record) -> PlaceDoubt | None:
    """What speaks against the region: that the score hardly falls without it, or as much without its shape elsewhere, or that
    there is no elsewhere.
    """
    drop, other = told["deletion"], told["shifted_deletion"]
    if drop < HARDLY * max(abs(told["whole"]), 1e-9):
        return "hardly"
    if no_room(told):
        return "no room"
    if drop >= TWICE * other:
        return None
    return "no more" if drop <= other else "not much more"


def no_room(told: Record) -> bool:
    """Whether the shape covers most of itself wherever it is moved, so that nothing can be held against it."""
    return bool(told["overlap"] > COVERED)


def _stage(record: Record, name: str) -> Record:
    found = record.get(name)
    return found if isinstance(found, Mapping) else {}
