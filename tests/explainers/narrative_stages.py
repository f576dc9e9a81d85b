"""A classifier that looks at one place of a picture that is not square, and stages of a narrative with known answers."""

from dataclasses import dataclass

import numpy as np
import torch

import xaivision as xv
from xaivision.explainers.narratives.captions import Caption

HEIGHT, WIDTH = 24, 40
ROWS, COLUMNS = slice(4, 8), slice(28, 36)  # upper right
CLASSES = ("cat", "tiger cat", "dog")


def model(classes=CLASSES):
    """Class 1 by how red the place is, class 0 by 0.2, class 2 never."""

    def scores(inputs):
        bright = inputs[:, 0, ROWS, COLUMNS].mean((1, 2))
        return np.stack([0 * bright, 8 * bright - 6, 0 * bright - 3], 1)

    return xv.FunctionClassifier(
        scores,
        len(classes),
        domain="image",
        score_unit="logit",
        class_names=classes,
        image_format=xv.ImageFormat(3, HEIGHT, WIDTH),
    )


def picture():
    """(1, 3, H, W): a red block at the place, on gray."""
    image = torch.full((1, 3, HEIGHT, WIDTH), 0.4)
    image[0, :, ROWS, COLUMNS] = torch.tensor([0.95, 0.15, 0.1])[:, None, None]
    return image


def place():
    """(H, W) bool: where the classifier looks."""
    mask = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    mask[ROWS, COLUMNS] = True
    return mask


@dataclass(frozen=True)
class Saying:
    """A captioner that says always the same, and remembers what it was given."""

    text: str
    label_in_prompt: bool = False
    name: str = "saying"
    measures: bool = False

    def caption(self, image, mask, label):
        assert (label is not None) == self.label_in_prompt
        return Caption(self.text, f"Say it{f' of {label}' if label else ''}.", self.label_in_prompt)


def echo(turns=0):
    """A sonar picture (1, 64, 64) with an echo at a quarter of the range and its shadow on the right, and the echo; turned."""
    image, mask = torch.full((1, 64, 64), 0.31), torch.zeros(64, 64, dtype=torch.bool)
    mask[28:36, 12:20] = True
    image[0, mask] = 0.9
    image[0, 28:36, 20:34] = 0.02
    return image.rot90(turns, (1, 2)), mask.rot90(turns, (0, 1))
