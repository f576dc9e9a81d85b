"""Photos that scikit-image carries in its wheel: real pictures that need no download."""

import io
from typing import TYPE_CHECKING

import torch

from xaivision.core.errors import UnknownNameError
from xaivision.core.image_format import ImageFormat
from xaivision.data.card import DatasetCard
from xaivision.data.dataset import Dataset
from xaivision.data.images import load_images
from xaivision.data.named_files import read_named_file
from xaivision.data.picture_files import read_picture
from xaivision.data.split import UNLABELED

if TYPE_CHECKING:
    from PIL import Image

SAMPLE_IMAGES = ("astronaut", "camera", "chelsea", "clock", "coffee", "coins", "hubble_deep_field", "retina", "rocket")

# What most ImageNet classifiers take; a dataset is one tensor, so the photos have to be brought to one size.
USUAL_FORMAT = ImageFormat(3, 224, 224, resize=256)


def load_sample_image(name: str) -> "Image.Image":
    """One of the photos at its own size; `camera`, `clock` and `coins` are gray.

    Raises: UnknownNameError; FileFormatError, where the installed file is not the registered one.
    """
    if name not in SAMPLE_IMAGES:
        raise UnknownNameError("sample image", name, SAMPLE_IMAGES)
    return read_picture(io.BytesIO(read_named_file(f"sample_images/{name}")), f"`{name}`")


def load(name: str, format: ImageFormat = USUAL_FORMAT) -> Dataset:
    """The photos in one format, in the order of `SAMPLE_IMAGES`, which `items` repeats. They have no labels: targets are -1."""
    inputs = load_images([load_sample_image(photo) for photo in SAMPLE_IMAGES], format)
    targets = torch.full((len(inputs),), UNLABELED)
    return Dataset(name, inputs, targets, (), card(name), items=SAMPLE_IMAGES)


def card(name: str) -> DatasetCard:
    """The card of `sample_images`."""
    return DatasetCard(
        name,
        what=f"Photos without labels: {', '.join(SAMPLE_IMAGES)}. Three are gray. Their sizes differ, so the dataset brings "
        "them to one format (by default a shorter side of 256, center crop 224, three channels); `load_sample_image` gives "
        "them as they are. Every target is -1, no label, and all of them are the test part.",
        size="9 photos of 300 x 400 to 1411 x 1411 pixels",
        license="CC0 or public domain, photo by photo: see datasets/registry.toml",
        citation="S. van der Walt et al., scikit-image: image processing in Python, PeerJ 2:e453, 2014, doi:10.7717/peerj.453",
        origin="scikit-image's wheel",
    )
