"""Classifiers that the app can be started with."""

import time

import torch
from torch import nn

import xaivision as xv

CLASSES = ("cat", "cup", "rocket", "clock")
FORM = xv.ImageFormat(3, 16, 16)


class Counted(nn.Module):
    """Counts how many inputs it was asked about."""

    def __init__(self, inner):
        super().__init__()
        self.inner, self.asked = inner, 0

    def forward(self, inputs):
        self.asked += len(inputs)
        return self.inner(inputs)


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(64, len(CLASSES))
    ).eval()


def _images(module):
    return xv.classifier(module, domain="image", num_classes=4, score_unit="logit", image_format=FORM, class_names=CLASSES)


def tiny():
    return _images(network())


def counted():
    return _images(Counted(network()).eval())


class Raises(nn.Module):
    """Answers single inputs, and breaks down at more."""

    def __init__(self):
        super().__init__()
        self.inner = network()

    def forward(self, inputs):
        if len(inputs) > 1:
            raise ValueError("this model was never meant for ![more](http://example.org/x.png)")
        return self.inner(inputs)


class Broken(nn.Module):
    """Breaks down at once."""

    def forward(self, inputs):
        raise KeyError(f"no answer for {tuple(inputs.shape)}")


def broken():
    return _images(Broken().eval())


def nameless_table():
    """Takes rows of which nothing is known, not even how many columns they have."""
    return xv.FunctionClassifier(lambda rows: rows[:, :2], 2, score_unit="logit", domain="tabular")


class Slow(nn.Module):
    """Takes its time."""

    def __init__(self):
        super().__init__()
        self.inner = network()

    def forward(self, inputs):
        time.sleep(0.1)
        return self.inner(inputs)


def slow():
    return _images(Slow().eval())


class Open(nn.Module):
    """Passes everything on; a test puts a gate before it."""

    def __init__(self):
        super().__init__()
        self.inner = network()

    def forward(self, inputs):
        return self.inner(inputs)


def gated():
    return _images(Open().eval())


def raises():
    return _images(Raises().eval())


def same_names():
    return xv.classifier(
        network(), domain="image", num_classes=4, score_unit="logit", image_format=FORM, class_names=("crane", "crane", "a", "b")
    )


def table():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2)).eval()
    schema = xv.TableSchema.from_frame(_frame())
    return xv.classifier(module, domain="tabular", num_classes=2, score_unit="logit", schema=schema, class_names=("no", "yes"))


def _frame():
    import pandas as pd

    return pd.DataFrame({name: [0.0, 1.0, 2.0] for name in ("age", "income", "debt", "years")}, dtype="float32")
