import numpy as np
import pytest
import torch
from surrogate_subjects import columns, linear_box, seen_by, table

from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.surrogates.observed import check_learnable, folds_of, observed, split
from xaivision.surrogates.reading import Measured, columns_of


def test_logits_become_probabilities_and_the_black_box_is_asked_once_about_every_row():
    calls = []

    def score(rows):
        calls.append(len(rows))
        return rows[:, :2] * 3

    model = FunctionClassifier(score, 2, score_unit="logit", domain="tabular")
    inputs = table(50)
    seen = seen_by(model, inputs)
    assert sum(calls) == 50
    assert seen.probabilities == pytest.approx((inputs[:, :2].double() * 3).softmax(1).numpy(), abs=1e-6)


def test_missing_values_are_told_by_column():
    inputs = table(20)
    inputs[3, 1] = inputs[4, 1] = float("nan")
    inputs[0, 5] = float("inf")
    with pytest.raises(InputError, match=r"`column 1` \(2\), `column 5` \(1\)\. Impute them"):
        observed(linear_box([1] * 6), inputs, columns(6))


def test_fewer_rows_than_classes_are_refused():
    model = linear_box(np.eye(6))
    with pytest.raises(InputError, match=r"at least one row to learn from for each of 6 classes\. Got 4"):
        check_learnable(seen_by(model, table(4)), model.class_names)


def test_a_class_of_one_row_is_learned_from_and_said_to_be_unmeasured():
    inputs = table(40)
    inputs[:, 0] = -1
    inputs[7, 0] = 5
    seen = seen_by(linear_box([4, 0, 0, 0, 0, 0]), inputs)
    learned, held_out = split(seen)
    assert (learned.labels == 1).sum() == 1
    assert (held_out.labels == 1).sum() == 0
    (note,) = check_learnable(learned, ("no", "yes"))
    assert note.startswith("The black box gives 'yes' to one row only")


def test_a_class_that_the_black_box_never_gives_is_told():
    seen = seen_by(linear_box([[3, 0, 0, 0, 0, 0], [-3, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]]), table(40) + 5)
    notes = check_learnable(seen, ("a", "b", "c"))
    assert any("'b' and" in note or "'b', 'c'" in note for note in notes)


def test_a_black_box_that_says_one_thing_cannot_be_stood_in_for():
    seen = seen_by(linear_box([0] * 6), table(10))
    with pytest.raises(InputError, match="must not say the same of every row"):
        check_learnable(seen, ("a", "b"))


def test_margins_and_scores_that_are_no_numbers_are_refused():
    from sklearn.svm import LinearSVC

    rows = table(30).numpy()
    from xaivision.core.sklearn_classifier import SklearnClassifier

    margins = SklearnClassifier(LinearSVC().fit(rows, rows[:, 0] > 0))
    with pytest.raises(
        CapabilityError, match=r"needs a black box whose scores stand for probabilities.*whose scores are margins\. Calibrate it"
    ):
        seen_by(margins, table(5))
    broken = FunctionClassifier(lambda rows: rows[:, :2] * np.nan, 2, score_unit="logit", domain="tabular")
    with pytest.raises(InputError, match=r"finite scores\. Got others for 5 of 5 rows"):
        seen_by(broken, table(5))


@pytest.mark.parametrize(
    ("labels", "said"), [(torch.zeros(3), "one class number for each of 20"), (torch.full((20,), 2), "Got 2")]
)
def test_labels_that_do_not_fit_are_refused(labels, said):
    with pytest.raises(InputError, match=said):
        seen_by(linear_box([1] * 6), table(20), labels)


def test_both_parts_have_their_share_of_every_class_and_no_row_twice():
    seen = seen_by(linear_box([3, 0, 0, 0, 0, 0]), table(200))
    learned, held_out = split(seen)
    assert len(learned) + len(held_out) == 200
    both = np.concatenate([learned.rows, held_out.rows])
    assert len(np.unique(both, axis=0)) == 200
    assert held_out.labels.mean() == pytest.approx(seen.labels.mean(), abs=0.01)
    fold_of = folds_of(seen, 5)
    assert np.bincount(fold_of).tolist() == [40] * 5
    with pytest.raises(InputError, match="at least 4 rows"):
        split(seen.take([0]))


def test_a_wide_table_is_kept_once():
    seen = seen_by(linear_box([1] * 6), table(20))
    part = seen.take(np.array([3, 1]))
    assert part.rows.__array_interface__["data"][0] == part.inputs.data_ptr()
    assert np.array_equal(part.rows, seen.rows[[3, 1]])


def test_columns_have_the_names_of_the_schema_or_of_what_was_fitted_or_numbers():
    assert columns_of(linear_box([1] * 6), 6).names[2] == "column 2"
    with pytest.raises(InputError, match=r"must have shape \(B, 6\)"):
        columns(6)(torch.zeros(2, 5))


def test_what_is_measured_has_one_number_a_name():
    with pytest.raises(InputError, match="must be different names"):
        Measured(("a", "a"), lambda inputs: inputs)
    with pytest.raises(InputError, match="must give 2 numbers for each of 4 inputs"):
        Measured(("a", "b"), lambda inputs: inputs)(torch.zeros(4, 3))
