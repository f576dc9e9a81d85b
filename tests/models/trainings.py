"""What the tests of every training that goes in cycles do with it."""

from dataclasses import replace

import pytest
import torch

from xaivision.core.errors import Cancelled
from xaivision.core.progress import CancelToken, reporting
from xaivision.models.cycle_file import CycleFile


def stopped_after_a_cycle(training):
    """Begin the training, and stop it when it has written its first checkpoint."""
    token, write = CancelToken(), CycleFile.write

    def written(*args):
        write(*args)
        token.cancel()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CycleFile, "write", written)
        with reporting(None, token), pytest.raises(Cancelled):
            training()


def same_weights(one, other):
    """Whether two trained classifiers hold the same numbers, to the bit."""
    theirs = other.network.state_dict()
    return all(torch.equal(value, theirs[name]) for name, value in one.network.state_dict().items())


def poisoned(data):
    """The dataset with what is no number in it."""
    inputs = data.inputs.clone()
    inputs[0, 0] = float("nan")
    return replace(data, inputs=inputs)


def of_one_class(data, name="one"):
    """The dataset as if it had a single class."""
    return replace(data, targets=data.targets * 0, class_names=(name,))
