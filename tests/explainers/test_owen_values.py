"""Owen values as an explainer: hierarchies of columns and of segments, exact and sampled."""

import pandas as pd
import pytest
import torch
from black_boxes import draws, image_model, wavy

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.data.schema import TableSchema
from xaivision.explainers.exact_shapley import ExactShapley
from xaivision.explainers.owen import Owen
from xaivision.explainers.player_hierarchy import player_hierarchy

NAMES = ("a", "b", "c", "d", "e")
# Sixteen tiles of 2 x 2.
TILES = (torch.arange(8)[:, None] // 2) * 4 + torch.arange(8) // 2


def tile_model():
    inner, outer = 3 * (draws(64, 9, seed=3) - 0.5), draws(9, seed=4) - 0.5
    return image_model(lambda images: torch.tanh(images.double().flatten(1) @ inner) @ outer, side=8)


def named():
    return TableSchema.from_frame(pd.DataFrame(draws(9, 5).numpy(), columns=list(NAMES)))


def test_names_and_numbers_mean_the_same_columns():
    rows = draws(2, 5, seed=1)
    by_name = Owen([["a", "b"], ["c", ["d", "e"]]]).explain(wavy(5, named()), rows, 0)
    by_number = Owen([[0, 1], [2, [3, 4]]]).explain(wavy(5, named()), rows, 0)
    assert torch.equal(by_name.values, by_number.values)
    assert not torch.allclose(by_name.values, ExactShapley().explain(wavy(5, named()), rows, 0).values, atol=1e-4)


@pytest.mark.parametrize("hierarchy", [[[0, 1, 2, 3, 4]], [0, 1, 2, 3, 4], [[0], [1], [2], [3], [4]], [0]], ids=str)
def test_one_group_or_none_gives_the_shapley_values(hierarchy):
    """What a hierarchy leaves out stands alone at the top."""
    rows = draws(2, 5, seed=1)
    found = Owen(hierarchy).explain(wavy(5), rows, 0)
    assert torch.allclose(found.values, ExactShapley().explain(wavy(5), rows, 0).values, rtol=0, atol=1e-12)


def test_values_add_up_and_say_how_exact_they_are():
    rows = draws(2, 5, seed=1)
    found = Owen([[0, 1], [2, [3, 4]]], baseline="zeros").explain(wavy(5), rows, 0)
    assert found.verdict.status == "ok"
    assert float(found.diagnostics.completeness_gap.abs().max()) < 1e-12
    assert found.diagnostics.notes[0].text == "the 20 coalitions that matter were scored: the values are exact"
    assert not found.diagnostics.standard_error.any()


def test_where_the_budget_does_not_hold_the_coalitions_orders_are_drawn():
    rows = draws(2, 16, seed=1)
    hierarchy = [list(range(8)), list(range(8, 16))]
    exact = Owen(hierarchy, budget=5000).explain(wavy(16), rows, 0)
    drawn = Owen(hierarchy, budget=900).explain(wavy(16), rows, 0)
    assert not exact.diagnostics.standard_error.any()
    assert bool((drawn.diagnostics.standard_error > 0).all())
    assert int(drawn.diagnostics.evaluations.max()) <= 900
    assert float(((drawn.values - exact.values) / drawn.diagnostics.standard_error).abs().max()) < 5
    alone = Owen(hierarchy, budget=900).explain(wavy(16), rows[1:], 0)
    assert torch.equal(alone.values[0], drawn.values[1])


def test_grouped_columns_are_one_player_of_the_hierarchy():
    rows = draws(1, 5, seed=1)
    found = Owen([[0, 1, 2], [3, 4]], groups=[[0, 1]]).explain(wavy(5), rows, 0)
    assert float(found.values[0, 0]) == float(found.values[0, 1])
    assert float(found.diagnostics.completeness_gap.abs().max()) < 1e-12


@pytest.mark.parametrize("hierarchy", ["quadrants", (TILES // 8) * 2 + TILES % 4 // 2], ids=["quadrants", "label map"])
def test_pictures_are_divided_into_quarters_or_the_regions_of_a_map(hierarchy):
    images = draws(2, 1, 8, 8, seed=5)
    found = Owen(hierarchy, segments=TILES, baseline="black", budget=2000).explain(tile_model(), images, 0)
    quarters = [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]
    listed = Owen(quarters, segments=TILES, baseline="black", budget=2000).explain(tile_model(), images, 0)
    assert torch.allclose(found.values, listed.values, rtol=0, atol=1e-12)
    assert not found.diagnostics.standard_error.any()


def test_a_map_for_each_picture_is_its_own():
    images = draws(2, 1, 8, 8, seed=5)
    maps = torch.stack([TILES % 4, TILES // 4])
    together = Owen(maps, segments=TILES, baseline="black").explain(tile_model(), images, 0)
    second = Owen(maps[1], segments=TILES, baseline="black").explain(tile_model(), images[1:], 0)
    assert torch.equal(together.values[1], second.values[0])


def test_quarters_go_on_until_few_segments_are_together():
    labels = torch.arange(256).view(16, 16)
    group = player_hierarchy(None, "quadrants", labels, 0)
    assert len(group) == 4
    assert all(len(quarter) == 4 and all(len(part) == 4 for part in quarter) for quarter in group)


def test_segments_with_one_center_end_the_division():
    rings = torch.stack([torch.minimum(torch.arange(24), 23 - torch.arange(24))] * 24)
    rings = torch.minimum(rings, rings.T)
    group = player_hierarchy(None, "quadrants", rings, 0)
    assert sorted(group) == list(range(12))


@pytest.mark.parametrize(
    ("hierarchy", "message"),
    [
        ([[0, 1], [1, 2]], "must hold each player once. Got player 1"),
        ([[0, 9]], "must hold columns from 0 to 4"),
        ([[0, True]], "must hold columns from 0 to 4"),
        ([[0, 1], []], "must hold no empty list"),
        ("quadrants", "must be nested lists of columns for a table"),
        (torch.zeros(3, 3, dtype=torch.long), "must be nested lists of columns for a table"),
    ],
    ids=str,
)
def test_hierarchies_that_do_not_fit_are_refused(hierarchy, message):
    with pytest.raises(InputError, match=message):
        Owen(hierarchy).explain(wavy(5), draws(1, 5), 0)


@pytest.mark.parametrize("hierarchy", ["halves", [], 3, torch.zeros(4, 4)], ids=str)
def test_what_is_no_hierarchy_is_refused_at_once(hierarchy):
    with pytest.raises(InputError, match="`hierarchy`"):
        Owen(hierarchy)


def test_an_unknown_name_is_named():
    with pytest.raises(UnknownNameError, match="`f` is not a known column"):
        Owen([["a", "f"]]).explain(wavy(5, named()), draws(1, 5), 0)


def test_a_map_of_another_shape_is_refused():
    with pytest.raises(InputError, match=r"`hierarchy` as a label map must have the shape \(8, 8\)"):
        Owen(TILES[:4], segments=TILES).explain(tile_model(), draws(1, 1, 8, 8), 0)
