import io
import random
import struct
import threading
import time
import warnings

import numpy as np
import pytest
from PIL import Image

from xaivision.core.errors import FileFormatError
from xaivision.data.images import load_image
from xaivision.data.picture_files import MAX_PIXELS, decoded_picture, read_picture

PHOTO = np.random.default_rng(0).integers(0, 256, (24, 31, 3), dtype=np.uint8)
FORMATS = ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"]


def read(content):
    return read_picture(io.BytesIO(content), "The bytes")


def gif_whose_first_frame_is_larger_than_its_screen(side):
    screen = b"GIF89a" + struct.pack("<HH", 10, 10) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff"
    return screen + b"," + struct.pack("<HHHH", 0, 0, side, side) + b"\0" + b"\x02\x02\x4c\x01\0;"


@pytest.mark.parametrize("format", FORMATS)
def test_each_format_is_told_by_content_and_not_by_name(tmp_path, encoded, format):
    path = tmp_path / "picture.txt"
    path.write_bytes(encoded(PHOTO, format))
    with path.open("rb") as file:
        assert read_picture(file, "x").size == (31, 24)


@pytest.mark.parametrize("format", ["PPM", "ICO", "TGA", "PCX", "EPS"])
def test_other_formats_that_pillow_knows_are_refused(encoded, format):
    with pytest.raises(FileFormatError, match=r"must be a PNG, JPEG, WebP, BMP, TIFF or GIF picture, whatever its name\. Got a"):
        read(encoded(PHOTO, format))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "an empty file"),
        (b"hello, this is no picture\n", "a text file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<?xml version='1.0'?>\n<SVG/>", "an SVG drawing"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\0\0\0\x18ftypheic\0\0", "a HEIC, AVIF or video file"),
        (b"PK\3\4\0\0\0\0", "a file of another kind"),
        (b"\x89PNG", "a file of another kind"),
    ],
)
def test_a_file_that_is_no_picture_is_refused_by_what_it_seems_to_be(content, kind):
    with pytest.raises(FileFormatError, match=f"Got {kind}"):
        read(content)


def test_the_first_frame_of_an_animation_is_read(encoded):
    first, second = Image.new("RGB", (5, 4), "red"), Image.new("RGB", (5, 4), "blue")
    for format in ("GIF", "WEBP", "PNG"):
        content = encoded(
            first, format, save_all=True, append_images=[second], **({"lossless": True} if format == "WEBP" else {})
        )
        assert Image.open(io.BytesIO(content)).n_frames == 2
        assert read(content).convert("RGB").getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize("format", FORMATS)
def test_a_truncated_file_of_any_format_is_one_sentence(encoded, format):
    content = encoded(PHOTO, format)
    with warnings.catch_warnings(record=True) as noted, pytest.raises(FileFormatError) as refusal:
        read(content[: len(content) // 2])
    assert str(refusal.value).startswith("The bytes must be a complete picture. Its data cannot be decoded (")
    assert "\n" not in str(refusal.value)
    assert not noted


@pytest.mark.parametrize("format", FORMATS)
def test_damage_anywhere_gives_a_picture_or_a_refusal_and_nothing_else(encoded, format):
    original, draw = encoded(PHOTO, format), random.Random(format)  # noqa: S311 - which bytes are flipped guards nothing
    refused = 0
    for _ in range(150):
        content = bytearray(original)
        for _ in range(draw.randint(1, 4)):
            content[draw.randrange(min(len(content), draw.choice([64, 400, 10**6])))] = draw.choice([0, 127, 255])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # Pillow may doubt the notes in a picture that it can read
            try:
                load_image(bytes(content))
            except FileFormatError:
                refused += 1
    assert refused > 10


def test_too_many_pixels_are_refused_before_decoding(png):
    content = png(20_000, 15_000, 8, 2, b"")
    assert len(content) < 100
    message = r"at most 50 megapixels\. Got 20000 x 15000 pixels \(300 megapixels\)"
    with warnings.catch_warnings(record=True) as noted, pytest.raises(FileFormatError, match=message):
        read(content)
    assert not noted


def test_the_pixel_cap_is_below_the_size_that_pillow_warns_of_and_holds_exactly(png):
    assert MAX_PIXELS == 50_000_000
    with pytest.raises(FileFormatError, match="at most 50 megapixels"):
        read(png(5_000_001, 10, 1, 0, b""))
    with pytest.raises(FileFormatError, match="complete picture"):  # so it came past the cap, and was found truncated
        read(png(5_000_000, 10, 1, 0, b""))


@pytest.mark.parametrize(("side", "got"), [(12_000, "12000 x 12000 pixels"), (60_000, "a frame far larger than the header says")])
def test_a_frame_larger_than_the_header_says_is_refused_without_pillows_warning(side, got):
    with warnings.catch_warnings(record=True) as noted, pytest.raises(FileFormatError, match=f"at most 50 megapixels. Got {got}"):
        read(gif_whose_first_frame_is_larger_than_its_screen(side))
    assert not noted


def test_pillows_warning_does_not_leak_where_its_limit_was_lowered(monkeypatch, encoded):
    content = encoded(Image.new("P", (12, 12)), "GIF").replace(struct.pack("<HH", 12, 12), struct.pack("<HH", 5, 5), 1)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert read(content).size == (12, 12)


def test_pillows_own_limit_and_the_filters_are_left_as_they_were(png):
    limit, filters = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    with pytest.raises(FileFormatError):
        read(png(20_000, 15_000, 8, 2, b""))
    assert limit == Image.MAX_IMAGE_PIXELS
    assert list(warnings.filters) == filters


def test_threads_that_overlap_leave_the_filters_as_they_were(monkeypatch, encoded):
    content, filters = encoded(PHOTO, "PNG"), list(warnings.filters)
    second_is_in, first_is_out = threading.Event(), threading.Event()

    def load_first(picture):
        second_is_in.wait(0.5)  # runs out where the second has to wait for the first

    def load_second(picture):
        second_is_in.set()
        first_is_out.wait(5)

    def run(content, load, after=None):
        loads[threading.current_thread()] = load
        read(content)
        if after is not None:
            after.set()

    loads = {}
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", lambda picture: loads[threading.current_thread()](picture))
    first = threading.Thread(target=run, args=(content, load_first, first_is_out))
    second = threading.Thread(target=run, args=(content, load_second))
    first.start()
    while not loads:
        time.sleep(0.01)
    time.sleep(0.1)
    second.start()
    first.join()
    second.join()
    assert list(warnings.filters) == filters


def test_what_pillow_doubts_in_a_picture_that_it_can_read_is_passed_on(encoded):
    exif = Image.Exif()
    exif[0x010E] = "a long description of the picture"
    content = encoded(PHOTO, "JPEG", exif=exif.tobytes()[:-20])
    with pytest.warns(UserWarning, match="Corrupt EXIF|Truncated"):
        assert read(content).size == (31, 24)


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
@pytest.mark.parametrize("notes", [b"Exif\0\0MM\0*", b"no such notes"])
def test_notes_that_cannot_be_read_count_as_upright(encoded, format, notes):
    content = encoded(PHOTO, format, exif=notes)
    with pytest.raises((SyntaxError, struct.error)):
        Image.open(io.BytesIO(content)).getexif()
    assert np.array_equal(np.asarray(read(content)), np.asarray(Image.open(io.BytesIO(content))))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_the_camera_is_applied_once(encoded, format, orientation):
    blocks = np.kron(np.array([[0, 40, 80], [120, 160, 200]], dtype=np.uint8), np.ones((16, 16), np.uint8))
    upright = {
        1: blocks,
        2: blocks[:, ::-1],
        3: blocks[::-1, ::-1],
        4: blocks[::-1],
        5: blocks.T,
        6: blocks[::-1].T,
        7: blocks[::-1, ::-1].T,
        8: blocks[:, ::-1].T,
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(blocks, format, exif=exif, **({"quality": 100} if format in ("JPEG", "WEBP") else {}))
    found = np.asarray(read(content).convert("L")).astype(int)
    assert found.shape == upright[orientation].shape
    assert np.abs(found - upright[orientation]).max() <= 2


def test_a_16_bit_picture_can_be_turned(encoded):
    exif = Image.Exif()
    exif[0x0112] = 6
    deep = np.arange(6, dtype=np.uint16).reshape(2, 3) * 9000
    assert np.array_equal(np.asarray(read(encoded(deep, "PNG", exif=exif))), deep[::-1].T)


def test_a_picture_opened_by_somebody_else_is_capped_too(png):
    too_large = Image.open(io.BytesIO(png(8_000, 8_000, 8, 2, b"")))
    with pytest.raises(FileFormatError, match=r"8000 x 8000 pixels \(64 megapixels\)"):
        decoded_picture(too_large, "x")


def test_a_picture_of_no_pixels_is_refused():
    with pytest.raises(FileFormatError, match=r"at least one pixel\. Got 0 x 5"):
        decoded_picture(Image.new("RGB", (0, 5)), "x")


def test_a_picture_whose_file_was_closed_is_one_sentence(encoded):
    picture = Image.open(io.BytesIO(encoded(PHOTO, "PNG")))
    picture.close()
    with pytest.raises(FileFormatError, match="must be a complete picture"):
        decoded_picture(picture, "x")
