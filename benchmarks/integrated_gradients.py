"""Integrated gradients at 64 steps on one photo, beside captum and the passes it needs."""

from captum.attr import IntegratedGradients as CaptumIntegratedGradients

from benchmarks.contest import LIMIT, Contest, hold, photo_and_model
from benchmarks.limit import best_batch, gradients
from xaivision.core.heap import give_back_heap
from xaivision.core.modes import evaluating
from xaivision.explainers.integrated_gradients import IntegratedGradients

STEPS = 64
CONTEST = Contest(
    "integrated_gradients",
    "Integrated gradients",
    f"{STEPS} steps, EfficientNet-Lite0, one photo of 224 pixels, against {STEPS} forward and backward passes",
    "ours at most 1.15",
)


def main(quick: bool = False) -> list[list[object]]:
    photo, model = photo_and_model()
    target = int(model(photo).argmax())
    ours = IntegratedGradients(steps=STEPS)
    peer = CaptumIntegratedGradients(model.forward)
    batch = best_batch(gradients, model, photo, STEPS // 2)

    def captum(**how):
        give_back_heap()  # a peer runs on the allocator as it is
        with evaluating(model.model):
            peer.attribute(photo, target=target, n_steps=STEPS, method="riemann_middle", **how)

    contestants = {
        LIMIT: lambda: gradients(model, photo, STEPS, batch),
        "xaivision": lambda: ours.explain(model, photo, target),
        "captum, 16 a batch": lambda: captum(internal_batch_size=16),
        "captum, its default": lambda: captum(),
    }
    return hold(CONTEST, contestants, rounds=1 if quick else 5)
