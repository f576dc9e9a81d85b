import csv
import io

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from xaivision.core.errors import InputError
from xaivision.data.named_files import read_named_file
from xaivision.data.registry import load_dataset


def test_uci_sonar_is_the_known_table_with_rock_first():
    sonar = load_dataset("uci_sonar")
    assert sonar.inputs.shape == (208, 60)
    assert sonar.class_names == ("rock", "mine")
    assert sonar.targets.bincount().tolist() == [97, 111]
    assert sonar.schema.names == tuple(f"V{number}" for number in range(1, 61))
    assert sonar.inputs.min() == 0
    assert sonar.inputs.max() == 1


def test_every_row_and_label_is_the_one_of_the_file():
    rows = list(csv.reader(io.StringIO(read_named_file("uci_sonar").decode())))[1:]
    sonar = load_dataset("uci_sonar")
    assert torch.equal(sonar.inputs, torch.tensor([[float(value) for value in row[:-1]] for row in rows]))
    assert [sonar.class_names[target][0].upper() for target in sonar.targets] == [row[-1] for row in rows]


def test_the_card_says_which_class_is_which_and_the_license_of_the_registry():
    card = load_dataset("uci_sonar").card
    assert "Class 0 is rock (R), class 1 is mine (M)" in card.what
    assert card.license == "CC BY 4.0"


def test_the_split_can_be_learned_from():
    sonar = load_dataset("uci_sonar")
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1)).fit(*(part.numpy() for part in sonar.train))
    accuracy = np.mean(model.predict(sonar.test.inputs.numpy()) == sonar.test.targets.numpy())
    assert 0.65 < accuracy < 0.98  # the literature's linear models: about 0.75


def test_bands_group_neighboring_columns_as_equally_as_can_be():
    assert load_dataset("uci_sonar").schema.groups["V1"] == (0,)
    banded = load_dataset("uci_sonar", bands=12).schema.groups
    assert list(banded.items())[:2] == [("V1 to V5", (0, 1, 2, 3, 4)), ("V6 to V10", (5, 6, 7, 8, 9))]
    for bands in (2, 7, 30):
        groups = load_dataset("uci_sonar", bands=bands).schema.groups
        sizes = [len(columns) for columns in groups.values()]
        assert len(groups) == bands
        assert [column for columns in groups.values() for column in columns] == list(range(60))
        assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("bands", [1, 31, 0])
def test_bands_that_cannot_be_are_refused(bands):
    with pytest.raises(InputError, match=rf"`bands` must be None or from 2 to 30\. Got {bands}\."):
        load_dataset("uci_sonar", bands=bands)
