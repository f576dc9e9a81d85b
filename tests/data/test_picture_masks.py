from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xaivision.core.errors import InputError
from xaivision.data.picture_masks import picture_masks


@pytest.fixture
def masks(tmp_path):
    for name, part in (("one.png", slice(2, 5)), ("two.png", slice(0, 0))):
        drawn = np.zeros((8, 6), dtype=np.uint8)
        drawn[part] = 255
        Image.fromarray(drawn).convert("1").save(tmp_path / name)
    return tmp_path


def test_a_mask_is_found_by_the_name_of_its_picture_and_empty_ones_are_none(masks):
    found = picture_masks([Path("x/three.jpg"), Path("x/one.jpg"), Path("y/two.jpg")], masks)
    assert list(found) == [1]
    assert found[1].shape == (8, 6)
    assert found[1].any(1).nonzero().flatten().tolist() == [2, 3, 4]


def test_two_masks_of_one_picture_are_refused(masks):
    (masks / "one.bmp").write_bytes((masks / "one.png").read_bytes())
    with pytest.raises(InputError, match="Each picture must have one mask"):
        picture_masks([Path("one.jpg")], masks)


def test_a_folder_without_masks_of_these_pictures_is_refused(masks):
    with pytest.raises(InputError, match=r"such as 'boat' with any ending\. Got 2 other"):
        picture_masks([Path("boat.jpg")], masks)


def test_no_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="`masks` must be a folder"):
        picture_masks([Path("boat.jpg")], tmp_path / "missing")
