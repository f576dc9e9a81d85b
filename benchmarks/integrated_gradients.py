"""Integrated gradients at 64 steps on one photo, beside captum and the passes it needs."""

from captum.attr import IntegratedGradients as CaptumIntegratedGradients

from benchmarks.contest import COLD, LIMIT, OURS, Contest, after_a_pause, hold, photo_and_model
from benchmarks.limit import best_batch, gradients
from benchmarks.networks import InPixels, random_resnet
from benchmarks.peers import Peer
from benchmarks.timing import Work
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.integrated_gradients import IntegratedGradients

STEPS, QUICK_STEPS = 64, 4
TARGET = 282  # a cat: what EfficientNet-Lite0 names first
NETWORKS = {
    "integrated_gradients": "EfficientNet-Lite0",
    "integrated_gradients_resnet": "ResNet-18 with random weights",
    "integrated_gradients_resnet50": "ResNet-50 with random weights",
}
PEERS = (COLD, "captum, its default", "captum, 16 a batch", "captum, 16 a batch, channels last")


def main(quick: bool = False) -> list[list[object]]:
    return [row for name in NETWORKS for row in _hold(name, quick)]


def _hold(name: str, quick: bool) -> list[list[object]]:
    photo, lite = photo_and_model()
    model, steps = _network(name, lite), _steps(quick)
    ours, batch = IntegratedGradients(steps=steps), best_batch(gradients, model, photo, steps // 2)
    contest = Contest(
        name,
        "Integrated gradients",
        f"{steps} steps, {NETWORKS[name]}, one photo of 224 pixels, against {steps} forward and backward passes",
        "ours at most 1.15; captum's default at least 2.5 times our time",
    )
    contestants = {
        LIMIT: lambda: gradients(model, photo, steps, batch),
        OURS: lambda: ours.explain(model, photo, TARGET),
        **{peer: Peer("integrated_gradients", name, peer, quick=quick) for peer in PEERS},
    }
    return hold(contest, contestants, rounds=1 if quick else 3)


def peer(contest: str, name: str, quick: bool) -> Work:
    """What the process of this contestant runs."""
    photo, lite = photo_and_model()
    model, steps = _network(contest, lite), _steps(quick)
    if name == COLD:
        return after_a_pause(lambda: IntegratedGradients(steps=steps).explain(model, photo, TARGET))
    captum = CaptumIntegratedGradients(InPixels(model, channels_last="channels last" in name))
    how = {"internal_batch_size": 16} if "16 a batch" in name else {}
    return lambda: captum.attribute(photo, target=TARGET, n_steps=steps, **how)


def _network(contest: str, lite: TorchClassifier) -> TorchClassifier:
    _, resnet, depth = contest.partition("_resnet")
    return random_resnet(int(depth or 18)) if resnet else lite


def _steps(quick: bool) -> int:
    return QUICK_STEPS if quick else STEPS
