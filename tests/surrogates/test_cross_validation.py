import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from surrogate_subjects import table

from xaivision.core.errors import InputError
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.data.card import DatasetCard
from xaivision.data.dataset import Dataset
from xaivision.data.split import Split
from xaivision.models.table_networks import train_table
from xaivision.surrogates.cross_validation import cross_validated, stratified_folds
from xaivision.surrogates.growing import Growth
from xaivision.surrogates.study import Plan

DATA = Path(os.environ.get("XAIVISION_DATA", "/nowhere"))


def logistic(rows, labels):
    return SklearnClassifier(LogisticRegression().fit(rows.numpy(), labels.numpy()))


def test_every_row_is_held_out_once_and_by_a_black_box_that_has_not_seen_it():
    rows = table(60)
    labels = (rows[:, 0] > 0).long()
    learned = []

    def make(part, targets):
        learned.append({tuple(row) for row in part.tolist()})
        return logistic(part, targets)

    found = cross_validated(make, rows, labels, Plan(k=1, draws=2), folds=4)
    assert found.fidelity.rows == 60
    missing = [{tuple(row) for row in rows.tolist()} - one for one in learned]
    assert sum(map(len, missing)) == 60
    assert set.union(*missing) == {tuple(row) for row in rows.tolist()}
    assert found.chosen == (("column 0",),) * 4
    assert found.shared == 1
    assert found.gain == pytest.approx(found.fidelity.agreement.value - np.mean([one.agreement.value for one in found.random]))
    assert found.gain > 0.15


def test_labels_by_chance_are_not_told_however_many_columns_there_are():
    """A ranking over all rows would find columns that tell these labels; one inside the folds cannot."""
    rows, labels = table(60, 400, seed=3), torch.arange(60) % 2

    def by_neighbors(part, targets):
        return SklearnClassifier(KNeighborsClassifier(3).fit(part.numpy(), targets.numpy()))

    found = cross_validated(by_neighbors, rows, labels, Plan(k=5, rankings=("mutual_information",), draws=2), folds=5)
    assert 0.3 < found.fidelity.accuracy.value < 0.7
    assert found.shared < 0.5


def test_folds_have_equal_shares_of_every_class():
    labels = torch.tensor([0] * 47 + [1] * 25)
    folds = stratified_folds(labels, 5)
    assert all(9 <= int((folds[labels == 0] == fold).sum()) <= 10 for fold in range(5))
    assert all(int((folds[labels == 1] == fold).sum()) == 5 for fold in range(5))
    with pytest.raises(InputError, match=r"from 2 to the number of rows, 6\. Got 7"):
        cross_validated(logistic, table(6), torch.arange(6) % 2, Plan(), folds=7)


if (DATA / "tabular" / "leukemia_golub.csv.gz").exists():

    @pytest.mark.slow
    @pytest.mark.timeout(1200)
    def test_the_whole_pipeline_on_gene_expression_in_under_three_minutes():
        frame = pd.read_csv(DATA / "tabular" / "leukemia_golub.csv.gz")
        names, labels = pd.factorize(frame.pop("CLASS"), sort=True)[::-1]
        rows, targets = torch.tensor(frame.to_numpy(), dtype=torch.float32), torch.tensor(labels)
        card = DatasetCard("leukemia", *["72 x 7129"] * 5)

        def make(part, classes):
            both = Split(torch.arange(len(part)), torch.arange(0))
            data = Dataset("leukemia", part, classes, tuple(names), card, fixed_split=both)
            return train_table(data, "dense_autoencoder", epochs=20)

        start = time.process_time()
        found = cross_validated(make, rows, targets, Plan(k="auto", draws=5, growth=Growth(depth=3)))
        assert time.process_time() - start < 180
        assert found.fidelity.rows == 72
        assert found.fidelity.black_box_accuracy.value > 0.85
        assert found.fidelity.agreement.value > 0.75
        assert found.gain > 0
