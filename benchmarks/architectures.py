"""What a preflight says of torchvision's architectures: for each method valid, repaired, doubtful or refused.

Weights are random, drawn from one seed; statistics of batch normalization are those of noise that passed the network, so that
activations stay of the size that trained ones have. Pictures are small: what is asked is which operations a method knows.
`python -m benchmarks architectures` measures anew what the page on the preflight shows; that takes some minutes.
"""

import json
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models import get_model

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.preflight import Finding, preflight
from xaivision.models.construction import construction

RESULT = Path(__file__).resolve().parents[1] / "docs" / "results" / "architectures.json"
CLASSES, SEED, CALIBRATION = 10, 0, 16

# Sides of the pictures and, where the network is built for one size, how it is told.
ARCHITECTURES: dict[str, tuple[int, dict[str, object]]] = {
    "alexnet": (64, {}),
    "vgg11_bn": (32, {}),
    "resnet18": (32, {}),
    "resnet50": (32, {}),
    "resnext50_32x4d": (32, {}),
    "densenet121": (32, {}),
    "squeezenet1_1": (32, {}),
    "googlenet": (32, {"init_weights": True, "aux_logits": False}),
    "inception_v3": (80, {"init_weights": True, "aux_logits": False}),
    "shufflenet_v2_x0_5": (32, {}),
    "mnasnet0_5": (32, {}),
    "mobilenet_v2": (32, {}),
    "mobilenet_v3_small": (32, {}),
    "efficientnet_b0": (32, {}),
    "efficientnet_v2_s": (32, {}),
    "regnet_y_400mf": (32, {}),
    "convnext_tiny": (32, {}),
    "vit_b_32": (96, {"image_size": 96}),
    "swin_t": (32, {}),
    "swin_v2_t": (32, {}),
    "maxvit_t": (224, {}),
}


def main(quick: bool = False) -> list[dict[str, object]]:
    """A row for each architecture; `quick`: the first three."""
    names = list(ARCHITECTURES)[: 3 if quick else None]
    rows = [row(name) for name in names]
    if not quick:
        write(rows)
    return rows


def row(name: str) -> dict[str, object]:
    """The architecture with every method's finding."""
    found = preflight(*model_and_picture(name))
    print(f"architectures: {name}: {', '.join(f'{one.method} {one.standing}' for one in found.findings)}", flush=True)
    return {"architecture": name, "doubts": list(found.doubts), "findings": [_plain(finding) for finding in found.findings]}


def model_and_picture(name: str) -> tuple[TorchClassifier, Tensor]:
    side, settings = ARCHITECTURES[name]
    with construction(SEED), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = get_model(name, weights=None, num_classes=CLASSES, **settings)
        pictures = torch.rand(CALIBRATION, 3, side, side)
        _fill_empty_heads(module)
        _calibrate(module, pictures)
    return TorchClassifier(module.eval(), CLASSES), pictures[:1]


def _fill_empty_heads(module: nn.Module) -> None:
    """Vision transformers start with a head of zeros, whose scores do not depend on anything."""
    for part in module.modules():
        if isinstance(part, nn.Linear) and not part.weight.any():
            part.reset_parameters()


def _calibrate(module: nn.Module, pictures: Tensor) -> None:
    """Statistics of batch normalization as after training on these pictures."""
    norms = [part for part in module.modules() if isinstance(part, nn.BatchNorm2d)]
    if not norms:
        return
    for norm in norms:
        norm.momentum = None
    module.train()
    with torch.no_grad():
        module(pictures)


def _plain(finding: Finding) -> dict[str, object]:
    return {
        "method": finding.method,
        "standing": finding.standing,
        "reasons": list(finding.reasons) if finding.standing != "repaired" else _counted(finding.reasons),
        "gap": finding.gap,
    }


def _counted(repairs: tuple[str, ...]) -> list[str]:
    """Hundreds of repairs are told by the first and their number."""
    return list(repairs) if len(repairs) < 3 else [repairs[0], f"{len(repairs) - 1} more repairs"]


def write(rows: list[dict[str, object]]) -> None:
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({"torch": torch.__version__, "rows": rows}, indent=1) + "\n", encoding="utf-8")
