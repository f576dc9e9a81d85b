"""Occlusion with 729 windows on one photo, beside captum and the passes it needs."""

import torch
from captum.attr import Occlusion as CaptumOcclusion

from benchmarks.contest import LIMIT, Contest, hold, photo_and_model
from benchmarks.limit import best_batch, forwards
from xaivision.core.heap import give_back_heap
from xaivision.core.modes import evaluating
from xaivision.explainers.occlusion import Occlusion

WINDOW, STRIDE = 16, 8
WINDOWS = ((224 - WINDOW) // STRIDE + 1) ** 2
CONTEST = Contest(
    "occlusion",
    "Occlusion",
    f"{WINDOWS} windows of {WINDOW} pixels, EfficientNet-Lite0, one photo of 224 pixels, against as many forward passes",
    "ours at most 1.15",
)


def main(quick: bool = False) -> list[list[object]]:
    photo, model = photo_and_model()
    target = int(model(photo).argmax())
    ours = Occlusion(window=WINDOW, stride=STRIDE)
    peer = CaptumOcclusion(model.forward)
    batch = best_batch(forwards, model, photo, 64)

    def captum(at_once: int) -> None:
        give_back_heap()  # a peer runs on the allocator as it is
        with evaluating(model.model), torch.no_grad():
            peer.attribute(photo, (3, WINDOW, WINDOW), (3, STRIDE, STRIDE), target=target, perturbations_per_eval=at_once)

    contestants = {
        LIMIT: lambda: forwards(model, photo, WINDOWS + 2, batch),
        "xaivision": lambda: ours.explain(model, photo, target),
        "captum, its default": lambda: captum(1),
        "captum, 16 a batch": lambda: captum(16),
    }
    return hold(CONTEST, contestants, rounds=1 if quick else 3)
