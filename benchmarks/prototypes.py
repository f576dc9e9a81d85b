"""Explaining pictures by prototypes, against the backbone's own forward passes, on one thread."""

import torch
from torch import Tensor

from benchmarks.contest import Contest, write
from benchmarks.limit import best_batch, forwards
from benchmarks.timing import Work, interleaved
from xaivision.core.heap import kept_heap
from xaivision.core.metering import metered
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.prototypes.picture_changes import CHANGES
from xaivision.explainers.prototypes.characteristics import explain_prototypes
from xaivision.explainers.prototypes.prototype_matches import PrototypeMatches
from xaivision.facade import load_sample_images
from xaivision.models.prototypes.layer_plan import layer_plan
from xaivision.models.prototypes.patch_backbones import patch_backbone
from xaivision.models.prototypes.prototype_plan import PrototypePlan, built_classifier, patch_plan
from xaivision.models.registry import load_model

COUNT, SIDE, CLASSES, PROTOTYPES, WIDTH = 32, 224, 10, 100, 64
ROUNDS = 5
BACKBONE = "efficientnet_lite0"
CONTEST = Contest(
    "prototypes",
    "Prototypes",
    f"{COUNT} photos of {SIDE} pixels, {PROTOTYPES} prototypes on EfficientNet-Lite0, against as many forward passes of "
    "EfficientNet-Lite0 alone, at its best batch size. `explain_prototypes` needs one pass a picture for each change, "
    "and one more; what changing the pictures costs is in its time",
    "at most 1.30 a pass",
)


def main(quick: bool = False) -> list[list[object]]:
    pictures, model = pictures_and_model()
    plain = load_model(BACKBONE)
    assert isinstance(plain, TorchClassifier)
    works: dict[str, Work] = {
        "scores": lambda: model(pictures),
        "`prototype_matches`": lambda: PrototypeMatches().explain(model, pictures),
        **{f"`explain_prototypes`, {name}": explained(model, pictures, name) for name in CHANGES},
    }
    batch = best_batch(forwards, plain, pictures[:1], COUNT)
    with kept_heap():
        seconds = interleaved({"limit": lambda: forwards(plain, pictures[:1], COUNT, batch), **works}, 1 if quick else ROUNDS)
    rows = [row(name, passes(work), seconds[name], seconds["limit"]) for name, work in works.items()]
    for one in rows:
        print(f"prototypes: {', '.join(map(str, one))}", flush=True)
    if not quick:
        write(CONTEST, ["what", "passes", "median ratio", "range"], rows)
    return rows


def pictures_and_model() -> tuple[Tensor, TorchClassifier]:
    """Photos (32, 3, 224, 224), and a network of prototypes as it is before training: its cost is that of a trained one."""
    taken = patch_backbone(BACKBONE, 3, SIDE)
    layer = layer_plan("proto_part", PROTOTYPES, WIDTH, CLASSES)
    names = tuple(map(str, range(CLASSES)))
    plan = PrototypePlan("proto_part", layer, names, patch_plan((3, SIDE, SIDE), taken, SIDE))
    model = built_classifier(plan, (taken.backbone.module, taken.at))
    photos = load_sample_images(model=model)
    return torch.cat([photos] * -(-COUNT // len(photos)))[:COUNT], model


def explained(model: TorchClassifier, pictures: Tensor, change: str) -> Work:
    return lambda: explain_prototypes(model, pictures, [change])


def passes(work: Work) -> int:
    """Forward passes of single pictures."""
    with metered() as meter:
        work()
    return meter.model_calls


def row(name: str, count: int, seconds: list[float], limit: list[float]) -> list[object]:
    each = sorted(COUNT * own / (count * least) for own, least in zip(seconds, limit, strict=True))
    return [name, count, f"{each[len(each) // 2]:.2f}", f"{each[0]:.2f} to {each[-1]:.2f}"]
