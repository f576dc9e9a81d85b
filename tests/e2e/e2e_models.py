"""A classifier that is small enough for a browser to wait for."""

import torch
from torch import nn

import xaivision as xv

CLASSES = ("cat", "cup", "rocket", "clock")
# What a file, a class, a column or an error may be called by somebody who wants more of it than to be read.
FOREIGN = (
    "http://evil.example/a_b www.evil.example me@evil.example <b>bold</b> $x$ :red[red] :smile: :material/home: ![x](y) a -> b"
)


def tiny():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(64, len(CLASSES))
    ).eval()
    return xv.classifier(
        net, domain="image", num_classes=4, score_unit="logit", image_format=xv.ImageFormat(3, 32, 32), class_names=CLASSES
    )


class Raises(nn.Module):
    """Answers single inputs, and says something of its own about more."""

    def __init__(self, said):
        super().__init__()
        self.inner, self.said = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 4)), said

    def forward(self, inputs):
        if len(inputs) > 1:
            raise ValueError(self.said)
        return self.inner(inputs)


def foreign():
    torch.manual_seed(0)
    form = xv.ImageFormat(3, 32, 32)
    names = (FOREIGN, *CLASSES[1:])
    return xv.classifier(
        Raises(FOREIGN).eval(), domain="image", num_classes=4, score_unit="logit", image_format=form, class_names=names
    )


def rows():
    import pandas as pd

    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2)).eval()
    frame = pd.DataFrame({name: [0.0, 1.0, 2.0] for name in ("age", "income", "debt", "years")}, dtype="float32")
    schema = xv.TableSchema.from_frame(frame)
    return xv.classifier(net, domain="tabular", num_classes=2, score_unit="logit", schema=schema, class_names=("no", "yes"))
