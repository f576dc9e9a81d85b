"""Generated sets with a known answer: what is said to be true is true, of every set, and nothing depends on chance."""

import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.data.known_answers.block_digits import block_digits, plus
from xaivision.data.known_answers.gaussian_clusters import gaussian_clusters
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.data.known_answers.one_hot import one_hot
from xaivision.data.known_answers.pasted_objects import pasted_objects
from xaivision.data.known_answers.picture_grids import picture_grids
from xaivision.data.known_answers.suppressor_table import suppressor_pair, suppressor_table
from xaivision.data.known_answers.tetrominoes import BACKGROUNDS, SCENARIOS, tetrominoes
from xaivision.data.known_answers.twins import twin_pictures, twin_rows
from xaivision.data.registry import load_dataset

SMALL = {"learned": 40, "tested": 20}
SETS = {
    **{
        f"{scenario} {back}": (lambda s=scenario, b=back: tetrominoes(s, b, **SMALL))
        for scenario in SCENARIOS
        for back in BACKGROUNDS
    },
    "large": lambda: tetrominoes("rigid", "correlated", 64, **SMALL),
    "blocks": lambda: block_digits(load_dataset("digits"), **SMALL),
    "one hot": lambda: one_hot(**SMALL),
    "pair": lambda: suppressor_pair(**SMALL),
    "suppressors": lambda: suppressor_table(**SMALL),
    "clusters": lambda: gaussian_clusters(**SMALL),
    "twin rows": lambda: twin_rows(**SMALL),
    "twin pictures": lambda: twin_pictures(**SMALL),
    "objects": lambda: pasted_objects("object", **SMALL),
    "scenes": lambda: pasted_objects("scene", **SMALL),
}


@pytest.mark.parametrize("name", SETS)
def test_every_set_is_the_same_each_time_with_as_much_of_it_as_was_asked_for(name):
    one, again = SETS[name](), SETS[name]()
    assert torch.equal(one.learned.inputs, again.learned.inputs)
    assert torch.equal(one.truth, again.truth)
    assert (len(one.learned.inputs), len(one.tested.inputs), len(one.truth)) == (40, 20, 20)
    assert set(one.tested.targets.tolist()) == {0, 1}
    assert (one.tested.inputs.dtype, one.truth.dtype) == (torch.float32, torch.bool)
    if one.tested.inputs.ndim == 4:
        assert bool(((one.tested.inputs >= 0) & (one.tested.inputs <= 1)).all())
    assert 0 < float(one.truth.double().mean()) < 1


def test_a_truth_of_another_shape_is_refused():
    one = one_hot(**SMALL)
    with pytest.raises(InputError, match="`truth` must say"):
        KnownSet(one.name, one.learned, one.tested, one.truth[:, :3], "association", "", one.class_names)


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_what_the_class_moves_on_average_is_the_truth_of_the_linear_tetrominoes(background):
    known = tetrominoes("linear", background, learned=8000, tested=10)
    inputs, targets = known.learned.inputs.double()[:, 0], known.learned.targets
    moved = (inputs[targets == 0].mean(0) - inputs[targets == 1].mean(0)).abs()
    errors = inputs.std(0) * (4 / len(inputs)) ** 0.5
    if background == "white":  # with the smooth one the effect is a fraction of the noise, and linear models find it
        assert bool((moved > 5 * errors)[known.truth[0]].all())
    assert float((moved / errors)[~known.truth[0]].max()) < 4.5


def test_a_dimming_tetromino_makes_the_background_smaller_where_it_is():
    known = tetrominoes("multiplicative", "white", learned=4000, tested=10)
    spread = [(known.learned.inputs[known.learned.targets == label] - 0.5).std(0)[0] for label in (0, 1)]
    dimmed = (spread[0] / spread[1]).log().abs() > 0.5
    assert torch.equal(dimmed, known.truth[0])


def test_signs_of_both_tetrominoes_agree_in_one_class_and_not_in_the_other():
    known = tetrominoes("xor", "white", learned=2000, tested=10)
    cells = [known.truth[0].clone(), known.truth[0].clone()]
    cells[0][4:], cells[1][:4] = False, False
    first, second = ((known.learned.inputs[:, 0] - 0.5).flatten(1)[:, cell.flatten()].mean(1) for cell in cells)
    agree = first * second > 0
    assert float((agree == (known.learned.targets == 0)).double().mean()) > 0.95
    assert known.class_names == ("same", "different")


def test_a_rigid_tetromino_is_marked_where_it_is_in_each_picture():
    known = tetrominoes("rigid", "white", learned=10, tested=400)
    assert known.truth.flatten(1).sum(1).unique().tolist() == [4]
    inside = known.tested.inputs[:, 0][known.truth].mean() - known.tested.inputs[:, 0][~known.truth].mean()
    assert float(inside) > 0.2
    assert len({tuple(mask.flatten().tolist()) for mask in known.truth}) > 50


def test_the_large_pictures_have_cells_of_several_pixels():
    assert tetrominoes("linear", "white", 64, **SMALL).cell == 8
    assert int(tetrominoes("linear", "white", 64, **SMALL).truth[0].sum()) == 8 * 64


@pytest.mark.parametrize("setting", [{"scenario": "none"}, {"background": "none"}, {"side": 9}])
def test_what_the_tetrominoes_do_not_have_is_refused(setting):
    with pytest.raises(InputError, match="must be one of"):
        tetrominoes(**{"scenario": "linear", "background": "white", "side": 8, **setting})


def test_outside_the_truth_of_block_pictures_there_is_the_same_shape_always():
    known = block_digits(load_dataset("digits"), tested=50)
    shape = plus(8, 8)[0]
    for picture, truth in zip(known.tested.inputs[:, 0], known.truth, strict=True):
        assert torch.equal(picture[~truth].view(8, 8), shape)
    assert 0.3 < float(known.truth[:, 0, 0].double().mean()) < 0.7
    on_top = block_digits(load_dataset("digits"), "top", tested=50)
    assert bool(on_top.truth[:, :8].all())
    assert not bool(on_top.truth[:, 8:].any())


def test_the_suppressor_of_a_pair_tells_nothing_and_is_needed():
    known = suppressor_pair(learned=20000, tested=10)
    rows, signs = known.learned.inputs.double(), 2.0 * known.learned.targets - 1
    assert abs(float(torch.corrcoef(torch.stack([rows[:, 1], signs]))[0, 1])) < 0.03
    assert float(((rows[:, 0] - rows[:, 1]).sign() == signs).double().mean()) > 0.999
    assert float((rows[:, 0].sign() == signs).double().mean()) < 0.8


def test_of_the_suppressor_table_the_true_columns_alone_are_associated_with_the_class():
    known = suppressor_table(learned=20000, tested=10)
    rows, signs = known.learned.inputs.double(), 2.0 * known.learned.targets - 1
    associated = torch.corrcoef(torch.cat([rows.T, signs[None]]))[-1, :-1].abs() > 0.04
    assert torch.equal(associated, known.truth[0])


def test_moving_a_row_of_a_cluster_along_what_is_not_true_changes_no_class():
    known = gaussian_clusters(learned=4000, tested=10, clusters=1)
    rows, targets = known.learned.inputs.double(), known.learned.targets
    difference = (rows[targets == 1].mean(0) - rows[targets == 0].mean(0)).abs()
    assert torch.equal(difference > 0.2, known.truth[0])


@pytest.mark.parametrize("make", [twin_rows, twin_pictures])
def test_twins_are_the_same_but_for_the_truth(make):
    known = make(**SMALL)
    first, second = known.tested.inputs[::2], known.tested.inputs[1::2]
    differs = (first != second).any(1) if first.ndim == 4 else first != second
    assert torch.equal(differs, known.truth[::2])
    assert torch.equal(differs, known.truth[1::2])
    assert known.tested.targets.tolist() == [0, 1] * 10


def test_the_same_pictures_are_labeled_by_object_and_by_scene_with_opposite_truths():
    by_object, by_scene = pasted_objects("object", **SMALL), pasted_objects("scene", **SMALL)
    assert torch.equal(by_object.tested.inputs, by_scene.tested.inputs)
    assert torch.equal(by_object.truth, ~by_scene.truth)
    pairs = set(zip(by_object.tested.targets.tolist(), by_scene.tested.targets.tolist(), strict=True))
    assert len(pairs) == 4
    with pytest.raises(InputError, match="'object' or 'scene'"):
        pasted_objects("sky")


@pytest.mark.parametrize("fixed", [False, True])
def test_the_cell_that_is_asked_about_holds_the_class_that_is_asked_about(fixed):
    pictures = torch.arange(10).float().view(-1, 1, 1, 1).expand(-1, 1, 4, 4) / 10
    grids = picture_grids(pictures, torch.arange(10), 3, 18, fixed=fixed)
    assert grids.inputs.shape == (18, 1, 12, 12)
    for picture, target, cell in zip(grids.inputs[:, 0], grids.targets, grids.cells, strict=True):
        assert picture[cell].tolist() == pytest.approx([float(target) / 10] * 16)
        assert len(picture.unique()) == 9
    if fixed:
        assert grids.targets.tolist() == [number % 9 for number in range(18)]
