"""Faults for the engine that counts what a classifier gets right."""

import test_classification_counts
from engine_mutants import Mutant

MUTANTS = (
    Mutant(
        "rows are what was said",
        "classification_counts",
        "places = targets.long() * num_classes + predicted.long()",
        "places = predicted.long() * num_classes + targets.long()",
        test_classification_counts.check_rows_are_what_is_and_columns_what_was_said,
    ),
    Mutant(
        "precision for recall",
        "classification_counts",
        "confusion.sum(1).double()",
        "confusion.sum(0).double()",
        test_classification_counts.check_recall_is_a_share_of_the_row_and_nan_without_one,
    ),
    Mutant(
        "a class without inputs has recall 0",
        "classification_counts",
        "confusion.sum(1).double()",
        "confusion.sum(1).clamp_min(1).double()",
        test_classification_counts.check_recall_is_a_share_of_the_row_and_nan_without_one,
    ),
    Mutant(
        "the interval of a normal distribution",
        "classification_counts",
        "weight / (4 * count)",
        "0 * weight",
        test_classification_counts.check_wilson_is_scipys,
    ),
    Mutant(
        "one tail for two",
        "classification_counts",
        "inv_cdf((1 + level) / 2)",
        "inv_cdf(level)",
        test_classification_counts.check_wilson_is_scipys,
    ),
    Mutant(
        "gaps of all parts cancel",
        "classification_counts",
        "(found[:, 1] - found[:, 2]).abs() * found[:, 0]",
        "(found[:, 1] - found[:, 2]) * found[:, 0]",
        test_classification_counts.check_confidences_are_compared_part_by_part,
    ),
    Mutant(
        "the probability of the true class for the highest",
        "classification_counts",
        "probabilities.double().cpu().max(1)",
        "probabilities.double().cpu().min(1)",
        test_classification_counts.check_calibration_is_its_definition,
    ),
    Mutant(
        "parts begin with their lower bound",
        "classification_counts",
        "(confidence * bins).ceil().long().clamp(1, bins) - 1",
        "(confidence * bins).floor().long().clamp(0, bins - 1)",
        test_classification_counts.check_a_part_ends_with_its_upper_bound,
    ),
    Mutant(
        "a part tells the sum of its confidences",
        "classification_counts",
        "sums[:, 1:] / sums[:, :1]",
        "sums[:, 1:]",
        test_classification_counts.check_each_part_tells_how_many_how_sure_and_how_often_right,
    ),
)
