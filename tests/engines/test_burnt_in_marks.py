import pytest
import torch
from PIL import Image, ImageDraw, ImageFont

from xaivision.core.random import generator
from xaivision.data.images import load_image
from xaivision.data.registry import load_dataset
from xaivision.engines import burnt_in_marks as engine

PLACE = (60, 20, 100, 36)  # left, top, right, bottom


def seabed(side=128):
    parts = torch.randn(2, side, side, generator=generator(0), dtype=torch.float64)
    return (0.3 * parts.square().sum(0).sqrt()).clamp(0, 1)[None].float()


def marked(ink=255, paper=0, text="10 M"):
    """A seabed with letters in a box, as sonar programs burn them in."""
    drawn = Image.fromarray((seabed()[0].numpy() * 255).astype("uint8"))
    pen = ImageDraw.Draw(drawn)
    pen.rectangle(PLACE, fill=paper)
    pen.text((PLACE[0] + 3, PLACE[1] + 1), text, fill=ink, font=ImageFont.load_default(12), stroke_width=int(bool(text)))
    return load_image(drawn)


def inside():
    mask = torch.zeros(128, 128, dtype=torch.bool)
    mask[PLACE[1] : PLACE[3] + 1, PLACE[0] : PLACE[2] + 1] = True
    return mask


def check_white_letters_on_black_paint_are_found():
    found = engine.burnt_in_marks(marked())
    assert float(found[inside()].double().mean()) > 0.5
    assert float((found & ~inside()).double().sum() / found.sum()) < 0.15


def check_black_letters_on_white_paint_are_found():
    assert float(engine.burnt_in_marks(marked(ink=0, paper=255))[inside()].double().mean()) > 0.5


def check_an_echo_beside_its_shadow_is_no_mark():
    picture = seabed()
    picture[:, 40:70, 30:44], picture[:, 40:70, 44:90] = 0.95, 0.01
    assert not bool(engine.burnt_in_marks(picture).any())


def check_an_empty_box_is_no_mark():
    assert not bool(engine.burnt_in_marks(marked(text="")).any())


def test_white_letters_on_black_paint_are_found():
    check_white_letters_on_black_paint_are_found()


def test_black_letters_on_white_paint_are_found():
    check_black_letters_on_white_paint_are_found()


def test_an_echo_beside_its_shadow_is_no_mark():
    check_an_echo_beside_its_shadow_is_no_mark()


def test_an_empty_box_is_no_mark():
    check_an_empty_box_is_no_mark()


def test_simulated_scenes_have_no_marks():
    for picture in load_dataset("sonar_simulator", count=40).inputs:
        assert not bool(engine.burnt_in_marks(picture).any())


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 9, 40), (1, 16, 3)])
def test_any_shape_gives_a_mask_of_that_shape(shape):
    assert engine.burnt_in_marks(torch.rand(shape, generator=generator(1))).shape == shape[1:]
