"""What a narrative was held against, as rows of a table: the check, what came, and what it is to be compared with."""

from collections.abc import Mapping
from typing import Any

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
        ("evidence in the region", _share(told["mass"]), f"{_share(told['area'])}: its share of the picture"),
        ("area over evidence", number(told["area_over_mass"]), "1: no more evidence than by its size; smaller is better"),
    )


def _effects(told: Mapping[str, Any]) -> tuple[Row, ...]:
    unit, whole = plain(told["unit"]), number(told["whole"])
    return (
        (
            f"{unit} without the region",
            number(told["without"]),
            f"{number(told['shifted_without'])}: without its shape elsewhere",
        ),
        (f"{unit} of the region alone", number(told["alone"]), f"{number(told['shifted_alone'])}: its shape elsewhere alone"),
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
        ("prediction in the region", _share(told["prediction_in_mask"]), "share of its contributions there"),
        ("words in the region", _share(told["words_in_mask"]), "share of their contributions there"),
    )


def _share(value: float) -> str:
    return f"{100 * value:.0f} %" if value == value else "undefined"
