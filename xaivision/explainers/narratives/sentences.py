"""The record of a picture's stages as sentences: what the model says, what the words say, and what was measured."""

from xaivision.explainers.narratives.doubts import (
    EVEN_MAP,
    HARDLY,
    PLACE_DOUBTS,
    Record,
    failures,
    mass_doubt,
    no_room,
    place_doubt,
)
from xaivision.explainers.narratives.region_words import percent

# More digits than these tell no reader more.
MOST_DIGITS = 4


def narrative_text(record: Record) -> str:
    """All of it, in the order of the stages."""
    parts = [
        prediction_sentence(record["prediction"]),
        caption_sentence(record),
        evidence_sentence(record),
        outline_sentence(record),
        effect_sentence(record),
        doubt_sentence(record),
        failure_sentence(record),
        picture_sentence(record),
    ]
    return " ".join(filter(None, parts))


def asked_name(told: Record) -> str:
    """`tabby`, or `tabby rather than beagle` where the one is explained against the other."""
    return f"{told['target']} rather than {told['against']}" if "against" in told else str(told["target"])


def prediction_sentence(told: Record) -> str:
    """`The model says tabby (62 %), ahead of tiger cat (21 %).`"""
    unit = told["unit"]
    first = f"{told['predicted']} ({value_words(told['predicted_score'], unit)})"
    ahead = f"The model says {first}, ahead of {told['runner_up']} ({value_words(told['runner_up_score'], unit)})."
    if "against" in told:
        score = value_words(told["explained"], told["explained_unit"])
        return f"{ahead} It was asked why {asked_name(told)}: the {told['explained_unit']} is {score}."
    if told["target"] == told["predicted"]:
        return ahead
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
    held = f"{percent(told['mass'])} of the evidence for {asked_name(record['prediction'])}"
    caption = record.get("caption", {})
    if caption.get("text", "").strip() and caption["measured"]:
        held = f"It holds {held}"  # the words before it speak of the region
    else:
        pieces = f", in {told['pieces']} pieces," if told.get("pieces", 1) > 1 else ""
        held = f"The region{pieces} holds {held} in {percent(told['area'])} of the picture"
    return held + _DOUBTED[mass_doubt(told)]


_DOUBTED = {
    None: ".",
    "chance": ", no more than a region of its size would by chance.",
    "little": ": most of that lies elsewhere.",
}


def outline_sentence(record: Record) -> str:
    """What a region that was cut down has left of the segmenter's outline."""
    told = record.get("region", {})
    if told.get("refined") is None or "outline" not in told:
        return ""
    outline = told["outline"]
    wanted = f"what holds {percent(told['refined'])} of its evidence"
    if told["area"] >= outline["area"]:
        return f"The outline was to be cut down to {wanted}, and stays whole: that evidence is even, or takes all of it."
    digits = digits_apart(outline["area"], told["area"], "probability")
    before, after = (percent(area, digits) for area in (outline["area"], told["area"]))
    return f"The outline was cut down from {before} to {after} of the picture, to {wanted}."


def effect_sentence(record: Record) -> str:
    """What hiding the region does, beside hiding its shape elsewhere, and what the region does alone."""
    told = record.get("effects", {})
    if "whole" not in told:
        return ""
    unit, moved = told["unit"], told["without"] - told["whole"]
    still = abs(moved) < HARDLY * max(abs(told["whole"]), 1e-9)
    digits = 0 if still else digits_apart(told["whole"], told["without"], unit)
    whole, without, shifted, alone = (
        value_words(told[name], unit, digits) for name in ("whole", "without", "shifted_without", "alone")
    )
    if still or whole == without:
        first = f"With it hidden, the {unit} of {whole} hardly changes"
    else:
        first = f"With it hidden, the {unit} {'falls' if moved < 0 else 'rises'} from {whole} to {without}"
    elsewhere = f"; with the same shape hidden elsewhere it is {shifted}"
    if no_room(told):
        elsewhere = "; there is no room for the same shape elsewhere, so nothing can be held against that"
    return f"{first}{elsewhere}. Shown alone, the region gives {alone}."


def doubt_sentence(record: Record) -> str:
    """What a reader must not miss: a region that the score does not rest on, a label in the prompt, a contradiction."""
    said = []
    if record.get("points", {}).get("even"):
        said.append(f"{EVEN_MAP[0].upper()}{EVEN_MAP[1:]}.")
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
    return " ".join(f"{FAILED[name]}: {part['failed']}" for name, part in failures(record) if name in FAILED)


FAILED = {
    "attribution": "There is no map to go by",
    "points": "There is no point to start from",
    "stability": "How far the point moves over the seeds is not known",
    "region": "No region was found",
    "effects": "What hiding the region does is not known",
    "caption": "There are no words for the region",
    "consistency": "Words and prediction were not held against each other",
}


def picture_sentence(record: Record) -> str:
    """What of the file the model was not shown."""
    told = record.get("picture", {})
    return f"The model was not shown {percent(told['left_out'])} of the file, which cropping leaves out." if told else ""


def value_words(value: float, unit: str, digits: int = 0) -> str:
    """`62 %` of a probability, `3.21` of any other score; with `digits` more of them."""
    if unit == "probability":
        return percent(value, digits)
    return f"{value:.{3 + digits}g}".replace("-", "\N{MINUS SIGN}")


def digits_apart(one: float, other: float, unit: str) -> int:
    """How many more digits tell two values apart: 1 for 2.4 % and 2.1 %, which both are 2 %."""
    apart = (more for more in range(MOST_DIGITS) if value_words(one, unit, more) != value_words(other, unit, more))
    return next(apart, 0)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
