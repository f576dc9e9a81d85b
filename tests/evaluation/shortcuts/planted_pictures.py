"""Folders and sets of pictures with one shortcut planted, or with none."""

from dataclasses import replace

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from xaivision.core.random import generator
from xaivision.data.card import DatasetCard
from xaivision.data.dataset import Dataset

CARD = DatasetCard("seabed", "speckle", "", "none", "none", "generated")
NAMES = ("rock", "wreck", "mud")


def seabed(height=64, width=64, seed=0, number=0):
    """Speckle, and nothing that could tell a class."""
    parts = torch.randn(2, height, width, generator=generator(seed, "seabed", number), dtype=torch.float64)
    return (0.25 * parts.square().sum(0).sqrt()).clamp(0, 1)[None].float()


def plain_set(count=90, seed=0, classes=3):
    """A data set in which nothing tells the class, in memory."""
    inputs = torch.stack([seabed(seed=seed, number=number) for number in range(count)])
    return Dataset("seabed", inputs, torch.arange(count) % classes, NAMES[:classes], CARD)


def with_inputs(data, change):
    """The set with every picture changed by its class."""
    changed = [
        change(one.clone(), int(label), number) for number, (one, label) in enumerate(zip(data.inputs, data.targets, strict=True))
    ]
    return replace(data, inputs=torch.stack(changed))


def with_marks(picture, chance=True):
    if not chance:
        return picture
    drawn = Image.fromarray((picture[0].numpy() * 255).astype(np.uint8))
    pen = ImageDraw.Draw(drawn)
    pen.rectangle((8, 20, 48, 36), fill=0)
    pen.text((11, 21), "10 M", fill=255, font=ImageFont.load_default(12), stroke_width=1)
    return torch.from_numpy(np.asarray(drawn, dtype=np.float32) / 255)[None]


def saved_folder(root, shapes=None, count=30, **settings):
    """A folder of PNG or JPEG files; `shapes` by class, `settings` by class as Pillow takes them."""
    for label, name in enumerate(NAMES):
        (root / name).mkdir(parents=True)
        height, width = (shapes or {}).get(name, (64, 64))
        for number in range(count):
            pixels = (seabed(height, width, 1, label * 1000 + number)[0].numpy() * 255).astype(np.uint8)
            extra = settings.get(name, {})
            Image.fromarray(pixels).save(root / name / f"{number:03}.{extra.get('ending', 'png')}", **extra.get("save", {}))
    return root
