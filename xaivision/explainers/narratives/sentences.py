"""The record of a picture's stages as sentences: what the model says, what the words say, and what was measured."""

from collections.abc import Mapping
from typing import Any, Literal

from xaivision.explainers.narratives.region_words import percent

# A score that falls by less than this share of itself hardly changes; and what falls by less than twice as much as it does
# without the same shape elsewhere says little of the region.
HARDLY, TWICE = 0.05, 2.0
# A shape that covers more of itself wherever it is moved has no place elsewhere.
COVERED = 0.5
Record = Mapping[str, Any]
PlaceDoubt = Literal["hardly", "no more", "not much more"]
PLACE_DOUBTS: Mapping[PlaceDoubt, str] = {
    "hardly": "So the score does not rest on this region.",
    "no more": "So the score does not rest on this region more than on others.",
    "not much more": "So the score rests on this region not much more than on others.",
}
PLACE_NOTES: Mapping[PlaceDoubt, str] = {
    "hardly": "hiding the outlined region hardly lowers the score",
    "no more": "hiding the outlined region lowers the score no more than hiding its shape elsewhere does",
    "not much more": "hiding the outlined region lowers the score less than twice as much as hiding its shape elsewhere does",
}


def narrative_text(record: Record) -> str:
    """All of it, in the order of the stages."""
    parts = [
        prediction_sentence(record["prediction"]),
        caption_sentence(record),
        evidence_sentence(record),
        effect_sentence(record),
        doubt_sentence(record),
        failure_sentence(record),
    ]
    return " ".join(filter(None, parts))


def prediction_sentence(told: Record) -> str:
    """`The model says tabby (62 %), ahead of tiger cat (21 %).`"""
    unit = told["unit"]
    first = f"{told['predicted']} ({value_words(told['predicted_score'], unit)})"
    if told["target"] == told["predicted"]:
        return f"The model says {first}, ahead of {told['runner_up']} ({value_words(told['runner_up_score'], unit)})."
    return f"The model was asked about {told['target']} ({value_words(told['target_score'], unit)}); it says {first}."


def caption_sentence(record: Record) -> str:
    """What the captioner said: measured words as they are, those of a language model quoted, with what it was told."""
    told = record.get("caption", {})
    if not told.get("text", "").strip():
        return ""
    if told["measured"]:
        return str(told["text"])
    shown = {"cut_out": "Shown the outlined region alone", "cropped": "Shown the outlined region alone, cropped"}
    how = shown.get(told.get("view", ""), "Shown the picture")
    how = f"{how} and told that it is {told['label']}" if told["label_in_prompt"] else f"{how}, and not told the label"
    return f"{how}, {told['captioner']} says: “{told['text'].rstrip('.')}.”"


def evidence_sentence(record: Record) -> str:
    """How much of the positive evidence the region holds, and on how much of the picture."""
    told = record.get("region", {})
    if "mass" not in told:
        return ""
    held = f"{percent(told['mass'])} of the evidence for {record['prediction']['target']}"
    caption = record.get("caption", {})
    if caption.get("text", "").strip() and caption["measured"]:
        held = f"It holds {held}"  # the words before it speak of the region
    else:
        held = f"The region holds {held} in {percent(told['area'])} of the picture"
    return held + (", no more than a region of its size would by chance." if told["mass"] <= told["area"] else ".")


def effect_sentence(record: Record) -> str:
    """What hiding the region does, beside hiding its shape elsewhere, and what the region does alone."""
    told = record.get("effects", {})
    if "whole" not in told:
        return ""
    unit, whole, without = told["unit"], told["whole"], told["without"]
    what = "probability" if unit == "probability" else unit
    moved = without - whole
    if abs(moved) < HARDLY * max(abs(whole), 1e-9):
        first = f"With it hidden, the {what} of {value_words(whole, unit)} hardly changes"
    else:
        verb = "falls" if moved < 0 else "rises"
        first = f"With it hidden, the {what} {verb} from {value_words(whole, unit)} to {value_words(without, unit)}"
    elsewhere = f"; with the same shape hidden elsewhere it is {value_words(told['shifted_without'], unit)}"
    if told["overlap"] > COVERED:
        elsewhere = "; there is no room for the same shape elsewhere, so nothing can be held against that"
    return f"{first}{elsewhere}. Shown alone, the region gives {value_words(told['alone'], unit)}."


def place_doubt(told: Record) -> PlaceDoubt | None:
    """What speaks against the region: that the score hardly falls without it, or as much without its shape elsewhere, where
    there is an elsewhere.
    """
    drop, other = told["deletion"], told["shifted_deletion"]
    if drop < HARDLY * max(abs(told["whole"]), 1e-9):
        return "hardly"
    if told["overlap"] > COVERED or drop >= TWICE * other:
        return None
    return "no more" if drop <= other else "not much more"


def doubt_sentence(record: Record) -> str:
    """What a reader must not miss: a region that the score does not rest on, a label in the prompt, a contradiction."""
    said = []
    effects = record.get("effects", {})
    if "whole" in effects and (doubt := place_doubt(effects)):
        said.append(PLACE_DOUBTS[doubt])
    named = record.get("naming", {})
    if named.get("agreement") == "contradicts":
        said.append(f"The words speak of {_listed(named['named'])}: they contradict the model.")
    if record.get("caption", {}).get("label_in_prompt") and record["caption"].get("text"):
        said.append("The words were written with the label at hand: they are no independent evidence.")
    return " ".join(said)


def failure_sentence(record: Record) -> str:
    """Which stage failed first, and why; those before it are told as they are."""
    failed = [(name, part["failed"]) for name, part in record.items() if isinstance(part, Mapping) and "failed" in part]
    return " ".join(f"{FAILED[name]}: {why}" for name, why in failed if name in FAILED)


FAILED = {
    "attribution": "There is no map to go by",
    "points": "There is no point to start from",
    "region": "No region was found",
    "effects": "What hiding the region does is not known",
    "caption": "There are no words for the region",
    "consistency": "Words and prediction were not held against each other",
}


def value_words(value: float, unit: str) -> str:
    """`62 %` of a probability, `3.21` of any other score."""
    return percent(value) if unit == "probability" else f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
