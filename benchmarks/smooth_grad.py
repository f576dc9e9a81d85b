"""SmoothGrad with 64 samples on one photo, beside captum's noise tunnel and the passes it needs."""

from captum.attr import NoiseTunnel, Saliency

from benchmarks.contest import COLD, LIMIT, OURS, Contest, after_a_pause, hold, photo_and_model
from benchmarks.limit import best_batch, gradients
from benchmarks.networks import InPixels
from benchmarks.peers import Peer
from benchmarks.timing import Work
from xaivision.explainers.smooth_grad import SmoothGrad

SAMPLES, QUICK_SAMPLES = 64, 4
NOISE = 0.15
TARGET = 282  # a cat: what EfficientNet-Lite0 names first
PEERS = (COLD, "captum, its default", "captum, 16 a batch", "captum, 16 a batch, channels last")


def main(quick: bool = False) -> list[list[object]]:
    photo, model = photo_and_model()
    samples = _samples(quick)
    contest = Contest(
        "smooth_grad",
        "SmoothGrad",
        f"{samples} samples, EfficientNet-Lite0, one photo of 224 pixels, against {samples} forward and backward passes",
        "ours at most 1.10; captum's default at least 2.5 times our time",
    )
    ours, batch = SmoothGrad(samples=samples, noise=NOISE), best_batch(gradients, model, photo, samples // 2)
    contestants = {
        LIMIT: lambda: gradients(model, photo, samples, batch),
        OURS: lambda: ours.explain(model, photo, TARGET),
        **{peer: Peer("smooth_grad", contest.name, peer, quick=quick) for peer in PEERS},
    }
    return hold(contest, contestants, rounds=1 if quick else 3)


def peer(_contest: str, name: str, quick: bool) -> Work:
    """What the process of this contestant runs."""
    photo, model = photo_and_model()
    samples, spread = _samples(quick), NOISE * float(photo.max() - photo.min())
    if name == COLD:
        return after_a_pause(lambda: SmoothGrad(samples=samples, noise=NOISE).explain(model, photo, TARGET))
    captum = NoiseTunnel(Saliency(InPixels(model, channels_last="channels last" in name)))
    how = {"nt_samples_batch_size": min(16, samples)} if "16 a batch" in name else {}
    asked = photo.clone().requires_grad_()
    return lambda: captum.attribute(asked, nt_samples=samples, stdevs=spread, target=TARGET, abs=False, **how)


def _samples(quick: bool) -> int:
    return QUICK_SAMPLES if quick else SAMPLES
