"""What `info` tells of a model, and its preflight on an input that every machine has."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaivision.catalog import Card, environment, model_facts
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.explainers.preflight import Preflight, preflight
from xaivision.facade import load_model, load_sample_images
from xaivision.models.weights_file import DownloadError
from xaivision.naming import model_from

SAMPLE = "chelsea"


def facts_of(name: str) -> Card:
    """Plain values: the card of the model with this name; of the machine, where none is named.

    Raises: UnknownNameError; MissingExtraError.
    """
    if not name:
        return environment()
    return model_facts(name) if _is_named(name) else _facts_of_a_model(name)


def preflight_of(name: str) -> Preflight:
    """The preflight of the model with this name: seconds of work for a large network.

    Raises: UnknownNameError; MissingExtraError; InputError, where no input of it is known.
    """
    return first_look(_with_weights(name))


def first_look(model: ClassifierAdapter) -> Preflight:
    """The preflight on a photo of a cat, or on a row of a table that is a little off the typical one.

    Raises: InputError, where no input is known: a table without typical values.
    """
    return preflight(model, sample_input(model))


def sample_input(model: ClassifierAdapter) -> Tensor:
    """(1, *S) an input that this model takes. Raises: InputError, where none is known."""
    if model.domain == "image" and model.image_format is not None:
        return load_sample_images([SAMPLE], model)
    if model.typical is None:
        raise InputError("A preflight needs an input. Got a model of which none is known. Call `preflight(model, inputs)`.")
    row = torch.tensor([model.typical], dtype=torch.float32, device="cpu")
    # A typical row is the baseline of tables: methods that compare with it would have nothing to share out.
    reach = torch.ones_like(row) if model.ranges is None else torch.tensor([model.ranges], dtype=torch.float32, device="cpu")
    return row + reach / 4


def plain_preflight(found: Preflight) -> dict[str, Any]:
    """The findings as plain values for JSON, which knows no NaN."""
    plain = asdict(found)
    for finding in plain["findings"]:
        gap = finding["gap"]
        finding["gap"] = gap if gap is not None and gap == gap else None
    return plain


def _is_named(name: str) -> bool:
    """Whether the word is a model's name, rather than a file or `package.module:factory`."""
    return ":" not in name and not Path(name).is_file()


def _facts_of_a_model(name: str) -> Card:
    """What a model without a card says of itself. Raises: as `model_from`."""
    model = model_from(name)
    form = model.image_format
    shape = None if form is None else [form.channels, form.height, form.width]
    return {
        "name": name,
        "model": repr(model),
        "domain": model.domain,
        "num_classes": model.num_classes,
        "score_unit": model.score_unit,
        "inputs": shape if model.domain == "image" else len(model.typical or ()),
    }


def _with_weights(name: str) -> ClassifierAdapter:
    """With random weights where its own cannot be had: which operations a method knows does not depend on them."""
    if not _is_named(name):
        return model_from(name)
    try:
        return load_model(name)
    except DownloadError:
        return load_model(name, weights=None)
