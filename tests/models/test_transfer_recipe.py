import pytest

from xaivision.core.errors import InputError
from xaivision.models.transfer_recipe import TransferRecipe


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"epochs": 0}, "`epochs` must be a positive integer. Got 0"),
        ({"batch_size": -1}, "`batch_size` must be a positive integer"),
        ({"learning_rate": 0}, "`learning_rate` must be a positive number"),
        ({"tuning_rate": float("inf")}, "`tuning_rate` must be a positive number"),
        ({"side": 0}, "`side` must be a positive integer, or None"),
        ({"validation": 1.0}, "`validation` must lie between 0 and 1"),
        ({"tuned_blocks": -1}, "`tuned_blocks` must not be negative"),
        ({"flips": "vertical"}, "`flips` must be one of 'none', 'horizontal', 'both'. Got 'vertical'"),
        ({"class_weights": "equal"}, "`class_weights` must be one of 'balanced', 'none'"),
        ({"mixed_precision": True}, "`mixed_precision` is for a GPU. Got it with `device='cpu'`"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(settings, sentence):
    with pytest.raises(InputError, match=sentence.replace("(", r"\(")):
        TransferRecipe(**settings)


def test_half_precision_is_taken_on_a_gpu_only():
    assert TransferRecipe(mixed_precision=True, device="cuda").mixed_precision
    assert not TransferRecipe().mixed_precision
