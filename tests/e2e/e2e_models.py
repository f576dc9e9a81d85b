"""Classifiers that are small enough for a browser to wait for, or that wait for the test."""

import time
from pathlib import Path

import torch
from torch import nn

import xaivision as xv

GO = Path("go")
CLASSES = ("cat", "cup", "rocket", "clock")
# What a file, a class, a column or an error may be called by somebody who wants more of it than to be read.
FOREIGN = (
    "http://evil.example/a_b www.evil.example me@evil.example <b>bold</b> $x$ :red[red] :smile: :material/home: ![x](y) a -> b"
)


def tiny_network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(64, len(CLASSES))
    )


def image_classifier(net, class_names=CLASSES):
    form = xv.ImageFormat(3, 32, 32)
    return xv.classifier(net, domain="image", num_classes=4, score_unit="logit", image_format=form, class_names=class_names)


def tiny():
    return image_classifier(tiny_network().eval())


class Raises(nn.Module):
    """Answers single inputs, and says something of its own about more."""

    def __init__(self, said):
        super().__init__()
        self.inner, self.said = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 4)), said

    def forward(self, inputs):
        if len(inputs) > 1:
            raise ValueError(self.said)
        return self.inner(inputs)


class Held(nn.Module):
    """Answers a few inputs at once, and a batch as soon as there is a file `GO` where the app was started."""

    FEW = 16

    def __init__(self):
        super().__init__()
        self.inner = tiny_network()

    def forward(self, inputs):
        while len(inputs) > self.FEW and not GO.exists():
            time.sleep(0.05)
        return self.inner(inputs)


def held():
    return image_classifier(Held().eval())


def foreign():
    torch.manual_seed(0)
    return image_classifier(Raises(FOREIGN).eval(), (FOREIGN, *CLASSES[1:]))


def rows():
    import pandas as pd

    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2)).eval()
    frame = pd.DataFrame({name: [0.0, 1.0, 2.0] for name in ("age", "income", "debt", "years")}, dtype="float32")
    schema = xv.TableSchema.from_frame(frame)
    return xv.classifier(net, domain="tabular", num_classes=2, score_unit="logit", schema=schema, class_names=("no", "yes"))
