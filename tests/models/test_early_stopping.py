import pytest
import torch
from torch import nn

from xaivision.core.errors import Cancelled, FileFormatError, InputError
from xaivision.core.progress import CancelToken, reporting
from xaivision.models.early_stopping import Course, train_until_stale
from xaivision.models.training_state import StateFile


class Point(nn.Module):
    def __init__(self, start=4.0):
        super().__init__()
        self.at = nn.Parameter(torch.tensor([start]))
        self.fixed = nn.Parameter(torch.tensor([7.0]), requires_grad=False)


def course(module, losses=None, epochs=12, patience=3, after=None, goal=0.0):
    """Walks to 0; the validation loss is the distance from the goal, or what is told."""
    told = None if losses is None else iter(losses)

    def step_loss(rows, epoch):
        if after is not None:
            after(epoch)
        return module.at.square().sum()

    def validation_loss():
        return next(told) if told is not None else float((module.at.detach() - goal).abs())

    return Course(module, step_loss, validation_loss, lambda _epoch: [torch.arange(2)] * 3, epochs, patience, 0.1, 0.0)


def test_the_loss_falls_and_the_best_parameters_are_put_back():
    module = Point()
    state = train_until_stale(course(module), "walking")
    assert state.epoch == 12
    assert state.losses[0] == 4.0
    assert float(module.at.detach()) == pytest.approx(state.best_loss) == min(state.losses)
    assert float(module.fixed) == 7.0


def test_it_ends_after_as_many_worse_epochs_as_patience_has_and_takes_the_best():
    module, seen = Point(), []
    state = train_until_stale(
        course(module, [5, 3, 2, 4, 4, 2, 9, 9], after=lambda _e: seen.append(float(module.at.detach()))), ""
    )
    assert (state.epoch, state.best_loss, state.losses) == (5, 2, (5, 3, 2, 4, 4, 2))
    # The best is after the second epoch, where the third begins: its first step sees it.
    assert float(module.at.detach()) == seen[6]


def test_a_start_that_is_never_beaten_is_kept():
    module = Point()
    state = train_until_stale(course(module, [1, 2, 2, 2]), "walking")
    assert (state.epoch, float(module.at.detach())) == (3, 4.0)


@pytest.mark.parametrize("stop", [1, 2, 7])
@pytest.mark.parametrize("goal", [0.0, 3.7], ids=["the best is the last", "the best is the first"])
def test_a_training_that_was_stopped_comes_to_the_same_bits(tmp_path, stop, goal):
    whole, stopped, again = Point(), Point(), Point()
    settings = {"goal": goal, "patience": 20}
    want = train_until_stale(course(whole, **settings), "walking")
    file, token = StateFile(tmp_path / "state.safetensors", "k"), CancelToken()
    with pytest.raises(Cancelled), reporting(None, token):
        train_until_stale(course(stopped, after=lambda epoch: epoch == stop and token.cancel(), **settings), "walking", file)
    seen = []
    found = train_until_stale(course(again, after=seen.append, **settings), "walking", file)
    assert seen[0] == stop + 1
    assert found.losses == want.losses
    assert torch.equal(again.at, whole.at)


def test_a_training_that_is_done_is_not_done_again(tmp_path):
    file = StateFile(tmp_path / "state.safetensors", "k")
    one, two, seen = Point(), Point(), []
    train_until_stale(course(one), "walking", file)
    train_until_stale(course(two, after=seen.append), "walking", file)
    assert seen == []
    assert torch.equal(one.at, two.at)


def test_a_file_of_another_training_is_refused(tmp_path):
    path = tmp_path / "state.safetensors"
    train_until_stale(course(Point()), "walking", StateFile(path, "k"))
    with pytest.raises(InputError, match="must be the file of this very training"):
        train_until_stale(course(Point()), "walking", StateFile(path, "other"))


@pytest.mark.parametrize("damage", [lambda c: c[:-3], lambda c: c[:-1] + bytes([c[-1] ^ 1]), lambda _c: b"\x80\x04K\x01."])
def test_a_damaged_file_is_refused(tmp_path, damage):
    path = tmp_path / "state.safetensors"
    train_until_stale(course(Point()), "walking", StateFile(path, "k"))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(FileFormatError, match="cannot be gone on from"):
        train_until_stale(course(Point()), "walking", StateFile(path, "k"))


def test_a_loss_that_is_no_number_is_told():
    with pytest.raises(InputError, match=r"finite validation loss\. Got nan"):
        train_until_stale(course(Point(), [1, float("nan")]), "walking")


def test_the_rate_falls_along_a_cosine():
    module, steps = Point(), []
    train_until_stale(course(module, epochs=4, patience=9, after=lambda _e: steps.append(float(module.at.detach()))), "walking")
    # Adam's first step is as long as the rate; later ones of a quadratic loss are at most that.
    assert steps[0] - steps[1] == pytest.approx(0.1, rel=1e-3)
    assert steps[9] - steps[10] < 0.3 * (steps[0] - steps[1])
