"""Expected gradients with 64 samples of a background of photos, beside captum's GradientShap and the passes they need."""

import torch
from captum.attr import GradientShap

from benchmarks.contest import LIMIT, Contest, hold, photo_and_model
from benchmarks.limit import best_batch, gradients
from xaivision.core.heap import give_back_heap
from xaivision.core.modes import evaluating
from xaivision.core.random import generator
from xaivision.explainers.expected_gradients import ExpectedGradients

SAMPLES, QUICK_SAMPLES = 64, 4
BACKGROUND = 8  # more than a sixteenth of the samples: drawn from, as the peer does


def contest(samples: int) -> Contest:
    return Contest(
        "expected_gradients",
        "Expected gradients",
        f"{samples} samples of a background of {BACKGROUND}, EfficientNet-Lite0, one photo of 224 pixels, against "
        f"{samples} forward and backward passes; ours asks for the scores of the background too",
        "ours at most 1.15",
    )


def main(quick: bool = False) -> list[list[object]]:
    photo, model = photo_and_model()
    samples = QUICK_SAMPLES if quick else SAMPLES
    target = int(model(photo).argmax())
    background = torch.rand((BACKGROUND, *photo.shape[1:]), generator=generator(0, "background"))
    ours = ExpectedGradients(background=background, samples=samples)
    peer = GradientShap(model.forward)
    batch = best_batch(gradients, model, photo, samples // 2)

    def captum():
        give_back_heap()  # a peer runs on the allocator as it is
        with evaluating(model.model):
            peer.attribute(photo.clone().requires_grad_(), background, n_samples=samples, stdevs=0.0, target=target)

    contestants = {
        LIMIT: lambda: gradients(model, photo, samples, batch),
        "xaivision": lambda: ours.explain(model, photo, target),
        "captum": captum,
    }
    return hold(contest(samples), contestants, rounds=1 if quick else 5)
