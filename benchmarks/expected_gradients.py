"""Expected gradients with 64 samples of a background of photos, beside captum's GradientShap and the passes they need."""

import torch
from captum.attr import GradientShap
from torch import Tensor

from benchmarks.contest import COLD, LIMIT, OURS, Contest, after_a_pause, hold, photo_and_model
from benchmarks.limit import best_batch, gradients
from benchmarks.networks import InPixels
from benchmarks.peers import Peer
from benchmarks.timing import Work
from xaivision.core.random import generator
from xaivision.explainers.expected_gradients import ExpectedGradients

SAMPLES, QUICK_SAMPLES = 64, 4
AT_ONCE = 16
BACKGROUND = 8  # more than a sixteenth of the samples: drawn from, as the peer does
TARGET = 282  # a cat: what EfficientNet-Lite0 names first
# The peer takes all samples at once, and has no setting for fewer: who wants them in parts asks for parts.
PEERS = (COLD, "captum, its default", "captum, 16 a call", "captum, 16 a call, channels last")


def main(quick: bool = False) -> list[list[object]]:
    photo, model = photo_and_model()
    samples = _samples(quick)
    contest = Contest(
        "expected_gradients",
        "Expected gradients",
        f"{samples} samples of a background of {BACKGROUND}, EfficientNet-Lite0, one photo of 224 pixels, against "
        f"{samples} forward and backward passes; ours asks for the scores of the background too",
        "ours at most 1.15; captum's default at least 2.5 times our time",
    )
    ours = ExpectedGradients(background=_background(photo), samples=samples)
    batch = best_batch(gradients, model, photo, samples // 2)
    contestants = {
        LIMIT: lambda: gradients(model, photo, samples, batch),
        OURS: lambda: ours.explain(model, photo, TARGET),
        **{peer: Peer("expected_gradients", contest.name, peer, quick=quick) for peer in PEERS},
    }
    return hold(contest, contestants, rounds=1 if quick else 3)


def peer(_contest: str, name: str, quick: bool) -> Work:
    """What the process of this contestant runs."""
    photo, model = photo_and_model()
    samples, background = _samples(quick), _background(photo)
    if name == COLD:
        return after_a_pause(lambda: ExpectedGradients(background=background, samples=samples).explain(model, photo, TARGET))
    captum = GradientShap(InPixels(model, channels_last="channels last" in name))
    at_once = min(AT_ONCE, samples) if "16 a call" in name else samples
    asked = photo.clone().requires_grad_()

    def work() -> None:
        for _ in range(0, samples, at_once):
            captum.attribute(asked, background, n_samples=at_once, stdevs=0.0, target=TARGET)

    return work


def _samples(quick: bool) -> int:
    return QUICK_SAMPLES if quick else SAMPLES


def _background(photo: Tensor) -> Tensor:
    return torch.rand((BACKGROUND, *photo.shape[1:]), generator=generator(0, "background"))
