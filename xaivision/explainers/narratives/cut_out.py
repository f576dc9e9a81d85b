"""The region of a picture as another model is shown it: 8-bit RGB, black outside the region."""

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.engines.region_traits import checked_mask

if TYPE_CHECKING:
    from PIL import Image

View = Literal["cut_out", "cropped", "whole"]
# Around the box of a cropped region, as a share of its sides.
MARGIN = 0.1


def check_view(view: str) -> None:
    """Raises: InputError, where there is no such view."""
    if view not in get_args(View):
        raise InputError(f"`view` must be one of {', '.join(map(repr, get_args(View)))}. Got {view!r}.")


def shown_picture(image: Tensor, mask: Tensor, view: View) -> "Image.Image":
    """An image (C, H, W) in [0, 1] as a picture that is as wide as the image has columns.

    "cut_out": black outside the region `mask` (H, W). "cropped": the same, cut to the region's box and a margin. "whole": as
    it is, whatever the mask.

    Raises: InputError, where the mask is empty or of another size.
    """
    from PIL import Image

    inside = checked_mask(image, mask)
    planes = image.detach().float().cpu().clamp(0, 1)
    planes = planes if len(planes) == 3 else planes.mean(0, keepdim=True).expand(3, -1, -1)
    if view != "whole":
        planes = planes * inside
    if view == "cropped":
        rows, columns = _box(inside)
        planes = planes[:, rows, columns]
    colors = (planes * 255).round().byte().permute(1, 2, 0).numpy()
    return Image.fromarray(np.ascontiguousarray(colors))


def _box(inside: Tensor) -> tuple[slice, slice]:
    return _side(inside.any(1)), _side(inside.any(0))


def _side(taken: Tensor) -> slice:
    places = taken.nonzero().flatten()
    first, last = int(places[0]), int(places[-1]) + 1
    margin = round(MARGIN * (last - first))
    return slice(max(0, first - margin), min(len(taken), last + margin))
