"""Generated sets with a known answer: what is said to be true is true, of every set, and nothing depends on chance."""

import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.data.known_answers import tetrominoes as known_tetrominoes
from xaivision.data.known_answers.block_digits import block_digits, plus
from xaivision.data.known_answers.gaussian_clusters import gaussian_clusters
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.data.known_answers.one_hot import one_hot
from xaivision.data.known_answers.pasted_objects import pasted_objects
from xaivision.data.known_answers.picture_grids import cut_out, picture_grids
from xaivision.data.known_answers.suppressor_table import suppressor_pair, suppressor_table
from xaivision.data.known_answers.tetrominoes import BACKGROUNDS, SCENARIOS, SIDES, contrasted_tetrominoes, tetrominoes
from xaivision.data.known_answers.twins import twin_pictures, twin_rows
from xaivision.data.registry import load_dataset
from xaivision.evaluation.known_answers.known_scores import shifted

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


# How much of a picture is the pattern, as the paper has it; there the norms of both are 1.
SHARES = {
    ("linear", "white"): 0.18,
    ("linear", "correlated"): 0.0125,
    ("multiplicative", "white"): 0.7,
    ("multiplicative", "correlated"): 0.1,
    ("rigid", "white"): 0.65,
    ("rigid", "correlated"): 0.2,
    ("xor", "white"): 0.35,
    ("xor", "correlated"): 0.15,
}


@pytest.mark.parametrize(("scenario", "background"), [pair for pair in SHARES if pair[0] != "multiplicative"])
def test_the_pattern_is_as_strong_as_the_paper_has_it(scenario, background, monkeypatch):
    """Measured from the picture beside the one that the same draws would give without the pattern."""
    share = SHARES[scenario, background]
    drawn = [tetrominoes(scenario, background, **SMALL)]
    monkeypatch.setitem(known_tetrominoes.ALPHAS[8], scenario, (0.0, 0.0))
    drawn.append(tetrominoes(scenario, background, **SMALL))
    pictures, noise = (one.tested.inputs[:, 0].double().flatten(1) - 0.5 for one in drawn)
    outside = ~drawn[0].truth.flatten(1)
    for picture, ground, elsewhere in zip(pictures, noise, outside, strict=True):
        # Where there is no pattern, pictures are noise that one factor makes smaller; what is over is the pattern.
        factor = (picture[elsewhere] @ ground[elsewhere]) / (ground[elsewhere] @ ground[elsewhere])
        over = (picture - factor * ground).norm() / (factor * ground).norm()
        assert float(over) == pytest.approx(share / (1 - share), rel=1e-3)


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_a_dimming_tetromino_leaves_what_the_paper_has_it_leave(background, monkeypatch):
    drawn = [tetrominoes("multiplicative", background, **SMALL)]
    monkeypatch.setitem(known_tetrominoes.ALPHAS[8], "multiplicative", (0.0, 0.0))
    drawn.append(tetrominoes("multiplicative", background, **SMALL))
    left = (drawn[0].tested.inputs - 0.5) / (drawn[1].tested.inputs - 0.5)
    for one in left:
        assert float(one.min() / one.max()) == pytest.approx(1 - SHARES["multiplicative", background], rel=1e-2)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_neighbors_are_alike_on_the_smooth_background_and_not_on_the_white_one(background, side):
    known = tetrominoes("multiplicative", background, side, learned=10, tested=40)
    ground = known.tested.inputs[:, 0, :, -side // 4 :].double() - 0.5  # right of both tetrominoes
    alike = torch.corrcoef(torch.stack([ground[:, :-1].flatten(), ground[:, 1:].flatten()]))[0, 1]
    assert float(alike) > 0.9 if background == "correlated" else abs(float(alike)) < 0.1


def test_digits_that_are_learned_are_of_the_training_part_and_tested_ones_of_the_test_part():
    digits = load_dataset("digits")
    known = block_digits(digits, learned=60, tested=60)
    shown = {}
    for name, part in (("train", known.learned), ("test", known.tested)):
        halves = torch.cat(part.inputs[:, 0].split(8, 1))
        shown[name] = halves[(halves != plus(8, 8)[0]).flatten(1).any(1)]
    pools = {"train": digits.train.inputs[:, 0], "test": digits.test.inputs[:, 0]}
    twice = (torch.cdist(pools["test"].flatten(1), pools["train"].flatten(1)) == 0).any(1)
    assert int(twice.sum()) < 20  # pictures that both parts hold
    for name, pool in pools.items():
        assert len(shown[name]) == 60
        assert bool((torch.cdist(shown[name].flatten(1), pool.flatten(1)) == 0).any(1).all()), name


def test_the_signs_of_one_hot_rows_are_their_classes_at_the_true_column():
    known = one_hot(**SMALL)
    assert torch.equal(known.tested.inputs != 0, known.truth)
    assert torch.equal((known.tested.inputs.sum(1) > 0).long(), known.tested.targets)


def test_every_row_of_a_cluster_has_the_columns_of_its_own_rule():
    known = gaussian_clusters(learned=1001, tested=4001)
    rows, targets = known.tested.inputs.double(), known.tested.targets
    clusters = known.tested.inputs.sign()  # centers lie two standard deviations away
    truths = known.truth.unique(dim=0)
    assert len(truths) == 4
    for truth in truths:
        own = (known.truth == truth).all(1)
        assert float((clusters[own].mean(0).abs() > 0.8).double().mean()) == 1  # rows of one cluster only
        difference = (rows[own & (targets == 1)].mean(0) - rows[own & (targets == 0)].mean(0)).abs()
        assert torch.equal(difference > 0.25, truth)


def test_a_pasted_object_lies_in_its_mask():
    known = pasted_objects("object", learned=10, tested=60)
    for picture, truth in zip(known.tested.inputs[:, 0], known.truth, strict=True):
        assert bool(truth[picture > 0.8].all())
        assert int((picture > 0.8).sum()) > 20
        assert int(truth.sum()) == 64


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
    assert (cut_out(grids.inputs, 3)[:, 0, 0, 0] * 10).round().view(18, 9).tolist() == grids.labels.tolist()
    if fixed:
        assert grids.targets.tolist() == [number % 9 for number in range(18)]


def test_a_map_that_is_moved_by_a_cell_is_off_its_object():
    """By a pixel, most of an object of eight would still be covered."""
    digits = load_dataset("digits")
    for known in (block_digits(digits, learned=4, tested=20), pasted_objects(learned=4, tested=20), twin_pictures(4, 20)):
        moved = shifted(known.truth.float(), known.cell).bool()
        assert known.truth.any()
        assert not (moved & known.truth).any(), known.name


def test_another_share_of_the_pattern_gives_the_published_set_where_it_is_the_published_one():
    published, other = tetrominoes("linear", "white", learned=10), contrasted_tetrominoes("white", 0.18, learned=10)
    assert torch.equal(published.tested.inputs, other.tested.inputs)
    stronger = contrasted_tetrominoes("white", 0.5, learned=10)
    apart = [(one.tested.inputs[0::2] - one.tested.inputs[1::2]).mean(0).abs().max() for one in (published, stronger)]
    assert apart[1] > 2 * apart[0]
    with pytest.raises(InputError, match="between 0 and 1"):
        contrasted_tetrominoes("white", 1.0)
