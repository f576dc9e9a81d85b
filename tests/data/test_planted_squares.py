import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.data.registry import load_dataset


@pytest.mark.parametrize("clue", ["texture", "position"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_mask_is_the_square_and_everything_else_is_noise(clue, channels):
    squares = load_dataset("planted_squares", count=12, channels=channels, clue=clue)
    assert squares.inputs.shape == (12, channels, 32, 32)
    assert squares.truth.shape == (12, 32, 32)
    assert squares.truth.dtype == torch.bool
    bright = squares.inputs > 0.55
    assert torch.equal(bright, squares.truth[:, None].expand_as(bright))
    rows, columns = squares.truth.any(2).sum(1), squares.truth.any(1).sum(1)
    assert rows.tolist() == columns.tolist() == [8] * 12
    assert squares.inputs[~bright].min() >= 0
    assert squares.inputs[~bright].max() < 0.5


def patch(squares, index):
    mask = squares.truth[index]
    return squares.inputs[index, 0][mask].view(8, 8)


def test_the_texture_alone_tells_the_class():
    squares = load_dataset("planted_squares", count=40)
    assert squares.targets.tolist() == [0, 1] * 20
    assert squares.class_names == ("horizontal stripes", "vertical stripes")
    for index, target in enumerate(squares.targets.tolist()):
        square = patch(squares, index)
        along, across = square.std(1).max(), square.std(0).max()
        assert (along < 1e-6, across < 1e-6) == ((True, False) if target == 0 else (False, True))
    assert patch(squares, 0).sort().values.sum() == patch(squares, 1).sum()
    lefts = squares.truth.any(1).float().argmax(1)
    assert abs(float(lefts[0::2].float().mean() - lefts[1::2].float().mean())) < 8


def test_the_position_alone_tells_the_class():
    squares = load_dataset("planted_squares", count=40, clue="position")
    assert squares.class_names == ("left", "right")
    columns = torch.arange(32).expand(32, 32)
    for index, target in enumerate(squares.targets.tolist()):
        inside = columns[squares.truth[index]]
        assert (inside < 16).all() if target == 0 else (inside >= 16).all()
        assert torch.equal(patch(squares, index), patch(squares, 0))


def test_squares_reach_every_border():
    truth = load_dataset("planted_squares", count=300, size=16).truth.any(0)
    assert truth.all()


def test_a_picture_depends_on_the_seed_and_its_number_alone():
    few, many = load_dataset("planted_squares", count=4), load_dataset("planted_squares", count=9)
    assert torch.equal(few.inputs, many.inputs[:4])
    assert torch.equal(few.truth, many.truth[:4])
    assert not torch.equal(load_dataset("planted_squares", count=4, seed=1).inputs, few.inputs)


@pytest.mark.parametrize("size", [8, 9, 31])
def test_odd_and_small_sizes_work(size):
    squares = load_dataset("planted_squares", count=6, size=size, clue="position")
    assert squares.truth.flatten(1).sum(1).tolist() == [(size // 4) ** 2] * 6


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"count": 1}, r"`count` must be at least 2\. Got 1"),
        ({"size": 7}, r"`size` must be at least 8\. Got 7"),
        ({"channels": 0}, r"`channels` must be at least 1\. Got 0"),
        ({"clue": "color"}, r"`clue` must be one of 'texture', 'position'\. Got 'color'"),
    ],
)
def test_settings_out_of_range_are_refused(settings, sentence):
    with pytest.raises(InputError, match=sentence):
        load_dataset("planted_squares", **settings)
