"""SmoothGrad with 64 samples on one photo, beside captum's noise tunnel and the passes it needs."""

from captum.attr import NoiseTunnel, Saliency

from benchmarks.contest import LIMIT, Contest, hold, photo_and_model
from benchmarks.limit import best_batch, gradients
from xaivision.core.heap import give_back_heap
from xaivision.core.modes import evaluating
from xaivision.explainers.smooth_grad import SmoothGrad

SAMPLES, QUICK_SAMPLES = 64, 4
NOISE = 0.15


def contest(samples: int) -> Contest:
    return Contest(
        "smooth_grad",
        "SmoothGrad",
        f"{samples} samples, EfficientNet-Lite0, one photo of 224 pixels, against {samples} forward and backward passes",
        "ours at most 1.10",
    )


def main(quick: bool = False) -> list[list[object]]:
    photo, model = photo_and_model()
    samples = QUICK_SAMPLES if quick else SAMPLES
    target, spread = int(model(photo).argmax()), NOISE * float(photo.max() - photo.min())
    ours = SmoothGrad(samples=samples, noise=NOISE)
    peer = NoiseTunnel(Saliency(model.forward))
    batch = best_batch(gradients, model, photo, samples // 2)

    def captum(**how):
        give_back_heap()  # a peer runs on the allocator as it is
        with evaluating(model.model):
            asked = photo.clone().requires_grad_()
            peer.attribute(asked, nt_samples=samples, stdevs=spread, target=target, abs=False, **how)

    contestants = {
        LIMIT: lambda: gradients(model, photo, samples, batch),
        "xaivision": lambda: ours.explain(model, photo, target),
        "captum, 16 a batch": lambda: captum(nt_samples_batch_size=min(16, samples)),
        "captum, its default": lambda: captum(),
    }
    return hold(contest(samples), contestants, rounds=1 if quick else 5)
