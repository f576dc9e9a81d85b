"""Image classifiers of Hugging Face with random weights, each with a processor; nothing is downloaded."""

import warnings
from typing import Any

import torch
from core_subjects import seeded
from torch import nn

with warnings.catch_warnings():  # the package warns of its own parts while it is imported
    warnings.simplefilter("ignore")
    import transformers

SIDE = 32
LABELS = {0: "cat", 1: "dog", 2: "ship"}

SETTINGS: dict[str, dict[str, Any]] = {
    "ViT": {
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 24,
        "image_size": SIDE,
        "patch_size": 8,
    },
    "Swin": {"image_size": SIDE, "patch_size": 4, "embed_dim": 8, "depths": [1, 1], "num_heads": [2, 2], "window_size": 4},
    "ResNet": {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "layer_type": "basic"},
    "ConvNext": {"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2},
}


def model_of(kind: str, *, seed: int = 0, **more: Any) -> nn.Module:
    """The classifier, in training mode as it comes, scores spread far enough to tell them apart."""
    config = getattr(transformers, f"{kind}Config")(**{**SETTINGS[kind], "id2label": LABELS, **more})
    with seeded(seed):
        model = getattr(transformers, f"{kind}ForImageClassification")(config)
        with torch.no_grad():
            for weight in model.parameters():
                weight.add_(0.2 * torch.randn_like(weight))
    return model


def processor_of(kind: str = "ViT", **more: Any) -> Any:
    """It brings pictures to `SIDE` pixels, normalized unlike in any other place."""
    told = {"image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.25, 0.3], "size": {"height": SIDE, "width": SIDE}, **more}
    return getattr(transformers, f"{kind}ImageProcessor")(**told)
