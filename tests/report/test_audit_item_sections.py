import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from audit_reports import COLUMNS, WEIGHTS, picture_report, table_report
from PIL import Image

from xaivision.report.audit_items import MOST_BARS, abreast, item_sections
from xaivision.report.palette import over_photo


def shown_with(report, **changes):
    """The sections of a report that shows its first item, changed."""
    return item_sections(replace(report, shown=(replace(report.shown[0], **changes),)))[0]


def pixels(picture):
    with Image.open(io.BytesIO(base64.b64decode(picture.uri.partition(",")[2]))) as image:
        return np.array(image.convert("RGB"))


def card(section, label):
    return next(one for one in section.cards if one.label == label)


@pytest.fixture
def pictures():
    return picture_report()


@pytest.fixture
def table():
    return table_report()


def test_the_best_and_the_worst_item_of_every_method_have_a_section_that_says_why(table):
    sections = {one.name: one.why for one in item_sections(table)}
    for label in table.methods:
        found = table.findings.of("deletion", label)
        assert f"best deletion of {label}: {found.best.value:.3g}" in sections[found.best.item]
        assert f"worst deletion of {label}: {found.worst.value:.3g}" in sections[found.worst.item]


def test_a_section_names_the_class_that_is_explained(table):
    one = table.shown[0]
    assert item_sections(table)[0].explained == ("yes", "no")[one.target]
    assert shown_with(table, target=5).explained == "5"
    assert shown_with(table, target=-1).explained == "\N{EN DASH}"


def test_every_map_has_a_card_methods_first_and_controls_are_called_so(pictures):
    section = item_sections(pictures)[0]
    assert [one.label for one in section.cards] == ["saliency", "input_x_gradient", "random", "sobel"]
    assert [one.badge for one in section.cards] == ["ok", "ok", "control", "control"]
    assert all(one.picture is not None and not one.absence for one in section.cards)


def test_a_map_is_drawn_over_its_picture_on_its_own_scale(pictures):
    picture, values = np.full((1, 4, 4), 128, dtype=np.uint8), np.zeros((4, 4))
    values[0, 0], values[3, 3] = 1.0, -1.0
    drawn = pixels(card(shown_with(pictures, picture=picture, maps={"saliency": values}), "saliency").picture)
    expected = over_photo(np.full((4, 4, 3), 128 / 255), values)
    assert np.array_equal(drawn, np.rint(expected * 255).astype(np.uint8))
    assert drawn[0, 0, 0] > drawn[0, 0, 2]  # red speaks for the class
    assert drawn[3, 3, 2] > drawn[3, 3, 0]


def test_maps_that_differ_in_size_alone_look_the_same(pictures):
    values = np.linspace(-1, 1, 64).reshape(8, 8)
    drawn = [pixels(card(shown_with(pictures, maps={"saliency": size * values}), "saliency").picture) for size in (1, 0.25)]
    assert np.array_equal(*drawn)


def test_one_pixel_does_not_leave_the_others_white(pictures):
    values = np.full((32, 32), 0.01)
    values[0, 0] = 1.0
    picture = np.full((1, 32, 32), 128, dtype=np.uint8)
    drawn = pixels(card(shown_with(pictures, picture=picture, maps={"saliency": values}), "saliency").picture)
    assert np.array_equal(drawn[5, 5], drawn[0, 0])


def test_a_map_of_zeros_is_white(pictures):
    section = shown_with(pictures, maps={"saliency": np.zeros((8, 8))})
    assert (pixels(card(section, "saliency").picture) == 255).all()


def test_a_refused_map_is_not_drawn(pictures, table):
    for report in (pictures, table):
        label = report.methods[0]
        one = card(shown_with(report, verdicts={label: "refuse"}), label)
        assert one.picture is None
        assert one.bars == ()
        assert one.absence == "refused: not an explanation"
        assert one.badge == "refuse"


def test_a_missing_map_is_not_drawn(pictures, table):
    for report in (pictures, table):
        label = report.methods[0]
        one = card(shown_with(report, maps={label: np.full_like(report.shown[0].maps[label], np.nan)}), label)
        assert one.picture is None
        assert one.bars == ()
        assert one.absence == "no map"


def test_a_doubted_map_is_drawn_with_its_doubt(pictures):
    one = card(shown_with(pictures, verdicts={"saliency": "warn"}), "saliency")
    assert one.badge == "warn"
    assert one.picture is not None


def test_the_map_of_a_control_is_never_called_in_order(pictures):
    assert card(shown_with(pictures, verdicts={"sobel": "ok"}), "sobel").badge == "control"


def test_rows_of_tables_have_bars_with_the_names_and_values_of_columns(table):
    one = table.shown[0]
    bars = card(item_sections(table)[0], "shapley").bars
    exact = one.values * WEIGHTS * (1 if one.target == 0 else -1)
    order = [column for column in np.argsort(-np.abs(exact)) if exact[column]]
    assert [bar.name for bar in bars] == [COLUMNS[column] for column in order]
    assert bars[0].length == 50
    for bar, column in zip(bars, order, strict=True):
        assert bar.length == pytest.approx(50 * abs(exact[column]) / abs(exact[order[0]]), abs=0.05)
        assert bar.sign == ("positive" if exact[column] > 0 else "negative")
        assert bar.start == pytest.approx(50 if exact[column] > 0 else 50 - bar.length, abs=0.01)
        assert float(bar.value.replace("\N{MINUS SIGN}", "-")) == pytest.approx(one.values[column], rel=1e-3)


def test_columns_without_names_are_numbered_and_only_the_largest_are_shown(table):
    many = np.linspace(1, 0.1, 12)
    report = replace(table, feature_names=())
    bars = card(shown_with(report, maps={"shapley": many}, values=np.ones(12)), "shapley").bars
    assert [bar.name for bar in bars] == [f"feature {column}" for column in range(MOST_BARS)]


def test_a_row_has_no_picture_and_a_picture_has_its_input(table, pictures):
    assert item_sections(table)[0].picture is None
    section = item_sections(pictures)[0]
    assert np.array_equal(pixels(section.picture)[..., 0], pictures.shown[0].picture[0])


def test_names_lose_their_control_characters(table):
    section = shown_with(table, item="a\nb\x1b", why=("c\x07",))
    assert section.name == "a b\N{REPLACEMENT CHARACTER}"
    assert section.why == ("c\N{REPLACEMENT CHARACTER}",)


@pytest.mark.parametrize(
    ("cards", "most", "columns"), [(1, 6, 1), (5, 6, 5), (6, 6, 6), (7, 6, 4), (13, 6, 5), (5, 4, 3), (4, 4, 4), (0, 4, 1)]
)
def test_no_card_is_left_alone_in_the_last_row(cards, most, columns):
    assert abreast(cards, most) == columns
    assert cards <= most or cards % columns != 1
