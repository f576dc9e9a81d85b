import pytest
import torch
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, recall_score

from xaivision.engines import classification_counts as engine

TARGETS = torch.tensor([0, 0, 0, 1, 1, 3])
PREDICTED = torch.tensor([0, 1, 1, 1, 0, 3])


def drawn(count=200, classes=5, seed=0):
    chance = torch.Generator().manual_seed(seed)
    return (torch.randint(classes, (count,), generator=chance) for _ in range(2))


def check_rows_are_what_is_and_columns_what_was_said():
    found = engine.confusion_matrix(TARGETS, PREDICTED, 4)
    assert found.tolist() == [[1, 2, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]
    targets, predicted = drawn()
    assert engine.confusion_matrix(targets, predicted, 5).tolist() == confusion_matrix(targets, predicted).tolist()


def check_recall_is_a_share_of_the_row_and_nan_without_one():
    found = engine.recalls(engine.confusion_matrix(TARGETS, PREDICTED, 4))
    torch.testing.assert_close(found, torch.tensor([1 / 3, 1 / 2, torch.nan, 1], dtype=torch.float64), equal_nan=True)
    targets, predicted = drawn()
    assert engine.recalls(engine.confusion_matrix(targets, predicted, 5)).tolist() == pytest.approx(
        recall_score(targets, predicted, average=None)
    )


def check_wilson_is_scipys():
    for right, count in [(0, 7), (1, 7), (7, 7), (3, 10), (584, 598), (1, 1)]:
        for level in (0.9, 0.95):
            want = binomtest(right, count).proportion_ci(level, method="wilson")
            assert engine.wilson_interval(right, count, level) == pytest.approx((want.low, want.high), abs=1e-12)


def check_calibration_is_its_definition():
    # Two inputs are 0.9 sure, one is right; two are 0.6 sure, both are right: (|1.8 - 1| + |1.2 - 2|) / 4.
    sure = torch.tensor([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    assert engine.calibration_error(sure, torch.tensor([0, 1, 0, 0])) == pytest.approx(0.4)
    assert engine.calibration_error(torch.tensor([[0.8, 0.15, 0.05]]), torch.tensor([0])) == pytest.approx(0.2)


def check_confidences_are_compared_part_by_part():
    # Over all inputs confidence and accuracy are both 0.75.
    sure = torch.tensor([[0.9, 0.1], [0.6, 0.4]] * 2, dtype=torch.float64)
    assert engine.calibration_error(sure, torch.tensor([0, 0, 0, 1])) == pytest.approx((0.2 + 0.2) / 4)
    assert engine.calibration_error(sure, torch.tensor([0, 0, 0, 1]), bins=1) == pytest.approx(0)


def check_a_part_ends_with_its_upper_bound():
    # 0.75 belongs to (0.5, 0.75], with 0.6; in parts that begin with their lower bound the answer is 0.85 / 2.
    sure = torch.tensor([[0.75, 0.25], [0.6, 0.4]], dtype=torch.float64)
    assert engine.calibration_error(sure, torch.tensor([0, 1]), bins=4) == pytest.approx(0.35 / 2)


def check_each_part_tells_how_many_how_sure_and_how_often_right():
    sure = torch.tensor([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]], dtype=torch.float64)
    found = engine.reliability(sure, torch.tensor([0, 1, 0]), bins=4)
    assert found[:, 0].tolist() == [0, 0, 1, 2]
    assert found[2:, 1].tolist() == pytest.approx([0.6, 0.85])
    assert found[2:, 2].tolist() == [1, 0.5]
    assert found[:2, 1:].isnan().all()


def test_each_part_tells_how_many_how_sure_and_how_often_right():
    check_each_part_tells_how_many_how_sure_and_how_often_right()


def test_rows_are_what_is_and_columns_what_was_said():
    check_rows_are_what_is_and_columns_what_was_said()


def test_recall_is_a_share_of_the_row_and_nan_without_one():
    check_recall_is_a_share_of_the_row_and_nan_without_one()


def test_wilson_is_scipys():
    check_wilson_is_scipys()


def test_nothing_seen_says_nothing():
    low, high = engine.wilson_interval(0, 0)
    assert low != low
    assert high != high


def test_all_right_or_nothing_right_is_an_end_of_the_interval():
    assert engine.wilson_interval(60, 60)[1] == 1
    assert engine.wilson_interval(0, 60)[0] == 0


def test_calibration_is_its_definition():
    check_calibration_is_its_definition()


def test_confidences_are_compared_part_by_part():
    check_confidences_are_compared_part_by_part()


def test_a_part_ends_with_its_upper_bound():
    check_a_part_ends_with_its_upper_bound()


def test_certainty_that_is_always_right_is_calibrated_and_always_wrong_is_not():
    sure = torch.eye(3)
    assert engine.calibration_error(sure, torch.tensor([0, 1, 2])) == 0
    assert engine.calibration_error(sure, torch.tensor([1, 2, 0])) == 1
