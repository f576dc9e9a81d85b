"""LIME of one photo with 1,000 samples, beside the lime package on the same segments, and what other methods take for as many.

`python -m benchmarks lime_images` takes about a quarter of an hour on a quiet machine.
"""

import numpy as np
import torch
from lime.lime_image import LimeImageExplainer
from torch import Tensor

from benchmarks.contest import LIMIT, OURS, Contest, hold, photo_and_model
from benchmarks.limit import best_batch, forwards
from benchmarks.peers import Peer
from benchmarks.timing import Work
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.segments import segment_labels
from xaivision.explainers.kernel_shap import KernelShap
from xaivision.explainers.lime_image import LimeImage
from xaivision.explainers.rise import Rise

SAMPLES, FEW, QUICK_SAMPLES = 1000, 128, 400
# With so many samples everybody runs once before anything is measured: kernel SHAP of 50 segments needs 208.
FIRST = 256
TARGET = 282
DEFAULT, FIFTY = "lime, its default batch of 10", "lime, batches of 50"
CONTESTS = {
    "lime_images": Contest(
        "lime_images",
        "LIME of a photo",
        f"{SAMPLES} samples, 50 SLIC segments, EfficientNet-Lite0, one photo of 224 pixels, against {SAMPLES} forward passes; "
        "lime gets our segments",
        "ours at most 1.10; lime at its default 1.8 times our time, at batches of 50 3.5 times",
    ),
    "many_perturbations": Contest(
        "many_perturbations",
        "Perturbation methods at 1,000 evaluations",
        f"{SAMPLES} evaluations, 50 SLIC segments, EfficientNet-Lite0, one photo of 224 pixels, against {SAMPLES} forward passes",
        "each at most 1.10",
    ),
    "few_perturbations": Contest(
        "few_perturbations",
        "Perturbation methods at 128 evaluations",
        f"{FEW} evaluations, EfficientNet-Lite0, one photo of 224 pixels, against {FEW} forward passes",
        "each at most 1.15",
    ),
}


def main(quick: bool = False) -> list[list[object]]:
    photo, model = photo_and_model()
    batch = best_batch(forwards, model, photo, 64)
    samples = QUICK_SAMPLES if quick else SAMPLES
    many, first_many = (ours(model, photo, number, batch) for number in (samples, FIRST))
    beside: dict[str, Work | Peer] = {
        **{name: many[name] for name in (LIMIT, OURS)},
        **{name: Peer("lime_images", "lime_images", name, quick=quick) for name in (DEFAULT, FIFTY)},
    }
    first = {**{name: first_many[name] for name in (LIMIT, OURS)}, **dict.fromkeys((DEFAULT, FIFTY), nothing)}
    few = {
        LIMIT: lambda: forwards(model, photo, FEW, batch),
        OURS: lambda: LimeImage(budget=FEW).explain(model, photo, TARGET),
        f"{OURS}, rise": lambda: Rise(budget=FEW).explain(model, photo, TARGET),
    }
    found = hold(CONTESTS["lime_images"], beside, rounds=1 if quick else 3, first=first)
    found += hold(CONTESTS["many_perturbations"], many, rounds=1 if quick else 7, first=first_many)
    return found + hold(CONTESTS["few_perturbations"], few, rounds=1 if quick else 9)


def ours(model: TorchClassifier, photo: Tensor, samples: int, batch: int) -> dict[str, Work]:
    return {
        LIMIT: lambda: forwards(model, photo, samples, batch),
        OURS: lambda: LimeImage(budget=samples).explain(model, photo, TARGET),
        f"{OURS}, kernel_shap": lambda: KernelShap(budget=samples).explain(model, photo, TARGET),
        f"{OURS}, rise": lambda: Rise(budget=samples).explain(model, photo, TARGET),
    }


def nothing() -> None:
    """Peers have run for the first time before they are asked, each in its own process."""


def peer(_contest: str, name: str, quick: bool) -> Work:
    """lime on the same photo, with our segments, gray where a segment is hidden, as its users have it."""
    photo, model = photo_and_model()
    picture = photo[0].permute(1, 2, 0).double().numpy()
    labels = segment_labels("slic", photo).labels[0].numpy()

    def probabilities(pictures: "np.ndarray") -> "np.ndarray":
        with torch.no_grad():
            batch = torch.from_numpy(np.asarray(pictures, dtype=np.float32)).permute(0, 3, 1, 2)
            return model.model(model.prepared(batch)).softmax(1).numpy()

    def run(samples: int = QUICK_SAMPLES if quick else SAMPLES) -> None:
        LimeImageExplainer(random_state=0).explain_instance(
            picture,
            probabilities,
            labels=(TARGET,),
            top_labels=None,
            num_samples=samples,
            batch_size=10 if name == DEFAULT else 50,
            segmentation_fn=lambda _picture: labels,
        )

    model.model.eval()
    run(FIRST)
    return run
