import math

import pytest
import torch

from xaivision.models.trained_scores import trained_scores

LOGITS = torch.tensor([[4.0, 0, 0, 0], [0, 4, 0, 0], [0, 4, 0, 0], [0, 0, 0, 4], [0, 4, 0, 0], [0, 4, 0, 0]])
TARGETS = torch.tensor([0, 0, 1, 1, 1, 1])
SCORES = trained_scores(LOGITS, TARGETS, ("a", "b", "c", "d"))


def test_accuracy_counts_pictures_and_balanced_accuracy_classes_that_were_tested():
    assert (SCORES.count, SCORES.accuracy) == (6, 4 / 6)
    assert SCORES.balanced_accuracy == pytest.approx((1 / 2 + 3 / 4) / 2)


def test_the_confusion_has_what_is_in_rows():
    assert SCORES.confusion == ((1, 1, 0, 0), (0, 3, 0, 1), (0, 0, 0, 0), (0, 0, 0, 0))


def test_each_class_has_its_recall_with_an_interval():
    second = SCORES.recalls[1]
    assert (second.name, second.right, second.count, second.share) == ("b", 3, 4, 0.75)
    assert (second.low, second.high) == pytest.approx((0.3006, 0.9544), abs=1e-4)


def test_a_class_without_test_pictures_has_no_recall():
    third = SCORES.recalls[2]
    assert third.count == 0
    assert all(math.isnan(value) for value in (third.share, third.low, third.high))


def test_the_calibration_error_is_of_the_probabilities():
    sure = float(LOGITS[0].softmax(0)[0])
    assert SCORES.calibration_error == pytest.approx(sure - 4 / 6)


def test_reliability_has_the_parts_with_pictures_and_adds_up_to_the_calibration_error():
    assert sum(part.count for part in SCORES.reliability) == SCORES.count
    gaps = [part.count * abs(part.confidence - part.right) for part in SCORES.reliability]
    assert sum(gaps) / SCORES.count == pytest.approx(SCORES.calibration_error)
    assert all(part.low < part.confidence <= part.high for part in SCORES.reliability)
