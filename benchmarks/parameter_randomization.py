"""Parameter randomization of the gradient on ResNet-18 from the top down, beside Quantus's and the passes it needs.

Quantus is under the GPL: it is asked in a process of its own where it is installed, and nothing else here needs it.
"""

from importlib.util import find_spec
from typing import Any

from torch import Tensor

from benchmarks.contest import COLD, LIMIT, OURS, Contest, after_a_pause, hold
from benchmarks.limit import gradients
from benchmarks.networks import InPixels, random_resnet
from benchmarks.peers import Peer
from benchmarks.timing import Work
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.reinitialization import resettable_layers
from xaivision.evaluation.parameter_randomization import ParameterRandomization
from xaivision.explainers.saliency import Saliency
from xaivision.facade import load_sample_images

PHOTOS, QUICK_PHOTOS = ("chelsea", "coffee"), ("chelsea",)
CLASS = 282
QUANTUS = ("Quantus", "Quantus, channels last")


def main(quick: bool = False) -> list[list[object]]:
    model, photos = _model_and_photos(quick)
    explanations = 1 + len(resettable_layers(model.model))
    contest = Contest(
        "parameter_randomization",
        "Parameter randomization",
        f"the gradient on ResNet-18 with random weights, top down, {len(photos)} photos of 224 pixels, Spearman correlation; "
        f"against the {explanations} forward and backward passes that as many explanations take",
        "Quantus at least 1.3 times our time",
    )
    installed = find_spec("quantus") is not None
    if not installed:
        print(f"{contest.name}: Quantus is not installed and is left out; `pip install --group quantus` installs it.", flush=True)
    peers = (COLD, *QUANTUS) if installed else (COLD,)
    contestants = {
        LIMIT: lambda: gradients(model, photos[:1], explanations * len(photos), len(photos)),
        OURS: lambda: _checked(model, photos),
        **{peer: Peer("parameter_randomization", contest.name, peer, quick=quick) for peer in peers},
    }
    return hold(contest, contestants, rounds=1 if quick else 3)


def peer(_contest: str, name: str, quick: bool) -> Work:
    """What the process of this contestant runs."""
    model, photos = _model_and_photos(quick)
    if name == COLD:
        return after_a_pause(lambda: _checked(model, photos))
    return _quantus(InPixels(model, channels_last="channels last" in name), photos)


def _quantus(network: InPixels, photos: Tensor) -> Work:
    """Its test as its users call it, the explanations by captum; the first explanation is given, and it makes it once more."""
    import quantus
    import torch
    from captum.attr import Saliency as CaptumSaliency

    def explain(model: Any, inputs: Any, targets: Any, **_more: Any) -> Any:
        asked = torch.as_tensor(inputs).requires_grad_()
        values = CaptumSaliency(model).attribute(asked, target=torch.as_tensor(targets), abs=False)
        return values.sum(1, keepdim=True).detach().numpy()

    test = quantus.MPRT(layer_order="top_down", abs=False, normalise=False, disable_warnings=True)
    inputs, classes = photos.numpy(), torch.full((len(photos),), CLASS).numpy()
    first = explain(network, inputs, classes)
    return lambda: test(
        model=network, x_batch=inputs, y_batch=classes, a_batch=first, explain_func=explain, channel_first=True, device="cpu"
    )


def _checked(model: TorchClassifier, photos: Tensor) -> object:
    """One explanation and the check: as many explanations as Quantus makes."""
    explained = Saliency().explain(model, photos, CLASS)
    return ParameterRandomization("top_down").evaluate(model, Saliency(), explained)


def _model_and_photos(quick: bool) -> tuple[TorchClassifier, Tensor]:
    model = random_resnet()
    return model, load_sample_images(QUICK_PHOTOS if quick else PHOTOS, model)
