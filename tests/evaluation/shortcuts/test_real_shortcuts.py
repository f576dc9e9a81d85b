"""The shortcuts that are known of real sonar pictures are found; XAIVISION_DATA names the folder that holds `sonar_images`."""

import os
from pathlib import Path

import pytest

if "XAIVISION_DATA" in os.environ:
    from xaivision.data.image_folders import load_image_folders
    from xaivision.data.picture_masks import picture_masks
    from xaivision.evaluation.shortcuts.pictures import pictures_of
    from xaivision.evaluation.shortcuts.search import TOGETHER, search

    PICTURES = Path(os.environ["XAIVISION_DATA"]) / "sonar_images"

    def found_in(folders, masks=None):
        return {one.probe: one for one in search(pictures_of(folders, masks)).findings}

    @pytest.mark.slow
    def test_of_victims_the_scale_marks_and_the_brightness_are_found_off_the_target_too():
        folders = load_image_folders(PICTURES / "sdvd", classes=["no_victim", "victim"])
        found = found_in(folders, picture_masks(folders.paths, PICTURES / "sdvd" / "masks"))
        assert found["marks"].found
        assert found["marks"].ranges[0].high > found["marks"].ranges[1].high == 0
        assert found["brightness"].found
        dark, bright = found["brightness"].ranges[1].median, found["brightness"].ranges[0].median
        assert dark < 0.75 * bright
        assert found["grain"].strength == "decides"
        assert not found["frame"].found

    @pytest.mark.slow
    def test_of_the_six_classes_frame_fan_color_and_sensor_are_found():
        found = found_in(load_image_folders(PICTURES / "natarajan6"))
        assert {name for name, one in found.items() if one.strength == "decides"} >= {"frame", "grain", TOGETHER}
        for name in ("file", "color", "border", "empty_area", "brightness"):
            assert found[name].found, name
        recalls = {part.name: part.share for part in found["empty_area"].recalls}
        assert recalls["fish"] > 0.99  # always the same fan
        assert recalls["mine"] > 0.99
        apart = {frozenset(pair[:2]) for pair in found["color"].apart}
        assert frozenset(("human", "fish")) in apart
        assert found[TOGETHER].accuracy > 0.7
