import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier
from torch import nn

import xaivision as xv
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.report.surrogate_files import surrogate_summary
from xaivision.surrogate_making import surrogate
from xaivision.surrogates.picture_reading import concept_scores, grid_statistics

QUICK = {"draws": 3, "resamples": 2}


@pytest.mark.parametrize("name", ["breast_cancer_forest", "breast_cancer_logistic"])
def test_a_tree_of_eight_features_stands_in_for_models_of_breast_cancer(name):
    found = surrogate(xv.load_model(name), "breast_cancer", k=8, depth=5, **QUICK)
    assert found.fidelity.agreement.value >= 0.90
    assert found.fidelity.r2.value >= 0.75
    # The cheapest leaf alone is followed in 1 to 6 %; what is reported as the answer is the cheapest that the black box follows.
    assert found.follows.value >= 0.7 > 0.2 > found.cheapest_follows.value
    told = surrogate_summary(found)["counterfactuals"]
    assert (told["followed"]["value"], told["cheapest_followed"]["value"]) == (found.follows.value, found.cheapest_follows.value)
    assert found.fidelity.rows == 171
    rows = found.held_out.inputs[:20]
    assert bool(found.counterfactual(rows).found.all())


def test_a_surrogate_is_a_classifier_that_everything_explains():
    data = xv.load_dataset("wine")
    found = surrogate(xv.load_model("wine_logistic"), data, k=5, **QUICK).surrogate
    assert isinstance(found, xv.Classifier)
    scores = found(data.test.inputs[:4])
    assert scores.shape == (4, 3)
    assert torch.allclose(scores.sum(1), torch.ones(4))
    exact = xv.explain(found, data.test.inputs[:2], "exact_shapley", background=data.train.inputs[:10])
    unread = [i for i in range(13) if i not in found.features]
    assert bool((exact.values[:, unread].abs() < 1e-6).all())
    compared = xv.compare(found, data.test.inputs[:2], ["feature_ablation"], metrics=["deletion"])
    assert not compared.failures


@pytest.mark.parametrize("kind", ["tree", "forest"])
def test_tree_shapley_values_of_a_surrogate_are_read_off_its_trees(kind):
    data = xv.load_dataset("wine")
    found = surrogate(xv.load_model("wine_logistic"), data, kind=kind, k=4, trees=5, **QUICK).surrogate
    rows, background = data.test.inputs[:3], data.train.inputs[:8]
    read = xv.explain(found, rows, "tree_shap", background=background)
    exact = xv.explain(found, rows, "exact_shapley", background=background)
    assert read.verdict.status == "ok"
    assert torch.allclose(read.values, exact.values, atol=1e-5)


def test_rows_alone_are_enough_and_labels_are_only_judged_by():
    def score(rows):
        right = 1 / (1 + np.exp(-3 * rows[:, 0]))
        return np.stack([1 - right, right], 1)

    model = FunctionClassifier(score, 2, score_unit="probability", domain="tabular")
    rows = torch.randn(200, 4, generator=torch.Generator().manual_seed(0))
    without = surrogate(model, rows, k=1, **QUICK)
    labeled = surrogate(model, rows, k=1, labels=(rows[:, 1] > 0).long(), **QUICK)
    assert np.isnan(without.fidelity.accuracy.value)
    assert labeled.fidelity.accuracy.value == pytest.approx(0.5, abs=0.2)
    assert np.array_equal(
        without.surrogate.model.probabilities(rows.numpy()), labeled.surrogate.model.probabilities(rows.numpy())
    )


def test_a_local_surrogate_has_the_same_shape_and_another_tree():
    data = xv.load_dataset("breast_cancer")
    model = xv.load_model("breast_cancer_logistic")
    near = surrogate(model, data, near=data.test.inputs[3], k=3, **QUICK)
    assert near.surrogate.local
    assert "near one input" in repr(near.surrogate)
    assert len(near.learned) + len(near.held_out) == 2000
    learned = {tuple(row) for row in near.learned.inputs.tolist()}
    assert not learned & {tuple(row) for row in near.held_out.inputs.tolist()}
    spread = data.train.inputs.double().std(0)
    far = ((near.learned.inputs - data.test.inputs[3]).double() / spread).abs().mean()
    usual = ((data.train.inputs - data.test.inputs[3]).double() / spread).abs().mean()
    assert far < 0.7 * usual


def test_a_frame_with_missing_values_is_refused_by_the_name_of_the_column():
    data = xv.load_dataset("wine")
    frame = data.schema.to_frame(data.train.inputs)
    frame.loc[4, "ash"] = np.nan
    with pytest.raises(InputError, match="`ash`"):
        surrogate(xv.load_model("wine_logistic"), frame)


def test_frames_are_taken_by_their_columns():
    data = xv.load_dataset("wine")
    frame = data.schema.to_frame(data.train.inputs)
    assert isinstance(frame, pd.DataFrame)
    found = surrogate(xv.load_model("wine_logistic"), frame, k=2, **QUICK)
    assert set(found.surrogate.names) <= set(frame.columns)


class Bright(nn.Module):
    """Class 1 where the picture's upper left is bright; (B, 2) logits."""

    def forward(self, pictures):
        bright = pictures[:, :, :4, :4].mean((1, 2, 3))
        return torch.stack([1 - 6 * bright, 6 * bright - 5 + 3], 1)


def test_a_picture_classifier_has_a_tree_over_what_is_measured_on_its_pictures():
    pictures = torch.rand(160, 1, 12, 12, generator=torch.Generator().manual_seed(0)) * 0.2
    pictures[:, :, :4, :4] += torch.rand(160, 1, 1, 1, generator=torch.Generator().manual_seed(1)) * 0.8
    model = xv.classifier(Bright(), num_classes=2, domain="image", image_format=xv.ImageFormat(1, 12, 12))
    found = surrogate(model, pictures, k=1, **QUICK)
    assert found.surrogate.names == ("brightness at row 1 column 1",)
    assert found.fidelity.agreement.value > 0.9
    assert found.surrogate(pictures[:3]).shape == (3, 2)
    assert found.surrogate.domain == "image"


def test_grid_statistics_are_means_spreads_and_edges_of_their_cells():
    picture = torch.zeros(1, 3, 6, 6)
    picture[:, 0, :2, :2] = 0.6
    reading = grid_statistics(3)
    values = dict(zip(reading.names, reading(picture)[0].tolist(), strict=True))
    assert values["brightness at row 1 column 1"] == pytest.approx(0.2)
    assert values["redness at row 1 column 1"] == pytest.approx(0.6)
    assert values["contrast at row 1 column 1"] == pytest.approx(0, abs=1e-7)
    assert values["edges at row 1 column 2"] == pytest.approx(0.2 * 2 / 4)
    assert values["brightness overall"] == pytest.approx(0.2 * 4 / 36)


def test_concepts_are_read_along_their_directions():
    reading = concept_scores(["a", "b"], nn.Flatten(2), torch.tensor([[1.0, 0, 0], [0, 2.0, -1]]))
    pictures = torch.rand(2, 3, 4, 4)
    means = pictures.mean((2, 3)).double()
    assert reading(pictures) == pytest.approx(torch.stack([means[:, 0], 2 * means[:, 1] - means[:, 2]], 1).numpy(), abs=1e-6)


def by_first_two(rows):
    right = 1 / (1 + np.exp(-3 * rows[:, 0] + rows[:, 1]))
    return np.stack([1 - right, right], 1)


def some_rows(rows=90, seed=0):
    return torch.randn(rows, 5, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("local", [False, True])
def test_constant_and_repeated_columns_are_left_out_and_told_near_one_row_too(local):
    model = FunctionClassifier(by_first_two, 2, score_unit="probability", domain="tabular")
    rows = some_rows()
    rows[:, 2], rows[:, 3] = 7.0, rows[:, 0]
    found = surrogate(model, rows, k=5, near=rows[4] if local else None, **QUICK)
    assert found.surrogate.local == local
    assert found.candidates.constant == (2,)
    assert 2 not in found.surrogate.features
    assert any("Constant" in note and "`column 2`" in note for note in found.notes)
    if not local:  # near a row one of two equal columns may be changed without the other
        assert found.candidates.copies == {0: (3,)}


def test_held_out_rows_that_were_learned_from_are_told():
    model = FunctionClassifier(by_first_two, 2, score_unit="probability", domain="tabular")
    rows = some_rows(60)
    found = surrogate(model, torch.cat([rows, rows]), k=2, **QUICK)
    learned = {tuple(row) for row in found.learned.inputs.tolist()}
    count = sum(tuple(row) in learned for row in found.held_out.inputs.tolist())
    assert any(note.startswith(f"{count} of {len(found.held_out)} held-out rows are equal to rows") for note in found.notes)
    assert not any("are equal to rows" in note for note in surrogate(model, rows, k=2, **QUICK).notes)


@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize("place", [(3, 1), (4, 4)])
def test_missing_values_are_refused_by_column_near_one_row_too(local, place):
    model = FunctionClassifier(by_first_two, 2, score_unit="probability", domain="tabular")
    rows = some_rows()
    rows[place] = float("nan")
    with pytest.raises(InputError, match=rf"without missing values\. Got NaN or infinite values in `column {place[1]}`"):
        surrogate(model, rows, near=rows[4] if local else None, **QUICK)


def test_fewer_rows_than_classes_are_refused_and_a_class_of_one_row_is_told():
    def by_largest(rows):
        return 10 * rows[:, :5]

    many = FunctionClassifier(by_largest, 5, score_unit="logit", domain="tabular")
    with pytest.raises(InputError, match=r"of 5 classes needs at least 8 rows: .* Got 6"):
        surrogate(many, some_rows(6), **QUICK)
    two = FunctionClassifier(by_first_two, 2, score_unit="probability", domain="tabular")
    rows = some_rows()
    rows[:, 0], rows[:, 1] = rows[:, 0] - 9, 0
    rows[5, 0] = 4
    assert any(note.startswith("The black box gives '1' to one row only") for note in surrogate(two, rows, k=1, **QUICK).notes)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"data": "breast_cancr"}, "must be a data set, a CSV file or rows"),
        ({"rankings": "permutation"}, r"Write \['permutation'\]"),
        ({"labels": [0]}, "are for rows without a data set"),
        ({"near": torch.zeros(2, 13)}, "`near` must be one row. Got 2"),
        ({"depht": 3}, "Did you mean `depth`"),
    ],
)
def test_what_does_not_fit_is_told_in_one_sentence(asked, said):
    with pytest.raises((InputError, UnknownNameError), match=said):
        surrogate(xv.load_model("wine_logistic"), **{"data": "wine", **asked})


def wine_file(tmp_path, label):
    """The whole set of wines in a file, with its classes in a column."""
    data = xv.load_dataset("wine")
    frame = data.schema.to_frame(data.inputs)
    frame["kind"] = [label(int(one)) for one in data.targets]
    frame.to_csv(tmp_path / "wines.csv", index=False)
    return tmp_path / "wines.csv", frame


def test_files_and_frames_are_rows_and_a_column_of_theirs_may_hold_the_classes(tmp_path):
    model = xv.load_model("wine_logistic")
    path, frame = wine_file(tmp_path, lambda one: model.class_names[one])
    by_file = surrogate(model, path, labels="kind", k=2, **QUICK)
    assert by_file.fidelity.accuracy.value > 0.6
    assert by_file.surrogate.names == surrogate(model, frame, labels="kind", k=2, **QUICK).surrogate.names
    assert by_file.fidelity == surrogate(model, str(path), labels=xv.load_dataset("wine").targets, k=2, **QUICK).fidelity
    with pytest.raises(InputError, match=r"must be a column of the frame or CSV file\. Got 'kind'"):
        surrogate(model, torch.zeros(9, 13), labels="kind")


def test_columns_of_a_file_keep_their_names_where_the_model_knows_none(tmp_path):
    rows = pd.DataFrame(some_rows().numpy(), columns=list("abcde"))
    rows.to_csv(tmp_path / "rows.csv", index=False)
    model = FunctionClassifier(by_first_two, 2, score_unit="probability", domain="tabular")
    for data in (tmp_path / "rows.csv", rows):
        assert set(surrogate(model, data, k=2, **QUICK).surrogate.names) == {"a", "b"}


def test_an_estimator_that_was_fitted_on_a_frame_warns_of_nothing():
    data = xv.load_dataset("wine")
    frame = data.schema.to_frame(data.inputs)
    forest = RandomForestClassifier(5, random_state=0).fit(frame, data.targets.numpy())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = surrogate(forest, frame, k=2, **QUICK)
    assert set(found.surrogate.names) <= set(frame.columns)


def test_a_study_takes_frames_and_names_of_classes():
    data = xv.load_dataset("wine")
    found = surrogate(xv.load_model("wine_logistic"), data, k=5, **QUICK)
    rows = data.test.inputs[:3]
    frame = data.schema.to_frame(rows)
    assert found.rule_of(frame) == found.rule_of(rows)
    goal = found.surrogate.class_names[1]
    named, numbered = found.counterfactual(frame, goal), found.counterfactual(rows, 1)
    assert torch.equal(named.counterfactuals, numbered.counterfactuals)
    with pytest.raises(UnknownNameError):
        found.counterfactual(rows, "vinegar")
    there = int(found.surrogate(rows[:1]).argmax())
    assert "gives it the class to reach as it is" in str(found.counterfactual(rows[:1], there).verdict)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"strength": "a"}, "`strength` must be a positive number. Got 'a'"),
        ({"strength": float("inf")}, "`strength` must be a positive number. Got inf"),
        ({"reading": "x"}, "`reading` must measure numbers with names: .* Got 'x'"),
        ({"sure": "high"}, "`sure` must be a confidence above 0, up to 1. Got 'high'"),
        ({"rankings": ["permutation", "permutation"]}, "`rankings` must name each once. Got 'permutation' twice"),
        ({"data": torch.ones(5, 13), "labels": [1, float("nan"), 0, 1, 1]}, "given for every row. Got none for 1 of 5"),
        ({"data": torch.ones(5, 13), "labels": [1, 0.5, 0, 1, 1]}, "whole class numbers. Got 0.5"),
        ({"data": torch.ones(3, 13)}, "of 3 classes needs at least 5 rows: one to learn from for each class, .* Got 3"),
    ],
)
def test_values_that_mean_nothing_are_told_in_one_sentence(asked, said):
    with pytest.raises(InputError, match=said):
        surrogate(xv.load_model("wine_logistic"), **{"data": "wine", **asked})


def test_labels_by_unknown_names_are_refused_and_numbers_of_any_library_are_taken():
    model = xv.load_model("wine_logistic")
    rows = xv.load_dataset("wine").inputs
    with pytest.raises(UnknownNameError):
        surrogate(model, rows, labels=["vinegar"] * len(rows))
    assert surrogate(model, rows, k=np.int64(2), depth=np.int32(3), **QUICK).k == 2
