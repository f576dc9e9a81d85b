"""What a narrative was held against, as rows of a table: the check, what came, and what it is to be compared with."""

from collections.abc import Mapping
from typing import Any

from xaivision.explainers.narratives.doubts import no_room
from xaivision.report.wording import number, plain

Row = tuple[str, str, str]


def check_rows(record: Mapping[str, Any]) -> tuple[Row, ...]:
    """The checks that were made; none for a record of other stages."""
    parts = (("region", _region), ("effects", _effects), ("naming", _naming), ("consistency", _consistency))
    known = [(record[name], rows) for name, rows in parts if isinstance(record.get(name), Mapping)]
    return tuple(row for told, rows in known if "failed" not in told for row in rows(told))


def _region(told: Mapping[str, Any]) -> tuple[Row, ...]:
    return (
        ("points inside the region", _share(told["points_inside"]), "100 %: every point it starts from"),
        (
            "evidence for the class in the region",
            f"{_share(told['mass'])} of what is positive in the map",
            f"{_share(told['area'])}: its share of the picture",
        ),
        ("area over evidence", number(told["area_over_mass"]), "1: no more evidence than by its size; smaller is better"),
        *_outline(told),
    )


def _outline(told: Mapping[str, Any]) -> tuple[Row, ...]:
    """Of a region that was cut down what it was before."""
    if "outline" not in told:
        return ()
    before = told["outline"]
    was = f"{_share(before['area'])} of the picture, {_share(before['mass'])} of the evidence"
    return (("outline before it was cut down", was, f"{_share(told['refined'])} of its evidence was to be kept"),)


def _effects(told: Mapping[str, Any]) -> tuple[Row, ...]:
    unit, whole = plain(told["unit"]), number(told["whole"])
    without = f"{number(told['shifted_without'])}: without its shape elsewhere"
    alone = f"{number(told['shifted_alone'])}: its shape elsewhere alone"
    if no_room(told):
        without = alone = "nothing: there is no room for its shape elsewhere"
    return (
        (f"{unit} without the region", number(told["without"]), without),
        (f"{unit} of the region alone", number(told["alone"]), alone),
        (f"{unit} of the whole picture", whole, f"{_share(told['overlap'])} of the region is covered by its shape elsewhere"),
    )


def _naming(told: Mapping[str, Any]) -> tuple[Row, ...]:
    names = ", ".join(map(plain, told["named"])) or "none"
    return (("classes that the words name", names, plain(told.get("why", told["agreement"]))),)


def _consistency(told: Mapping[str, Any]) -> tuple[Row, ...]:
    if "missing" in told:
        return (("CC-SHAP", "not known", plain(told["missing"])),)
    chance = f"{number(told['by_chance'])} on average and up to {number(told['chance_limit'])} by chance for {told['players']}"
    small = "; the contributions are so small that this says little" if told["small"] else ""
    by_order = f"p {number(told['permuted'])} by permuting the superpixels"
    return (
        (f"CC-SHAP, words by {told['value']}", number(told["cosine"]), f"{chance} superpixels; {by_order}{small}"),
        ("prediction in the region", _share(told["prediction_in_mask"]), _of_contributions("prediction", told)),
        ("words in the region", _share(told["words_in_mask"]), _of_contributions("words", told)),
    )


def _of_contributions(whose: str, told: Mapping[str, Any]) -> str:
    """What the share is one of, since it is none of the map's evidence."""
    return f"share of what {told['players']} superpixels contribute to the {whose}, for and against"


def _share(value: float) -> str:
    return f"{100 * value:.0f} %" if value == value else "undefined"
