"""Opens pictures from outside: the format is decided by content, the size is checked before anything is decoded.

Pillow's plugins are called directly, since `Image.open` warns and raises by its own pixel limit before it tells a size.
"""

import struct
import warnings
import zlib
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import IO

from PIL import Image, ImageFile, TiffImagePlugin, WebPImagePlugin

from xaivision.core.errors import FileFormatError

MAX_PIXELS = 50_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
FORMAT_NAMES = "a PNG, JPEG, WebP, BMP, TIFF or GIF picture"

# Where these two are not imported, their formats are unknown; the other four come with `preinit`.
_PLUGINS = (TiffImagePlugin, WebPImagePlugin)

# What Pillow's plugins raise on damaged data, found by flipping bytes of every format.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    EOFError,
    MemoryError,
    struct.error,
    zlib.error,
)

# How Pillow's name of the stored gray says by how much its values were multiplied.
WIDENED = {"L;2": 85, "L;4": 17}

ORIENTATION_TAG = 0x0112
UPRIGHT = 1
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# `warnings.catch_warnings` swaps the process-wide filters: two threads that overlap in it would leave the wrong ones.
_filters = Lock()


def read_picture(file: IO[bytes], label: str) -> Image.Image:
    """The picture in this file, decoded and upright; of several frames, the first. `label` names it in messages.

    Raises: FileFormatError, where the content is no picture of a known format, too large, or damaged.
    """
    plugin = _plugin_for(file, label)
    with _told_plainly(label):
        picture = plugin(file, "")
        check_pixel_count(*picture.size, label)
        return _upright(_gray_as_stored(picture))


def decoded_picture(picture: Image.Image, label: str) -> Image.Image:
    """A picture that somebody else opened, decoded and upright.

    Raises: FileFormatError, where it is too large or damaged.
    """
    check_pixel_count(*picture.size, label)
    with _told_plainly(label):
        return _upright(picture)


def check_pixel_count(width: int, height: int, label: str) -> None:
    """Raises: FileFormatError, where so many pixels would not be safe to hold, or there are none."""
    if width * height > MAX_PIXELS:
        raise FileFormatError(
            f"{label} must have at most {MAX_PIXELS // 10**6} megapixels. Got {width} x {height} pixels "
            f"({width * height / 1e6:.0f} megapixels). Make it smaller first."
        )
    if width * height == 0:
        raise FileFormatError(f"{label} must have at least one pixel. Got {width} x {height}.")


def _plugin_for(file: IO[bytes], label: str) -> Callable[[IO[bytes], str], ImageFile.ImageFile]:
    Image.preinit()
    head = file.read(1024)
    file.seek(0)
    for name in FORMATS:
        plugin, accepts = Image.OPEN[name]
        if accepts is not None and accepts(head[:16]) is True:
            return plugin
    raise FileFormatError(f"{label} must be {FORMAT_NAMES}, whatever its name. Got {_kind_of(head)}.")


def _kind_of(head: bytes) -> str:
    """What a file that is no picture seems to be, in words."""
    if not head:
        return "an empty file"
    if b"<svg" in head.lower():
        return "an SVG drawing; export it as PNG"
    if head.startswith(b"%PDF"):
        return "a PDF document; export the page as PNG"
    if head[4:8] == b"ftyp":
        return "a HEIC, AVIF or video file; export it as JPEG"
    return "a text file" if _is_text(head) else "a file of another kind"


def _is_text(head: bytes) -> bool:
    try:
        text = getincrementaldecoder("utf-8")().decode(head)  # the last letter may be cut
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter.isspace() for letter in text)


def _upright(picture: Image.Image) -> Image.Image:
    picture.load()
    turn = _TURNS.get(_orientation(picture))
    return picture.transpose(turn) if turn is not None else picture


def _gray_as_stored(picture: ImageFile.ImageFile) -> Image.Image:
    """Undoes two things that Pillow does to gray PNG files.

    It widens 2 and 4 bits to 8, but not the value that marks transparent pixels; it opens 16 bits with alpha as color.
    """
    stored = picture.tile[0].args if picture.tile else None
    if stored in WIDENED and "transparency" in picture.info:
        picture.info["transparency"] *= WIDENED[stored]
    if stored == "LA;16B":
        return picture.convert("LA")
    return picture


def _orientation(picture: Image.Image) -> int:
    """The orientation that the camera noted. Notes that cannot be read count as none, as in every viewer."""
    try:
        noted = picture.getexif().get(ORIENTATION_TAG)
    except _DAMAGE:
        return UPRIGHT
    return noted if isinstance(noted, int) else UPRIGHT


@contextmanager
def _told_plainly(label: str) -> Iterator[None]:
    """Turns what Pillow raises into one sentence, without the warnings on the way; those of a picture that is read are kept."""
    try:
        with _filters, warnings.catch_warnings(record=True) as noted:
            warnings.simplefilter("always")
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own cap is lower
            yield
    except FileFormatError:
        raise
    except Image.DecompressionBombError as error:  # a frame behind a small header
        raise FileFormatError(
            f"{label} must have at most {MAX_PIXELS // 10**6} megapixels. Got a frame far larger than the header says."
        ) from error
    except _DAMAGE as error:
        raise FileFormatError(
            f"{label} must be a complete picture. Its data cannot be decoded ({_reason(error)}). Save or download it again."
        ) from error
    for note in noted:
        warnings.warn_explicit(note.message, note.category, note.filename, note.lineno)


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
