import torch
from surrogate_subjects import table

from xaivision.surrogates.nearby import rows_near


def test_no_row_is_drawn_twice_and_what_has_few_values_gives_what_can_be_made_of_them():
    row, known = torch.zeros(3), torch.tensor([[1.0, 2.0, 0.0], [1.0, 0.0, 3.0]])
    found = rows_near(row, known, samples=500)
    # Every part of either known row: 4 of the first, 4 of the second, of which no change and the first column are the same.
    assert len(found) == len(found.unique(dim=0)) == 6
    assert torch.equal(found[0], row)


def test_rows_are_nearer_the_narrower_the_kernel():
    row, known = table(1)[0], table(300, seed=1)
    near, wide = (rows_near(row, known, samples=200, width=width) for width in (0.3, 3.0))
    assert len(near) == len(wide) == 200
    assert (near - row).square().mean() < 0.5 * (wide - row).square().mean()
