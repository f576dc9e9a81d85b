import numpy as np
import pytest
from PIL import Image

from xaivision.core.errors import FileFormatError
from xaivision.data.file_traits import FILE_TRAITS, file_traits

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


@pytest.fixture
def saved(tmp_path):
    def save(name, mode="RGB", **settings):
        Image.fromarray(PIXELS).convert(mode).save(tmp_path / name, **settings)
        return dict(zip(FILE_TRAITS, file_traits(tmp_path / name), strict=True))

    return save


def test_format_and_channels_are_told(saved):
    png, gray, jpeg = saved("a.png"), saved("b.png", "L"), saved("c.jpg")
    assert png["file format"] == gray["file format"] != jpeg["file format"]
    assert (png["stored channels"], gray["stored channels"]) == (3, 1)


def test_the_quality_of_jpeg_is_told(saved):
    fine, coarse = saved("a.jpg", quality=95), saved("b.jpg", quality=40)
    assert 0 < fine["coarseness of JPEG"] < coarse["coarseness of JPEG"]
    assert saved("c.png")["coarseness of JPEG"] == -1


def test_halved_color_is_told(saved):
    assert saved("a.jpg", subsampling=0)["halved color of JPEG"] == 0
    assert saved("b.jpg", subsampling=2)["halved color of JPEG"] == 1


def test_notes_of_a_camera_are_told(saved):
    exif = Image.Exif()
    exif[271] = "a camera"
    assert saved("a.jpg")["notes of a camera or program"] == 0
    assert saved("b.jpg", exif=exif)["notes of a camera or program"] == 1


def test_what_is_no_picture_is_refused(tmp_path):
    (tmp_path / "a.jpg").write_text("no picture")
    with pytest.raises(FileFormatError, match="a text file"):
        file_traits(tmp_path / "a.jpg")
