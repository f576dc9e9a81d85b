import cv2
import numpy as np
import pytest
import torch

from xaivision.explainers.cv2_removals import Inpainting, box_blurred, is_shaps_name

GENERATOR = torch.Generator().manual_seed(0)
PICTURES = torch.randint(0, 256, (2, 3, 9, 7), generator=GENERATOR).double() / 255
KEPT = torch.rand((4, 9, 7), generator=GENERATOR) < 0.7


@pytest.mark.parametrize("sides", [(1, 1), (3, 3), (4, 2), (5, 8), (13, 17)])
def test_the_blur_is_opencvs(sides):
    found = box_blurred(PICTURES, "blur({},{})".format(*sides))
    expected = np.stack([cv2.blur(picture.movedim(0, 2).contiguous().numpy(), sides) for picture in PICTURES])
    np.testing.assert_allclose(found.movedim(1, 3).numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("name", ["inpaint_telea", "inpaint_ns"])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_hidden_pixels_are_inpainted_and_the_others_stay(name, channels):
    one = PICTURES[0, :channels] * 0.999  # no whole levels
    found = Inpainting(one, name)(KEPT)
    assert found.shape == (4, channels, 9, 7)
    flag = {"inpaint_telea": cv2.INPAINT_TELEA, "inpaint_ns": cv2.INPAINT_NS}[name]
    for version, kept in zip(found, KEPT, strict=True):
        torch.testing.assert_close(version[:, kept], one[:, kept], atol=0, rtol=0)
        levels = (one * 255).round().byte()
        hidden = (~kept).numpy().astype(np.uint8)
        if channels == 3:
            expected = np.moveaxis(cv2.inpaint(levels.movedim(0, 2).contiguous().numpy(), hidden, 3, flag), 2, 0)
        else:
            expected = np.stack([cv2.inpaint(channel.numpy(), hidden, 3, flag) for channel in levels])
        np.testing.assert_allclose(version[:, ~kept].numpy(), expected[:, ~kept.numpy()] / 255, atol=1e-12)


def test_where_nothing_is_kept_the_mean_color_stays():
    one = PICTURES[0]
    found = Inpainting(one, "inpaint_ns")(torch.zeros(1, 9, 7, dtype=torch.bool))
    torch.testing.assert_close(found[0], one.mean((1, 2), keepdim=True).expand_as(one))


def test_equal_inpaintings_have_equal_keys_and_others_have_not():
    one, other = PICTURES
    keys = [Inpainting(*made).key for made in ((one, "inpaint_ns"), (one, "inpaint_telea"), (other, "inpaint_ns"))]
    assert len(set(keys)) == 3
    assert Inpainting(one.clone(), "inpaint_ns").key == keys[0]


@pytest.mark.parametrize("name", ["blur(3,3)", "blur(16, 8)", "inpaint_telea", "inpaint_ns"])
def test_shaps_names_are_known(name):
    assert is_shaps_name(name)


@pytest.mark.parametrize("name", ["blur", "inpaint", "blur(3)", "xblur(3,3)", None, torch.zeros(2)])
def test_other_settings_are_not_taken_for_shaps(name):
    assert not is_shaps_name(name)
