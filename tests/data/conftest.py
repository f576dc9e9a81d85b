"""Files made by hand: what no encoder would write, and what a hostile one would."""

import io
import struct
import zlib

import pytest
from PIL import Image


def _chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@pytest.fixture
def png():
    """A PNG file of a given header: `rows` are its raw bytes, `chunks` come before them."""

    def make(width, height, depth, color, rows, *chunks):
        header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
        parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)

    return make


@pytest.fixture
def encoded():
    """The bytes of an array or a Pillow image in a file format."""

    def make(picture, format, **options):
        file = io.BytesIO()
        image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        image.save(file, format, **options)
        return file.getvalue()

    return make
