"""Grids that are asked about: the network is right about every cell shown alone, and the accuracy says of what it is."""

import pytest
import torch

from xaivision.data.known_answers.picture_grids import Grids, cut_out
from xaivision.data.registry import load_dataset
from xaivision.evaluation.known_answers.suites import grid_suite
from xaivision.evaluation.known_answers.suites.grid_suite import DISCONNECTED, GRIDS, right_cells
from xaivision.models.trained_networks import load


def questions(suite):
    (asking,) = suite.askings("quick", 0)
    return asking.questions()


def marked() -> Grids:
    """Two grids of the digits 1 to 9; the fourth cell of the second is said to hold another digit."""
    pictures, targets = load_dataset("digits").test
    right = load("digits_cnn")(pictures).argmax(1) == targets
    cells = [pictures[right & (targets == label)][0] for label in range(1, 10)]
    one = torch.cat([torch.cat(cells[row : row + 3], 2) for row in (0, 3, 6)], 1)
    labels = torch.arange(1, 10).repeat(2, 1)
    labels[1, 3] = 0
    return Grids(torch.stack([one, one]), torch.tensor([1, 1]), torch.ones(2, 24, 24, dtype=torch.bool), labels)


def test_a_cell_is_right_where_the_network_gives_it_its_class_alone():
    found = right_cells(load("digits_cnn"), marked())
    assert found[0].all()
    assert found[1].tolist() == [True, True, True, False, True, True, True, True, True]


@pytest.mark.parametrize("suite", [GRIDS, DISCONNECTED])
def test_a_grid_with_a_cell_that_the_network_gets_wrong_is_not_asked_about(suite, monkeypatch):
    (before,) = questions(suite)
    assert before.accuracy_of == "the cells seen alone; all nine are right in every grid that is asked about"
    wrong = []

    def first_is_wrong(single, grids):
        found = right_cells(single, grids)
        found[0, 2] = False
        wrong.append(float(found.double().mean()))
        return found

    monkeypatch.setattr(grid_suite, "right_cells", first_is_wrong)
    (after,) = questions(suite)
    assert after.accuracy == pytest.approx(wrong[0])
    assert after.accuracy < 1
    assert len(after.inputs) == len(before.inputs)
    assert torch.equal(after.inputs[:-1], before.inputs[1:])
    cells = load("digits_cnn")(cut_out(before.inputs, 3)).argmax(1).view(-1, 9)
    assert all(target in row for target, row in zip(before.targets.tolist(), cells.tolist(), strict=True))
    assert all(len(set(row)) == 9 for row in cells.tolist())
