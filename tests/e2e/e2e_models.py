"""A classifier that is small enough for a browser to wait for."""

import torch
from torch import nn

import xaivision as xv

CLASSES = ("cat", "cup", "rocket", "clock")


def tiny():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(64, len(CLASSES))
    ).eval()
    return xv.classifier(
        net, domain="image", num_classes=4, score_unit="logit", image_format=xv.ImageFormat(3, 32, 32), class_names=CLASSES
    )
