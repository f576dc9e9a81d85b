"""A hundred thousand coalitions of a photo take the memory of one batch."""

import pytest
from lone_process import told_and_peak

PROGRAM = """
import numpy as np
import torch
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.targets import TargetScore
from xaivision.engines.game import Game
from xaivision.engines.removals import Replacement

torch.set_num_threads(1)
corner = lambda photos: np.stack([photos[:, 0, 0, 0], photos[:, 0, 0, 1]], 1)
model = FunctionClassifier(corner, 2, score_unit="logit", domain="image")
rows = torch.arange(224) * 5 // 224
labels = 10 * rows[:, None] + torch.arange(224) * 10 // 224
game = Game(model, Replacement(torch.rand(3, 224, 224), torch.zeros(1, 3, 224, 224)), labels, TargetScore(torch.tensor([0])))
values = game(torch.rand(100_000, 50, generator=torch.Generator().manual_seed(0)) > 0.5)
print(game.players, game.evaluations, len(values))
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_hundred_thousand_coalitions_of_a_photo_fit_into_one_and_a_half_gigabytes():
    told, gigabytes = told_and_peak(PROGRAM)
    assert told.split() == ["50", "100000", "100000"]
    assert gigabytes < 1.5
