import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.engines import mask_runs as engine


def check_runs_are_counted_from_what_lies_outside():
    mask = torch.zeros(2, 4, dtype=torch.bool)
    mask[1, 1:3] = True
    assert engine.run_lengths(mask) == "5 2 1"
    mask = torch.zeros(2, 4, dtype=torch.bool)
    mask[0, :2] = True
    assert engine.run_lengths(mask) == "0 2 6"


def check_runs_give_the_mask_back():
    for share in (0.0, 0.3, 1.0):
        mask = torch.rand(7, 11, generator=torch.Generator().manual_seed(0)) < share
        assert torch.equal(engine.mask_of_runs(engine.run_lengths(mask), (7, 11)), mask)


CHECKS = [one for name, one in list(globals().items()) if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_engine(check):
    check()


@pytest.mark.parametrize("text", ["5 2", "9 -1"])
def test_runs_of_another_mask_are_refused(text):
    with pytest.raises(InputError, match="must add up to 8 pixels"):
        engine.mask_of_runs(text, (2, 4))
