"""The loader on real sonar pictures, which are not shipped: XAIVISION_DATA names the folder that holds `sonar_images`."""

import csv
import os
from pathlib import Path

import pytest

if "XAIVISION_DATA" in os.environ:
    from xaivision.data.image_folders import load_image_folders

    PICTURES = Path(os.environ["XAIVISION_DATA"]) / "sonar_images"

    @pytest.fixture(scope="module")
    def six():
        return load_image_folders(PICTURES / "natarajan6")

    def test_the_six_classes_lose_thirty_copies_before_they_are_split(six):
        assert six.class_names == ("fish", "human", "mine", "plane", "seafloor", "ship")
        assert six.report.files == 2989
        assert len(six.report.duplicates) == 30
        assert list(six.report.balance.values()) == [1334, 22, 167, 123, 578, 735]
        assert six.targets[six.split.test].bincount().tolist() == [400, 7, 50, 37, 173, 220]

    def test_the_one_picture_under_two_labels_is_found(six):
        (pair,) = six.report.near_conflicts
        assert [f"{path.parent.name}/{path.name}" for path in pair] == ["human/image_12.jpg", "ship/image_462.jpg"]
        sides = [six.paths.index(path) in set(six.split.test.tolist()) for path in pair]
        assert sides[0] == sides[1]

    def test_color_that_tells_the_class_is_told(six):
        assert six.channels == 3
        assert six.report.colored == {"fish": 0, "human": 21, "mine": 0, "plane": 55, "seafloor": 0, "ship": 220}

    def test_no_group_of_look_alikes_is_on_both_sides(six):
        train, test = (set(six.groups[rows].tolist()) for rows in (six.split.train, six.split.test))
        assert not train & test
        assert len(train | test) < len(six)

    def test_victims_are_loaded_beside_their_folder_of_masks():
        victims = load_image_folders(PICTURES / "sdvd", classes=["no_victim", "victim"])
        assert victims.targets.bincount().tolist() == [108, 179]
        with (PICTURES / "metadata.csv").open() as file:
            listed = [row["class"] for row in csv.DictReader(file) if row["source"] == "sdvd"]
        assert len(listed) == victims.report.files == 289
        assert next(victims.batches(128, batch=3)).shape == (3, 1, 128, 128)
