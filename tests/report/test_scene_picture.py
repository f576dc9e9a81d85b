import io

import numpy as np
import torch
from PIL import Image

from xaivision.report.scene_picture import scene_pixels, scenes_png


def test_masks_are_told_by_color_and_the_rest_is_as_it_was():
    picture = torch.full((1, 8, 9), 0.5)
    target, shadow = torch.zeros(2, 8, 9, dtype=torch.bool)
    target[0], shadow[7] = True, True
    pixels = scene_pixels(picture, {"target": target, "shadow": shadow})
    assert (pixels[1:7] == 128).all()
    assert pixels[0, 0, 0] > pixels[0, 0, 2]  # orange
    assert pixels[7, 0, 2] > pixels[7, 0, 0]  # blue


def test_scenes_stand_above_themselves_with_masks():
    pictures = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    none = {"target": torch.zeros(8, 8, dtype=torch.bool)}
    drawn = np.asarray(Image.open(io.BytesIO(scenes_png(pictures, [none] * 3))))
    assert drawn.shape == (2 * (24 + 12), 3 * (24 + 12), 3)
    assert (drawn[:36] == drawn[36:]).all()
