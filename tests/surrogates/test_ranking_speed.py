"""What the permutation ranking adds to the model's own time does not grow with the table: one block, filled once."""

import torch

from xaivision.surrogates.candidates import candidates_of
from xaivision.surrogates.permutation_ranking import BLOCK_ROWS, permutation_importances


def test_one_block_is_filled_once_and_asked_about_again_and_again():
    asked = set()
    inputs = torch.randn(50, 1000, generator=torch.Generator().manual_seed(0))

    def ask(rows):
        if len(rows) > 50:
            asked.add((rows.data_ptr(), len(rows)))
        return torch.full((len(rows), 2), 0.5).numpy()

    permutation_importances(ask, inputs, candidates_of(inputs.numpy()), rows=50, repeats=2)
    assert len(asked) == 1
    assert next(iter(asked))[1] == BLOCK_ROWS
