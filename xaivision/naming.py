"""What the command line and the app mean by a model and by data: a name, a file, a folder, or `package.module:factory`."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.wrapping import classifier
from xaivision.data.images import load_images, picture_paths
from xaivision.data.registry import available_datasets, load_dataset
from xaivision.data.sample_images import SAMPLE_IMAGES, load_sample_image
from xaivision.models.registry import load_model


@dataclass(frozen=True, eq=False)
class Items:
    """Inputs (B, *S) and a title for each."""

    titles: tuple[str, ...]
    inputs: Tensor


def model_from(spec: str) -> ClassifierAdapter:
    """The named model, or what `package.module:factory` returns.

    Raises: UnknownNameError; InputError, where the factory cannot be imported or called.
    """
    if ":" not in spec:
        return load_model(spec)
    module, _, factory = spec.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")  # as `python -m` does: a module in the working directory can be named
    try:
        made: Any = getattr(import_module(module), factory)
    except (ImportError, AttributeError) as error:
        raise InputError(f"`--model` {spec!r} cannot be imported: {error}. Write package.module:factory.") from error
    if isinstance(made, nn.Module) or hasattr(made, "predict_proba"):
        return classifier(made)
    try:
        return classifier(made())
    except TypeError as error:
        raise InputError(
            f"`--model` {spec!r} must be a function that takes nothing and returns a model. Got: {error}."
        ) from error


def items_from(specs: Sequence[str], model: ClassifierAdapter, rows: Sequence[int] = (0,)) -> Items:
    """The inputs that these words mean for this model.

    For images: files, folders, globs, and names of the sample photos. For tables: the name of a data set or a CSV file, of
    which `rows` are taken.

    Raises: InputError, where a word means nothing; UnknownNameError.
    """
    if not specs:
        raise InputError("Name at least one input: a file, a folder or the name of a data set. Got none.")
    if model.domain == "tabular":
        return _rows(specs, model, rows)
    parts = [_pictures(spec, model, rows) for spec in specs]
    return Items(tuple(title for part in parts for title in part.titles), torch.cat([part.inputs for part in parts]))


def _dataset_pictures(name: str, model: ClassifierAdapter, rows: Sequence[int]) -> Items:
    dataset = load_dataset(name)
    if dataset.domain != "image":
        raise InputError(f"{name!r} is a table, and this model takes pictures. Name a model of tables, such as `{name}_mlp`.")
    return Items(tuple(f"{name} row {row}" for row in rows), _taken(dataset.inputs, rows, name))


def _pictures(spec: str, model: ClassifierAdapter, rows: Sequence[int]) -> Items:
    if spec in available_datasets() and not Path(spec).exists():
        return _dataset_pictures(spec, model, rows)
    if spec in SAMPLE_IMAGES and not Path(spec).exists():
        return Items((spec,), load_images(load_sample_image(spec), model.image_format))
    paths = picture_paths(spec)
    return Items(tuple(path.name for path in paths), load_images(paths, model.image_format))


def _rows(specs: Sequence[str], model: ClassifierAdapter, rows: Sequence[int]) -> Items:
    if len(specs) > 1:
        raise InputError(f"For a table name one data set or CSV file. Got {len(specs)}.")
    table = _table(specs[0], model)
    return Items(tuple(f"{Path(specs[0]).stem} row {row}" for row in rows), _taken(table, rows, specs[0]))


def _taken(inputs: Tensor, rows: Sequence[int], name: str) -> Tensor:
    outside = [row for row in rows if not 0 <= row < len(inputs)]
    if outside or not rows:
        raise InputError(f"`--rows` must be from 0 to {len(inputs) - 1} for {name}. Got {outside[0] if outside else 'none'}.")
    return inputs[list(rows)]


def _table(spec: str, model: ClassifierAdapter) -> Tensor:
    if spec in available_datasets():
        return load_dataset(spec).inputs
    if not Path(spec).is_file():
        raise InputError(f"{spec!r} is no CSV file and no data set. Known data sets: {', '.join(available_datasets())}.")
    import pandas as pd

    from xaivision.data.inputs import as_inputs

    try:
        frame = pd.read_csv(spec)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(
            f"{spec!r} must be a CSV file, since this model takes table rows. Got something else: {error}."
        ) from error
    return as_inputs(frame, domain="tabular", schema=model.schema)
