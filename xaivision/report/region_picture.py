"""A region of a picture: outlined, and everything else faded."""

import numpy as np
from torch import Tensor

from xaivision.report.borders import outlined
from xaivision.report.cards import Picture
from xaivision.report.fading import faded_outside
from xaivision.report.markup import data_uri
from xaivision.report.photo import Pixels, photo_pixels


def region_pixels(image: Tensor, region: Tensor) -> Pixels:
    """The bytes (H, W, 3) of an image (C, H, W), enlarged where its outlines would be coarse, with a region (H, W) marked."""
    inside = region.detach().cpu().numpy().astype(bool)
    return outlined(faded_outside(image, inside), inside.astype(np.int64))


def region_picture(image: Tensor, region: Tensor) -> Picture:
    """The same as a picture inside a page, with words; the whole picture as it is where the region is empty."""
    share = float(region.double().mean())
    if share == 0:
        return Picture(data_uri(photo_pixels(image)), "The input, with no region chosen.")
    return Picture(
        data_uri(region_pixels(image, region)), f"The input with a region of {100 * share:.1f} % of its area outlined."
    )
