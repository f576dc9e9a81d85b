import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.models.passes import batches, checked_loss, class_weights, take_step


def test_a_rare_class_counts_as_much_as_the_others():
    targets = torch.tensor([0] * 8 + [1] * 2)
    assert class_weights(targets, 2, "balanced").tolist() == [0.625, 2.5]
    assert class_weights(targets, 2, "none") is None


def test_every_input_is_in_one_batch_of_a_pass():
    found = batches(130, 64, 0, "x", 0)
    assert [len(rows) for rows in found] == [44, 44, 42]
    assert torch.cat(found).sort().values.tolist() == list(range(130))


def test_the_order_follows_from_seed_and_purpose_alone():
    first = torch.cat(batches(130, 64, 0, "x", 0)).tolist()
    assert torch.cat(batches(130, 10, 0, "x", 0)).tolist() == first
    assert all(torch.cat(batches(130, 64, *other)).tolist() != first for other in ((1, "x", 0), (0, "y", 0), (0, "x", 1)))


def test_a_step_forgets_the_gradient_before_it_and_needs_no_mode_of_the_caller():
    weight = torch.nn.Parameter(torch.tensor(3.0))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    weight.grad = torch.tensor(100.0)
    with torch.no_grad():
        take_step(optimizer, lambda: 2 * weight)
    assert float(weight.detach()) == 1.0


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_ends_the_training_with_a_remedy(loss):
    with pytest.raises(InputError, match=rf"finite validation loss\. Got {loss}\. Rest\."):
        checked_loss(loss, "Rest.")
    assert checked_loss(1.5) == 1.5
