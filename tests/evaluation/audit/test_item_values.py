import pytest
import torch
from planned_rows import NAN, chance_rows, rows

from xaivision.core.errors import InputError
from xaivision.evaluation.audit.item_values import item_values
from xaivision.evaluation.audit.rows import Row


def test_items_are_in_the_order_of_their_numbers_and_names_whatever_the_order_of_the_rows():
    made = [*rows("a", range(12)), Row("z.png", 0, "a", "", "m", 5.0, "", "ok"), Row("b.png", 0, "a", "", "m", 6.0, "", "ok")]
    found = item_values(reversed(made))
    assert found.items == (*map(str, range(12)), "b.png", "z.png")
    assert found.of("a", "m").tolist() == [*range(12), 6.0, 5.0]
    assert found.of("a", "m").dtype == torch.float64


def test_what_was_never_measured_or_is_infinite_has_no_value():
    found = item_values(rows("a", [1.0, float("inf"), NAN]) + rows("b", [1.0]))
    assert found.of("a", "m").isnan().tolist() == [False, True, True]
    assert found.of("b", "m").isnan().tolist() == [False, True, True]
    assert found.of("c", "m").isnan().all()


def test_draws_are_in_the_order_of_their_numbers():
    found = item_values(chance_rows("chance", torch.arange(24.0).view(2, 12)))
    assert found.draws("chance", "m").tolist() == torch.arange(24.0).view(2, 12).tolist()
    assert found.draws("chance", "other").shape == (2, 0)


def test_an_item_failed_where_its_own_row_the_methods_or_its_own_reading_says_so():
    made = [
        *rows("a", [1, NAN, NAN], errors=[1]),
        Row("3", 0, "a", "", "", NAN, "not explained.", "ok"),
        Row("4", -1, "", "", "", NAN, "not read.", ""),
        *rows("a", [1, 2, NAN], metric="other"),
    ]
    found = item_values(made)
    assert found.failed("a", "m") == {"1", "3", "4"}
    assert found.failed("a", "other") == {"3", "4"}
    assert found.failed("b", "m") == {"4"}


def test_two_rows_of_the_same_are_refused():
    with pytest.raises(InputError, match="Got two of"):
        item_values(rows("a", [1.0]) * 2)
