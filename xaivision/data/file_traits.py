"""What a picture's file says beside its pixels: how it was saved tells where it came from."""

from pathlib import Path

from PIL import Image

from xaivision.data.picture_files import FORMATS, read_picture

FILE_TRAITS = ("file format", "stored channels", "coarseness of JPEG", "halved color of JPEG", "notes of a camera or program")

# Of JPEG files: the layer's sampling factors, of which the first says how much finer lightness is than color.
_WHOLE_COLOR = (1, 1)


def file_traits(path: Path) -> tuple[float, ...]:
    """The traits of one file, as numbers in the order of `FILE_TRAITS`; its size in bytes is none, since echoes decide it.

    Raises: FileFormatError, where it is no picture.
    """
    with path.open("rb") as file:
        picture = read_picture(file, f"`{path}`")
        file.seek(0)
        kind = next((place for place, name in enumerate(FORMATS) if name == picture.format), -1)
        coarse, halved = _jpeg(picture)
        noted = any(name in picture.info for name in ("exif", "dpi", "icc_profile"))
        return float(kind), float(len(picture.getbands())), coarse, halved, float(noted)


def _jpeg(picture: Image.Image) -> tuple[float, float]:
    """The mean of the quantization table of lightness, and whether color is stored at half the size; -1 for other formats."""
    tables = getattr(picture, "quantization", None)
    if not tables:
        return -1.0, -1.0
    first = tables[min(tables)]
    layers = getattr(picture, "layer", None) or [(0, 1, 1, 0)]
    return sum(first) / len(first), float(tuple(layers[0][1:3]) != _WHOLE_COLOR)
