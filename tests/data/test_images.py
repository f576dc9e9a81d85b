import io
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from xaivision.core.errors import Cancelled, FileFormatError, InputError
from xaivision.core.image_format import ImageFormat
from xaivision.core.progress import CancelToken, reporting
from xaivision.data.images import load_image, load_images

FORMAT = ImageFormat(3, 8, 8)


def level(value):
    return Image.new("RGB", (6, 5), (value, value, value))


@pytest.fixture
def folder(tmp_path):
    """Three pictures whose names are not in the order of their making, and a hidden file that is no picture."""
    for name, value in (("b.png", 51), ("c.jpg", 255), ("a.bmp", 0)):
        level(value).save(tmp_path / name)
    (tmp_path / ".hidden").write_text("no picture")
    return tmp_path


def levels(batch):
    return (batch.flatten(1).mean(1) * 255).round().tolist()


def test_every_kind_of_source_gives_the_same_tensor(tmp_path, encoded):
    array = np.random.default_rng(0).integers(0, 256, (7, 9, 3), dtype=np.uint8)
    content = encoded(array, "PNG")
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    truth = torch.from_numpy(array).permute(2, 0, 1) / 255
    with path.open("rb") as file:
        for source in (str(path), path, content, file, io.BytesIO(content), Image.fromarray(array), array):
            assert torch.equal(load_image(source), truth)


def test_load_images_puts_one_picture_into_a_batch_of_one():
    assert torch.equal(load_images(level(51)), load_image(level(51)).unsqueeze(0))


def test_with_a_format_pictures_of_any_size_make_one_batch(encoded):
    sources = [Image.new("L", (20, 9), 51), np.zeros((4, 31, 4)), encoded(level(255), "PNG")]
    batch = load_images(sources, FORMAT)
    assert batch.shape == (3, 3, 8, 8)
    assert levels(batch) == [51, 255, 255]


def test_a_file_object_is_read_from_its_start_and_its_place_given_back(encoded):
    file = io.BytesIO(encoded(level(51), "PNG"))
    file.seek(11)
    assert levels(load_images([file, file])) == [51, 51]
    assert file.tell() == 11
    assert not file.closed


def test_a_file_object_that_cannot_be_rewound_is_read(encoded):
    read_end, write_end = os.pipe()
    with os.fdopen(write_end, "wb") as writer:
        writer.write(encoded(level(51), "PNG"))
    with os.fdopen(read_end, "rb") as reader:
        assert levels(load_image(reader).unsqueeze(0)) == [51]


def test_a_file_opened_as_text_is_refused():
    with pytest.raises(InputError, match=r"must be opened in binary mode\. Got text"):
        load_image(io.StringIO("text"))


def test_a_pillow_image_is_left_as_it_was():
    picture = level(51)
    before = picture.tobytes(), picture.mode, picture.size, dict(picture.info)
    load_image(picture, FORMAT)
    assert (picture.tobytes(), picture.mode, picture.size, dict(picture.info)) == before


def test_a_folder_is_read_in_the_order_of_names_without_hidden_files(folder):
    assert levels(load_images(folder)) == [0, 51, 255]
    assert levels(load_images(str(folder))) == [0, 51, 255]


def test_a_file_in_a_folder_that_is_no_picture_is_an_error_that_names_it(folder):
    (folder / "notes.txt").write_text("no picture")
    with pytest.raises(FileFormatError, match=r"notes\.txt` must be a PNG.* Got a text file"):
        load_images(folder)


def test_a_folder_in_a_folder_is_refused_and_not_left_out(folder):
    (folder / "more").mkdir()
    with pytest.raises(InputError, match=r"must hold pictures only\. Got the folder `more`"):
        load_images(folder)


def test_an_empty_folder_is_refused(tmp_path):
    (tmp_path / ".hidden").write_text("")
    with pytest.raises(InputError, match=r"must hold at least one picture\. The folder is empty"):
        load_images(tmp_path)


def test_a_pattern_finds_files_in_the_order_of_names_and_enters_folders(folder):
    (folder / "more").mkdir()
    level(102).save(folder / "more" / "a.png")
    assert levels(load_images(f"{folder}/[ab].*")) == [0, 51]
    assert levels(load_images(f"{folder}/**/*")) == [0, 51, 255, 102]


def test_a_pattern_that_matches_nothing_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"must match at least one file\. It matches none"):
        load_images(f"{tmp_path}/*.png")


def test_a_file_whose_name_looks_like_a_pattern_is_read(tmp_path):
    level(51).save(tmp_path / "photo[1].png")
    assert levels(load_images(str(tmp_path / "photo[1].png"))) == [51]


@pytest.mark.parametrize("nothing", [[], (), np.zeros((0, 4, 4, 3))])
def test_no_sources_are_refused(nothing):
    with pytest.raises(InputError, match=r"must (name|hold) at least one picture"):
        load_images(nothing)


def test_an_array_with_a_batch_axis_is_a_list_of_pictures():
    array = np.stack([np.full((5, 6, 3), value, dtype=np.uint8) for value in (0, 51)])
    assert levels(load_images(array)) == [0, 51]


def test_pictures_of_different_shapes_need_a_format(folder):
    Image.new("L", (6, 5)).save(folder / "d.png")
    with pytest.raises(InputError, match=r"one shape \(C, H, W\)\. Got \(3, 5, 6\) for .*a\.bmp` and \(1, 5, 6\) for .*d\.png`"):
        load_images(folder)


def test_errors_in_a_list_say_which_picture_it_is():
    with pytest.raises(InputError, match=r"Picture 1 \(array\) must have at least one pixel"):
        load_images([level(0), np.zeros((0, 3))])
    with pytest.raises(FileFormatError, match=r"Picture 0 \(bytes\) must be a PNG"):
        load_images([b"text", level(0)])


def test_missing_files_folders_and_devices_are_one_sentence(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.png` must be a picture file\. There is no such file"):
        load_image(tmp_path / "nothing.png")
    with pytest.raises(InputError, match=r"must be a picture file\. Got a folder\. `load_images` reads folders"):
        load_image(tmp_path)
    with pytest.raises(InputError, match=r"`/dev/null` must be a picture file\. Got a device or a pipe"):
        load_image("/dev/null")
    with pytest.raises(InputError, match="There is no such file"):
        load_image("x" * 5000)


def test_a_file_that_may_not_be_read_is_one_sentence(tmp_path, monkeypatch):
    path = tmp_path / "closed.png"
    level(0).save(path)

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # the tests may run as root, whom no file refuses
    with pytest.raises(InputError, match=r"must be a file that can be read\. Got: Permission denied"):
        load_image(path)


@pytest.mark.parametrize("source", [None, 5, torch.zeros(3, 4, 4), {"a": 1}])
def test_other_sources_are_refused(source):
    with pytest.raises(InputError, match="A picture must be a path, bytes, a binary file, a Pillow image or a NumPy array"):
        load_image(source)


def test_loading_many_pictures_can_be_cancelled(folder):
    token = CancelToken()
    token.cancel()
    with reporting(None, token), pytest.raises(Cancelled):
        load_images(folder)


def test_a_file_is_closed_after_loading_and_after_a_refusal(folder, monkeypatch):
    (folder / "bad.png").write_text("no picture")
    opened, real = [], Path.open

    def watch(path, *mode):
        opened.append(real(path, *mode))
        return opened[-1]

    monkeypatch.setattr(Path, "open", watch)
    load_image(folder / "a.bmp")
    with pytest.raises(FileFormatError):
        load_image(folder / "bad.png")
    assert [file.closed for file in opened] == [True, True]
