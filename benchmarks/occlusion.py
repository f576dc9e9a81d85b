"""Occlusion with 729 windows on one photo, beside captum and the passes it needs."""

import torch
from captum.attr import Occlusion as CaptumOcclusion

from benchmarks.contest import LIMIT, OURS, Contest, hold, photo_and_model
from benchmarks.limit import best_batch, forwards
from benchmarks.networks import InPixels
from benchmarks.peers import Peer
from benchmarks.timing import Work
from xaivision.explainers.occlusion import Occlusion

WINDOW, STRIDE, QUICK_STRIDE = 16, 8, 16
TARGET = 282
DEFAULT, SIXTEEN = "captum, its default", "captum, 16 a batch"


def main(quick: bool = False) -> list[list[object]]:
    photo, model = photo_and_model()
    windows = ((224 - WINDOW) // _stride(quick) + 1) ** 2
    contest = Contest(
        "occlusion",
        "Occlusion",
        f"{windows} windows of {WINDOW} pixels, EfficientNet-Lite0, one photo of 224 pixels, against as many forward passes",
        "ours at most 1.10 by whole passes; captum at its default 1.7 times our time, 3 times with affected regions; at 16 a "
        "batch 2.4 times",
    )
    batch = best_batch(forwards, model, photo, 64)
    ours = Occlusion(window=WINDOW, stride=_stride(quick))
    whole = Occlusion(window=WINDOW, stride=_stride(quick), whole_passes=True)
    contestants = {
        LIMIT: lambda: forwards(model, photo, windows + 2, batch),
        OURS: lambda: ours.explain(model, photo, TARGET),
        f"{OURS}, whole passes": lambda: whole.explain(model, photo, TARGET),
        **{name: Peer("occlusion", contest.name, name, quick=quick) for name in (DEFAULT, SIXTEEN)},
    }
    return hold(contest, contestants, rounds=1 if quick else 3)


def peer(_contest: str, name: str, quick: bool) -> Work:
    """What the process of this contestant runs."""
    photo, model = photo_and_model()
    captum, stride = CaptumOcclusion(InPixels(model)), _stride(quick)

    def run() -> None:
        with torch.no_grad():
            at_once = 1 if name == DEFAULT else 16
            captum.attribute(photo, (3, WINDOW, WINDOW), (3, stride, stride), target=TARGET, perturbations_per_eval=at_once)

    return run


def _stride(quick: bool) -> int:
    return QUICK_STRIDE if quick else STRIDE
