"""Target scores of inputs with replaced features, in slow loops."""

import pytest
import torch
from torch import nn

from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines import replaced_scores

CHANCE = torch.Generator().manual_seed(0)
PICTURES, OTHERS = (torch.rand(3, 2, 4, 5, generator=CHANCE, dtype=torch.float64) for _ in range(2))
SETS = torch.rand(3, 7, 20, generator=CHANCE) > 0.6
TARGET = TargetScore(torch.tensor([0, 2, 1]), torch.tensor([1, 1, 0]))


def model(batch_size=None):
    linear = nn.Linear(40, 3, bias=False).double()
    with torch.no_grad():
        linear.weight.copy_(torch.randn(3, 40, generator=torch.Generator().manual_seed(1)))
    return TorchClassifier(nn.Sequential(nn.Flatten(), linear, nn.Tanh()), 3, batch_size=batch_size)


def slowly(sets):
    rows = []
    for row in range(3):
        for one in sets[row]:
            changed = torch.where(one.view(1, 4, 5), OTHERS[row], PICTURES[row])
            rows.append(float(TARGET.take(torch.tensor([row])).of(model()(changed[None]))))
    return torch.tensor(rows, dtype=torch.float64).view(3, -1)


def asked(gone, versions, batch_size=None):
    return replaced_scores.replaced_scores(model(batch_size), PICTURES, OTHERS, TARGET, versions, gone)


def check_each_input_has_its_own_sets():
    found = asked(lambda part: SETS[part.inputs, part.versions], 7)
    torch.testing.assert_close(found, slowly(SETS), atol=1e-12, rtol=0)


def test_each_input_has_its_own_sets():
    check_each_input_has_its_own_sets()


@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_batches_do_not_matter_and_sets_may_be_shared(batch_size):
    found = asked(lambda part: SETS[0][part.versions], 7, batch_size)
    torch.testing.assert_close(found, slowly(SETS[0].expand(3, 7, 20)), atol=1e-12, rtol=0)


def test_rows_of_a_table_are_replaced_column_by_column():
    linear = nn.Linear(3, 2).double()
    classifier = TorchClassifier(linear, 2, domain="tabular")
    rows, others = PICTURES[:2, 0, 0, :3], OTHERS[:2, 0, 0, :3]
    sets = torch.tensor([[True, False, False], [False, True, True]])
    target = TargetScore(torch.tensor([0, 1]))
    found = replaced_scores.replaced_scores(classifier, rows, others, target, 2, lambda part: sets[part.versions])
    for row in (0, 1):
        for version in (0, 1):
            expected = classifier(torch.where(sets[version], others[row], rows[row])[None])[0, row]
            assert float(found[row, version]) == pytest.approx(float(expected), abs=1e-13)
