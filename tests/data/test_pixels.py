import struct

import numpy as np
import pytest
import torch
from PIL import Image

from xaivision.core.errors import FileFormatError, InputError
from xaivision.data.images import load_image

WHITE = 1.0


def transparent(*values):
    return (b"tRNS", struct.pack(f">{len(values)}H", *values))


def values(content):
    return load_image(content)[:, 0].tolist()


def test_8_bits_are_divided_by_255(encoded):
    gray = np.array([[0, 51, 255]], dtype=np.uint8)
    assert torch.equal(load_image(encoded(gray, "PNG")), torch.tensor([[[0.0, 51 / 255, 1.0]]]))


def test_gray_has_one_channel_and_color_three_in_the_order_of_rgb(encoded):
    assert load_image(encoded(Image.new("L", (5, 4), 7), "PNG")).shape == (1, 4, 5)
    color = load_image(encoded(Image.new("RGB", (5, 4), (255, 51, 0)), "PNG"))
    assert color.shape == (3, 4, 5)
    assert color[:, 0, 0].tolist() == pytest.approx([1.0, 0.2, 0.0])
    assert color.dtype == torch.float32
    assert color.is_contiguous()


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_16_bits_are_scaled_and_not_clipped(encoded, format):
    deep = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    pixels = load_image(encoded(deep, format))
    assert torch.equal(pixels[0], torch.from_numpy(deep.astype(np.float32) / np.float32(65535)))
    assert len(pixels.unique()) == 65536


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I"])
def test_each_of_pillows_16_bit_modes_is_scaled(mode):
    raw = np.array([[0, 256, 65535]], dtype={"I;16": "<u2", "I;16B": ">u2", "I": "<i4"}[mode])
    picture = Image.frombytes(mode, (3, 1), raw.tobytes())
    assert load_image(picture)[0, 0].tolist() == pytest.approx([0, 256 / 65535, 1])


def test_a_big_endian_16_bit_tiff_is_scaled(encoded):
    raw = np.array([[0, 256, 65535]], dtype=">u2")
    content = encoded(Image.frombytes("I;16B", (3, 1), raw.tobytes()), "TIFF")
    assert content[:2] == b"MM"
    assert load_image(content)[0, 0].tolist() == pytest.approx([0, 256 / 65535, 1])


@pytest.mark.parametrize("out", [-1, 65536])
def test_32_bit_values_out_of_16_bits_are_refused(encoded, out):
    with pytest.raises(FileFormatError, match=f"must have 16-bit values, 0 to 65535. Got 32-bit values from .*{out}"):
        load_image(encoded(np.array([[5, out]], dtype=np.int32), "TIFF"))


def test_16_bit_color_keeps_its_upper_bits(png):
    content = png(2, 1, 16, 2, b"\0" + struct.pack(">6H", 65535, 32768, 0, 256, 512, 1024))
    truth = np.array([[65535, 256], [32768, 512], [0, 1024]]) / 65535
    assert np.abs(np.array(values(content)) - truth).max() < 1 / 255


def test_a_float_tiff_in_the_unit_range_is_taken_as_it_is(encoded):
    pixels = np.random.default_rng(0).random((4, 5), dtype=np.float32)
    assert torch.equal(load_image(encoded(pixels, "TIFF"))[0], torch.from_numpy(pixels))


@pytest.mark.parametrize("wrong", [255.0, -0.5, 1.01])
def test_a_float_tiff_out_of_the_unit_range_is_refused(encoded, wrong):
    with pytest.raises(FileFormatError, match=r"floating-point values, which must be in \[0, 1\]\. Got"):
        load_image(encoded(np.array([[0.5, wrong]], dtype=np.float32), "TIFF"))


def test_a_float_tiff_with_nan_is_refused(encoded):
    with pytest.raises(FileFormatError, match=r"must have finite values\. Got 1 that are NaN or infinite"):
        load_image(encoded(np.array([[0.5, np.nan]], dtype=np.float32), "TIFF"))


def test_rounding_just_outside_the_unit_range_is_cut_off():
    assert load_image(np.array([[-1e-7, 1 + 1e-6]])).flatten().tolist() == [0.0, 1.0]


def test_transparency_is_composited_on_white_and_hidden_colors_stay_hidden(encoded):
    pixels = np.array([[[255, 0, 0, 0], [0, 0, 0, 51], [10, 20, 30, 255]]], dtype=np.uint8)
    red, green, blue = values(encoded(pixels, "PNG"))
    assert red == pytest.approx([WHITE, 0.8, 10 / 255], abs=1e-6)
    assert green == pytest.approx([WHITE, 0.8, 20 / 255], abs=1e-6)
    assert blue == pytest.approx([WHITE, 0.8, 30 / 255], abs=1e-6)


def test_gray_with_alpha_stays_one_channel(encoded):
    picture = Image.frombytes("LA", (3, 1), bytes([0, 0, 0, 51, 102, 255]))
    assert values(encoded(picture, "PNG")) == [pytest.approx([WHITE, 0.8, 0.4], abs=1e-6)]


def test_16_bit_gray_with_alpha_stays_one_channel(png):
    content = png(2, 1, 16, 4, b"\0" + struct.pack(">4H", 0, 0, 0, 65535))
    assert values(content) == [[WHITE, 0.0]]


@pytest.mark.parametrize("mode", ["La", "RGBa", "PA"])
def test_pillows_other_modes_with_alpha_are_composited(mode):
    opaque, hidden = {"La": ((100, 255), (0, 0)), "RGBa": ((100, 100, 100, 255), (0, 0, 0, 0)), "PA": ((9, 255), (9, 0))}[mode]
    picture = Image.new(mode, (2, 1))
    if mode == "PA":
        picture.putpalette([100, 100, 100] * 256)
    picture.putpixel((0, 0), opaque)
    picture.putpixel((1, 0), hidden)
    for channel in values(picture):
        assert channel == pytest.approx([100 / 255, WHITE], abs=1e-6)


def test_a_palette_with_transparency_is_composited_by_entry(png):
    palette, opacity = (b"PLTE", bytes([255, 0, 0, 0, 255, 0])), (b"tRNS", bytes([51]))
    red, green, blue = values(png(2, 1, 8, 3, b"\0\0\1", palette, opacity))
    assert red == pytest.approx([1.0, 0.0])
    assert green == pytest.approx([0.8, 1.0])
    assert blue == pytest.approx([0.8, 0.0])


def test_a_gif_with_a_transparent_entry_is_composited(encoded):
    picture = Image.new("P", (2, 1))
    picture.putpalette([0, 0, 0, 255, 0, 0])
    picture.putpixel((1, 0), 1)
    assert values(encoded(picture, "GIF", transparency=0)) == [[WHITE, 1.0], [WHITE, 0.0], [WHITE, 0.0]]


@pytest.mark.parametrize(
    ("depth", "color", "rows", "key", "expected"),
    [
        (1, 0, b"\0\x80", (1,), [[WHITE, 0.0]]),
        (2, 0, b"\0\x1b", (1,), [[0.0, WHITE]]),
        (4, 0, b"\0\x1f", (1,), [[WHITE, 1.0]]),
        (4, 0, b"\0\x3f", (1,), [[0.2, 1.0]]),
        (8, 0, b"\0\x07\x33", (7,), [[WHITE, 0.2]]),
        (16, 0, b"\0\x12\x34\x33\x33", (0x1234,), [[WHITE, 0.2]]),
        (8, 2, b"\0\1\2\3\x33\2\3", (1, 2, 3), [[WHITE, 0.2], [WHITE, 2 / 255], [WHITE, 3 / 255]]),
    ],
)
def test_one_value_that_marks_transparent_pixels_becomes_white(png, depth, color, rows, key, expected):
    for found, wanted in zip(values(png(2, 1, depth, color, rows, transparent(*key))), expected, strict=True):
        assert found == pytest.approx(wanted)


def test_16_bit_color_with_one_transparent_color_is_refused(png):
    content = png(1, 1, 16, 2, b"\0" + struct.pack(">3H", 300, 300, 300), transparent(300, 300, 300))
    with pytest.raises(FileFormatError, match="must mark transparent pixels by an alpha channel"):
        load_image(content)


def test_black_and_white_palette_cmyk_and_other_color_modes_are_read():
    assert load_image(Image.new("1", (2, 1), 1)).tolist() == [[[1.0, 1.0]]]
    palette = Image.new("P", (1, 1))
    palette.putpalette([255, 51, 0])
    assert load_image(palette).flatten().tolist() == pytest.approx([1.0, 0.2, 0.0])
    assert load_image(Image.new("CMYK", (1, 1), (0, 255, 255, 0))).flatten().tolist() == [1.0, 0.0, 0.0]
    assert load_image(Image.new("HSV", (1, 1), (0, 255, 255))).flatten().tolist() == [1.0, 0.0, 0.0]
    assert load_image(Image.new("YCbCr", (1, 1), (255, 128, 128))).flatten().tolist() == [1.0, 1.0, 1.0]
    assert load_image(Image.new("LAB", (1, 1), (255, 128, 128))).shape == (3, 1, 1)


def test_a_cmyk_jpeg_is_read_in_color(encoded):
    content = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95)
    assert load_image(content)[:, 8, 8].tolist() == pytest.approx([1.0, 0.0, 0.0], abs=0.02)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([[0, 255]], dtype=np.uint8), [0.0, 1.0]),
        (np.array([[0, 65535]], dtype=np.uint16), [0.0, 1.0]),
        (np.array([[0, 65535]], dtype=">u2"), [0.0, 1.0]),
        (np.array([[False, True]]), [0.0, 1.0]),
        (np.array([[0.25, 1.0]], dtype=np.float16), [0.25, 1.0]),
        (np.array([[0.25, 1.0]], dtype=">f8"), [0.25, 1.0]),
        (np.array([[[0], [51]]], dtype=np.uint8), [0.0, 0.2]),
    ],
)
def test_arrays_are_scaled_by_their_dtype(array, expected):
    pixels = load_image(array)
    assert pixels.shape == (1, 1, 2)
    assert pixels.dtype == torch.float32
    assert pixels.flatten().tolist() == pytest.approx(expected)


def test_arrays_of_color_come_channels_first_and_alpha_is_composited():
    array = np.zeros((2, 3, 4))
    array[..., 0], array[..., 3] = 1.0, 0.5
    assert load_image(array[..., :3]).shape == (3, 2, 3)
    assert load_image(array)[:, 1, 2].tolist() == [1.0, 0.5, 0.5]


def test_read_only_and_reversed_arrays_are_copied_without_a_warning():
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    array.setflags(write=False)
    pixels = load_image(array[::-1, ::-1])
    assert (pixels * 255).round().int().flatten().tolist() == [5, 4, 3, 2, 1, 0]
    pixels.zero_()
    assert array[1, 2] == 5


@pytest.mark.parametrize("shape", [(5,), (2, 5, 5), (5, 5, 2), (5, 5, 5), (1, 5, 5, 3)])
def test_arrays_of_other_shapes_are_refused(shape):
    with pytest.raises(InputError, match=r"must have shape \(H, W\), \(H, W, 3\) or \(H, W, 4\)\. Got"):
        load_image(np.zeros(shape))


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 5, 3)])
def test_arrays_of_no_pixels_are_refused(shape):
    with pytest.raises(InputError, match="must have at least one pixel"):
        load_image(np.zeros(shape, dtype=np.uint8))


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.complex64, object, "U1"])
def test_arrays_of_other_dtypes_are_refused(dtype):
    with pytest.raises(InputError, match=r"must be uint8 \(0 to 255\), uint16 \(0 to 65535\) or floating point"):
        load_image(np.zeros((4, 5), dtype=dtype))


def test_float_arrays_out_of_range_or_not_finite_are_refused():
    with pytest.raises(InputError, match=r"must be in \[0, 1\]\. Got 0 to 255"):
        load_image(np.array([[0.0, 255.0]]))
    with pytest.raises(InputError, match=r"must have finite values\. Got 2 that are NaN or infinite"):
        load_image(np.array([[np.nan, np.inf]]))
