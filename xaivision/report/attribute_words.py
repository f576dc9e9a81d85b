"""What is said of attributes and of their strips, wherever they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from xaivision.evaluation.attribute_sheet import AttributeSheet, Strip
from xaivision.report.wording import number, plain, signed

# An attribute goes with a property from this correlation on; weaker ones are not told in words.
TOLD, MOST_TOLD = 0.3, 3
# Of the values of a slider, which spread about 1.
DECIMALS = 2
# Shares from which the attributes of a set are believed.
PRESERVED, VALID = 0.95, 0.9


@dataclass(frozen=True)
class Step:
    """One picture of a strip: the attribute's value, what the model calls it, and whether that is another class than before."""

    picture: Tensor
    value: str
    called: str
    turned: bool


def attribute_name(sheet: AttributeSheet, place: int) -> str:
    """`target: size`, or `attribute 3`, where it has no other name than its number."""
    one = sheet.attributes.directions[place]
    return plain(one.of if one.name == "value" else f"{one.of}: {one.name}")


def effect_words(sheet: AttributeSheet, place: int) -> str:
    """By how much it moves the decision."""
    return f"lead falls by {number(float(sheet.attributes.effects[place]))}"


def company_words(sheet: AttributeSheet, place: int) -> str:
    """Which properties of the pictures it goes with."""
    near = [f"{plain(name)} {signed(value, 2)}" for name, value in sheet.goes_with(place) if abs(value) >= TOLD]
    return ", ".join(near[:MOST_TOLD]) or "none of them"


def own_words(sheet: AttributeSheet, row: int) -> str:
    """What the model calls the picture itself, and with which score."""
    query = sheet.answer.query
    return f"{_called(sheet, own_class(sheet, row))}, {query.unit} {number(float(query.scores[row]), 2)}"


def own_class(sheet: AttributeSheet, row: int) -> int:
    """The class that the picture is predicted as: that of the question, which is asked of the prediction."""
    return int(sheet.answer.query.targets[row])


def steps_of(sheet: AttributeSheet, strip: Strip, row: int) -> list[Step]:
    """The pictures of a strip from low to high."""
    place = next(at for at, one in enumerate(sheet.strips[sheet.shown.index(row)]) if one is strip)
    told, own = sheet.attributes.directions[place], own_class(sheet, row)
    found = []
    for picture, value, chances in zip(strip.pictures, strip.values.tolist(), strip.probabilities, strict=True):
        label = int(chances.argmax())
        said = f"{_called(sheet, label)} {float(chances[label]):.0%}"
        found.append(Step(picture, told.told(round(value, DECIMALS)), said, label != own))
    return found


def turning_words(sheet: AttributeSheet, row: int) -> str:
    """What the attributes have to do for another class, or why that was not found."""
    answer = sheet.answer
    goal = int(answer.goals[row])
    words = answer.edits[row][0] if answer.edits is not None else ""
    if words:
        return f"To reach {_called(sheet, goal)}: {plain(words)}."
    verdict = answer.verdicts[row]
    if verdict.status == "refuse":
        return f"Not found: {plain('; '.join(verdict.reasons))}."
    others = ", ".join(_called(sheet, label) for label in _led_to(sheet, row) if label != goal)
    framed = f" The framed steps are of other classes: {others}." if others else ""
    return f"Not found: none of the moves of these attributes that were tried makes it {_called(sheet, goal)}.{framed}"


def _led_to(sheet: AttributeSheet, row: int) -> list[int]:
    """The other classes that the strips of this picture lead to; none where its strips are not shown."""
    strips = sheet.strips[sheet.shown.index(row)] if row in sheet.shown else ()
    labels = {label for strip in strips for label in strip.probabilities.argmax(1).tolist()}
    return sorted(labels - {own_class(sheet, row)})


def summary_words(sheet: AttributeSheet) -> Sequence[tuple[str, str]]:
    """Names and values of what is to be known of all."""
    one, count = sheet.attributes, len(sheet.answer.query)
    turned = round(sheet.validity * count)
    return (
        ("Model", plain(sheet.model)),
        ("Pictures", f"{count} that are asked about, {len(sheet.shown)} of them shown"),
        ("Turned by these attributes alone", f"{turned} of {count} pictures, asked about again as 8 bits hold them"),
        ("Turned by the first 1, 2, ... at their ends", ", ".join(f"{share:.0%}" for share in one.flips.tolist())),
        (
            "Decisions preserved",
            f"{sheet.preserved:.0%} as the generator alone makes them, mean divergence {number(sheet.divergence, 2)} nats",
        ),
    )


def doubts(sheet: AttributeSheet) -> list[str]:
    """What speaks against believing the attributes; empty where nothing does."""
    found = []
    if sheet.preserved < PRESERVED:
        found.append(
            f"Only {sheet.preserved:.0%} of the pictures keep their decision as the generator makes them ({PRESERVED:.0%} are "
            "asked for): what it leaves out counts, and the attributes tell of coarse shapes only."
        )
    if sheet.validity < VALID:
        found.append(
            f"Only {sheet.validity:.0%} of the pictures are turned by these attributes ({VALID:.0%} are asked for). Ask for more "
            "of them, or train the generator longer."
        )
    return found


def _called(sheet: AttributeSheet, label: int) -> str:
    names = sheet.answer.query.class_names
    return plain(names[label] if names else f"class {label}")
