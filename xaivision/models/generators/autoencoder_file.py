"""A picture autoencoder in one safetensors file, from which it makes the same pictures. Nothing in the file can name code."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.wrapping import classifier
from xaivision.models.construction import construction
from xaivision.models.distributions.autoencoder import Decoder, Standardized, autoencoder, usual_side
from xaivision.models.generators.picture_autoencoder import Condition, PictureAutoencoder, Turned, log_scores
from xaivision.models.trained_content import misfit, read_content, write_tensors

SCHEMA, WHAT = "xaivision picture autoencoder 1", "a picture autoencoder"
ENCODER, DECODER, TURNED = "encoder.", "decoder.", "turned."
# A model says of a picture what it said when the file was written, but for rounding on another machine.
SAME = 1e-2


def save_autoencoder(trained: PictureAutoencoder, path: str | Path) -> Path:
    """Write it to one safetensors file (no pickle), ".safetensors" added where it is missing, and return its path.

    Raises: FileNotFoundError, where its folder does not exist; OSError, where it cannot be written.
    """
    tensors = {ENCODER + name: part for name, part in trained.encoder.state_dict().items()}
    tensors |= {DECODER + name: part for name, part in trained.decoder.state_dict().items()}
    tensors |= {TURNED + name: part for name, part in trained.turned._asdict().items()}
    if trained.condition is not None:
        known = trained.condition
        tensors |= {"center": known.center, "scale": known.scale, "said": _said(known.model, trained.shape)}
    told = {"shape": list(trained.shape), "width": trained.width, "leftover": trained.leftover}
    return write_tensors(path, SCHEMA, {name: part.detach().cpu().contiguous() for name, part in tensors.items()}, told)


def load_picture_autoencoder(path: str | Path, model: Classifier | None = None) -> PictureAutoencoder:
    """The autoencoder of a file that `xv.picture_autoencoder(...).save` has written: equal codes and equal pictures.

    `model`: the one that it was trained for, where the model's scores are part of its codes, as they usually are.

    Raises: FileNotFoundError; FileFormatError, where the file is damaged or of another kind; InputError, where the model is
    missing or another one.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"`load_picture_autoencoder` needs a file that an autoencoder was saved to. Got `{path}`, which does not exist."
        )
    _, tensors, told = read_content(path, (SCHEMA,), WHAT)
    try:
        encoder, decoder = _networks(tensors, told)
        ends = Turned(**{name: tensors[TURNED + name] for name in Turned._fields})
        shape, leftover = tuple(map(int, told["shape"])), bool(told["leftover"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise misfit(path, WHAT, str(error).splitlines()[0]) from error
    return PictureAutoencoder(encoder, decoder, ends, shape, _condition(path, tensors, shape, model), leftover)


def _networks(tensors: Mapping[str, Tensor], told: Mapping[str, Any]) -> tuple[Standardized, Decoder]:
    shape, width = tuple(map(int, told["shape"])), int(told["width"])
    with construction(seed=0):
        parts = autoencoder(shape, usual_side(*shape[1:]), (width, len(tensors[TURNED + "center"])))
        for part, prefix in zip(parts, (ENCODER, DECODER), strict=True):
            part.load_state_dict({name.removeprefix(prefix): one for name, one in tensors.items() if name.startswith(prefix)})
    return parts[0].eval(), parts[1].eval()


def _condition(path: Path, tensors: Mapping[str, Tensor], shape: tuple[int, ...], model: Classifier | None) -> Condition | None:
    if "said" not in tensors:
        return None
    if model is None:
        raise InputError(f"The autoencoder in `{path}` takes the scores of the model it was trained for. Give that `model`.")
    adapter = classifier(model)
    said = _said(adapter, shape)
    if said.shape != tensors["said"].shape or not torch.allclose(said, tensors["said"], atol=SAME):
        raise InputError(
            f"`model` must be the one that the autoencoder in `{path}` was trained for. Got one that scores otherwise."
        )
    return Condition(adapter, tensors["center"], tensors["scale"])


def _said(model: Classifier, shape: tuple[int, ...]) -> Tensor:
    """(2, K) what the model says of an even gray and of a picture that grows brighter: enough to tell it from another."""
    adapter = classifier(model)
    even = torch.full(shape, 0.75, device="cpu")
    grown = torch.linspace(0, 1, even.numel(), device="cpu").view(shape).square()
    return log_scores(adapter, adapter(torch.stack([even, grown])))
