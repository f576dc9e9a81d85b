from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from xaivision.core.errors import FileFormatError, InputError
from xaivision.core.image_format import ImageFormat
from xaivision.evaluation.audit.items import GivenItems, PictureItems


def test_items_in_memory_are_named_by_their_numbers_unless_they_have_names():
    assert GivenItems(torch.zeros(3, 2)).names == ("0", "1", "2")
    assert GivenItems(torch.zeros(2, 2), ("cat", "dog")).names == ("cat", "dog")


def test_fingerprint_changes_with_one_value_with_the_order_and_with_a_name():
    inputs = torch.arange(6.0).view(3, 2)
    changed = inputs.clone()
    changed[2, 1] += 1e-6
    prints = {
        GivenItems(inputs).fingerprint,
        GivenItems(changed).fingerprint,
        GivenItems(inputs.flip(0)).fingerprint,
        GivenItems(inputs, ("a", "b", "c")).fingerprint,
    }
    assert len(prints) == 4
    assert GivenItems(inputs.clone()).fingerprint == GivenItems(inputs).fingerprint


def test_names_that_run_together_are_told_apart():
    inputs = torch.zeros(2, 1)
    assert GivenItems(inputs, ("ab", "c")).fingerprint != GivenItems(inputs, ("a", "bc")).fingerprint


def test_one_name_twice_is_refused_with_the_name():
    with pytest.raises(InputError, match=r"name of its own\. Got `cat` twice"):
        GivenItems(torch.zeros(2, 2), ("cat", "cat"))


@pytest.mark.parametrize("inputs", [torch.zeros(0, 3)])
def test_no_items_are_refused(inputs):
    with pytest.raises(InputError, match="at least one item"):
        GivenItems(inputs)


def test_a_name_too_few_is_refused():
    with pytest.raises(InputError, match=r"each of 2 items\. Got 1"):
        GivenItems(torch.zeros(2, 2), ("cat",))


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[Path, ...]:
    paths = (tmp_path / "a" / "1.png", tmp_path / "b" / "1.png")
    for number, path in enumerate(paths):
        path.parent.mkdir()
        Image.fromarray(np.full((4, 6, 3), 40 * number, dtype=np.uint8)).save(path)
    return paths


def test_pictures_are_named_by_their_path_below_what_they_share(pictures):
    items = PictureItems(pictures, ImageFormat(3, 4, 4))
    assert items.names == ("a/1.png", "b/1.png")
    assert items.load(1).shape == (3, 4, 4)
    assert float(items.load(1).mean()) == pytest.approx(40 / 255)


def test_one_picture_is_named_by_its_file(pictures):
    assert PictureItems(pictures[:1]).names == ("1.png",)


def test_fingerprint_changes_with_one_byte_of_one_file(pictures):
    before = PictureItems(pictures).fingerprint
    content = pictures[1].read_bytes()
    pictures[1].write_bytes(content + b"\0")
    assert PictureItems(pictures).fingerprint != before
    pictures[1].write_bytes(content)
    assert PictureItems(pictures).fingerprint == before


def test_a_damaged_picture_raises_when_its_turn_comes_and_not_before(pictures):
    pictures[0].write_bytes(b"no picture at all")
    items = PictureItems(pictures)
    assert items.fingerprint
    with pytest.raises(FileFormatError):
        items.load(0)


def test_a_picture_that_is_gone_has_a_fingerprint_and_raises_when_loaded(pictures):
    pictures[0].unlink()
    items = PictureItems(pictures)
    assert items.fingerprint
    with pytest.raises(InputError, match="no such file"):
        items.load(0)


def test_a_name_that_is_no_text_is_told_in_text_and_stays_a_name_of_its_own(tmp_path):
    paths = [tmp_path / "a\udcff.png", tmp_path / "a\udcfe.png"]
    items = PictureItems(tuple(paths))
    assert items.names == ("a\\udcff.png", "a\\udcfe.png")
    assert items.fingerprint


def test_no_pictures_are_refused():
    with pytest.raises(InputError, match="at least one picture"):
        PictureItems(())


def test_fingerprint_changes_with_the_name_of_a_file(pictures):
    before = PictureItems(pictures).fingerprint
    renamed = pictures[1].rename(pictures[1].with_name("2.png"))
    assert PictureItems((pictures[0], renamed)).fingerprint != before


def test_a_renamed_folder_holds_the_same_items(pictures, tmp_path):
    before = PictureItems(pictures)
    known = (before.names, before.fingerprint)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for name in ("a", "b"):
        (tmp_path / name).rename(moved / name)
    after = PictureItems((moved / "a" / "1.png", moved / "b" / "1.png"))
    assert (after.names, after.fingerprint) == known


def test_one_picture_twice_is_refused(pictures):
    with pytest.raises(InputError, match="a name of its own"):
        PictureItems((pictures[0], pictures[0]))
