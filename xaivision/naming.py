"""What the command line and the app mean by a model and by data: a name, a file, a folder, or `package.module:factory`."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import FileFormatError, InputError, UnknownNameError
from xaivision.core.onnx_session import is_onnx
from xaivision.core.wrapping import classifier
from xaivision.data.csv_files import load_csv
from xaivision.data.dataset import Dataset
from xaivision.data.images import left_out_by_cropping, load_images, picture_paths
from xaivision.data.registry import available_datasets, load_dataset
from xaivision.data.sample_images import SAMPLE_IMAGES, load_sample_image
from xaivision.hidden_names import hiding_notes
from xaivision.labeled_folders import labeled_folder, pictures_of, unlearned
from xaivision.models.registry import TIMM_PREFIX, available_models, load_model
from xaivision.models.trained_content import SUFFIX as TRAINED
from xaivision.models.trained_file import load_trained
from xaivision.surrogates.surrogate_file import holds_surrogate, load_surrogate

Rows = Sequence[int] | None


@dataclass(frozen=True, eq=False)
class Items:
    """Inputs (B, *S), a title for each, and what has to be said of how they were read. `labels` (B,): those of a named set."""

    titles: tuple[str, ...]
    inputs: Tensor
    notes: tuple[str, ...] = ()
    labels: Tensor | None = None


def model_from(spec: str, **settings: Any) -> ClassifierAdapter:
    """The named model, the one in an ONNX file or in one that `train` or `surrogate` has written, or what a factory returns.

    `settings`: of a name, what `load_model` takes; of a file or a factory, what `classifier` takes.

    Raises: UnknownNameError; InputError, where the factory cannot be imported or called, or a file does not say all of its
    model; FileFormatError; MissingExtraError.
    """
    if is_onnx(spec):
        return _from_file(spec, settings)
    if spec.lower().endswith(TRAINED):
        return _trained(spec, settings)
    return _made_by_factory(spec, settings) if ":" in spec else _named(spec, settings)


def _named(spec: str, settings: Mapping[str, Any]) -> ClassifierAdapter:
    """Raises: InputError, where a file of another kind is meant: no name of a model would help there."""
    try:
        return load_model(spec, **settings)
    except UnknownNameError as error:
        if not Path(spec).is_file() and (not Path(spec).suffix or spec.startswith(TIMM_PREFIX)):
            raise
        what = (
            f"a model's name, an ONNX file, a {TRAINED} file that `train` or `surrogate` has written, or package.module:factory"
        )
        raise InputError(f"`--model` must be {what}. Got {spec!r}.") from error


def _trained(path: str, settings: Mapping[str, Any]) -> ClassifierAdapter:
    if settings:
        raise InputError(f"A trained classifier takes no settings. Got {', '.join(settings)} for {path}.")
    return load_surrogate(path) if holds_surrogate(path) else load_trained(path).classifier


def _from_file(path: str, settings: Mapping[str, Any]) -> ClassifierAdapter:
    try:
        return classifier(path, **settings)
    except FileFormatError:
        raise
    except InputError as error:
        if not Path(path).is_file():
            what = "a model's name, package.module:factory or an ONNX file"
            raise InputError(f"`--model` must be {what}. There is no file {path}.") from error
        # What the file does not say cannot be said on the command line either.
        raise InputError(
            f"{error} On the command line, name a function that returns the model: package.module:factory."
        ) from error


def _made_by_factory(spec: str, settings: Mapping[str, Any]) -> ClassifierAdapter:
    module, _, factory = spec.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")  # as `python -m` does: a module in the working directory can be named
    try:
        made: Any = getattr(import_module(module), factory)
    except (ImportError, AttributeError) as error:
        raise InputError(f"`--model` {spec!r} cannot be imported: {error}. Write package.module:factory.") from error
    if isinstance(made, nn.Module) or hasattr(made, "predict_proba"):
        return classifier(made, **settings)
    try:
        return classifier(made(), **settings)
    except TypeError as error:
        raise InputError(
            f"`--model` {spec!r} must be a function that takes nothing and returns a model. Got: {error}."
        ) from error


def items_from(specs: Sequence[str], model: ClassifierAdapter, rows: Rows = (0,), label: str | None = None) -> Items:
    """The inputs that these words mean for this model.

    For images: files, folders, globs, folders of class folders, and names of the sample photos. For tables: the name of a data
    set or a CSV file. `rows` are the rows of a named set, of class folders or of a table that are taken, None for all. `label`:
    a column of the CSV file that is no input.

    Raises: InputError, where a word means nothing, or a table has not the model's columns; UnknownNameError.
    """
    if not specs:
        raise InputError("Name at least one input: a file, a folder or the name of a data set. Got none.")
    if model.domain == "tabular":
        if len(specs) > 1:
            raise InputError(f"For a table name one data set or CSV file. Got {len(specs)}.")
        found = _table(specs[0], model, rows, label)
        return replace(found, notes=(*hiding_notes(specs), *found.notes))
    if label is not None:
        raise InputError(f"`--label` is for the columns of a CSV file, and this model takes pictures. Got {label!r}.")
    parts = [_pictures(spec, model, rows) for spec in specs]
    titles, notes = (tuple(one for part in parts for one in getattr(part, name)) for name in ("titles", "notes"))
    return Items(titles, torch.cat([part.inputs for part in parts]), (*hiding_notes(specs), *notes))


def background_from(spec: str, model: ClassifierAdapter, label: str | None = None) -> Items:
    """The reference inputs that this word means: all of a file or a folder, the training part of a data set or of class folders.

    Raises: as `items_from`.
    """
    if _is_dataset(spec):
        dataset = _dataset(spec, model)
        # Sets without labels have no training part: nothing can be learned from them.
        rows = dataset.split.train.tolist() or range(len(dataset))
        return _chosen(dataset, rows)
    if not _is_sample(spec) and (part := unlearned(spec, model, test=False)) is not None:
        return Items(part.titles, pictures_of(part, model), (*hiding_notes([spec]), *part.notes()))
    return items_from([spec], model, rows=None, label=label if spec.lower().endswith(".csv") else None)


def test_rows(spec: str, model: ClassifierAdapter) -> list[int] | None:
    """The rows of the named data set that nothing was learned from; None where no set is named, or it has no such part.

    Raises: as `items_from`.
    """
    if not _is_dataset(spec):
        return None
    return _dataset(spec, model).split.test.tolist() or None


def left_out_of(specs: Sequence[str], model: ClassifierAdapter) -> tuple[float, ...]:
    """Of each picture that these words mean, which share the cropping to the model's size leaves out; nothing where data sets or
    class folders are among them, whose files nobody named.

    Raises: as `items_from`.
    """
    found: list[float] = []
    for spec in specs:
        if model.image_format is None or _is_dataset(spec):
            return ()
        if not _is_sample(spec) and labeled_folder(spec, model) is not None:
            return ()
        sources = [load_sample_image(spec)] if _is_sample(spec) else list(picture_paths(spec))
        found += left_out_by_cropping(sources, model.image_format)
    return tuple(found)


def names_pictures(spec: str, model: ClassifierAdapter) -> bool:
    """Whether picture files are meant, rather than rows, a data set or a sample photo."""
    return model.domain == "image" and not _is_dataset(spec) and not _is_sample(spec)


def _is_sample(spec: str) -> bool:
    return spec in SAMPLE_IMAGES and not Path(spec).exists()


def _is_dataset(spec: str) -> bool:
    """Whether a data set is meant: a file or folder of that name comes first."""
    return spec in available_datasets() and not Path(spec).exists()


def _dataset(name: str, model: ClassifierAdapter) -> Dataset:
    """The named data set, photos in the model's format.

    Raises: InputError, where its inputs are not what the model takes.
    """
    formatted = name == "sample_images" and model.image_format is not None
    dataset = load_dataset(name, **({"format": model.image_format} if formatted else {}))
    kinds = {"image": "pictures", "tabular": "table rows"}
    models = [known for known in available_models() if known.startswith(f"{name}_")]
    remedy = f" Name a model of it: {', '.join(models)}." if models else ""
    if dataset.domain != model.domain:
        raise InputError(f"{name!r} holds {kinds[dataset.domain]}, and this model takes {kinds[model.domain]}.{remedy}")
    held, taken = tuple(dataset.inputs.shape[1:]), model.input_shape
    if remedy and taken is not None and held != taken:
        told = [" x ".join(map(str, shape)) for shape in (held, taken)]
        what = f"pictures of {told[0]}" if dataset.domain == "image" else f"rows of {told[0]} columns"
        raise InputError(f"{name!r} holds {what}, and this model takes {told[1]}.{remedy}")
    names = _columns(model)
    if dataset.schema is not None and names is not None and dataset.schema.names != names:
        ours, theirs = (", ".join(columns[:3]) for columns in (dataset.schema.names, names))
        raise InputError(f"{name!r} has other columns than this model: it has {ours}, ... and the model takes {theirs}, ...")
    return dataset


def _pictures(spec: str, model: ClassifierAdapter, rows: Rows) -> Items:
    if _is_dataset(spec):
        return _chosen(_dataset(spec, model), rows)
    if _is_sample(spec):
        return Items((spec,), load_images(load_sample_image(spec), model.image_format))
    if (folder := labeled_folder(spec, model)) is not None:
        chosen = folder.taken(_checked(rows, len(folder.paths), spec))
        inputs = pictures_of(chosen, model)
        return Items(chosen.titles, inputs, (*chosen.notes(), *chosen.called(model, inputs)))
    paths = picture_paths(spec)
    return Items(tuple(path.name for path in paths), load_images(paths, model.image_format))


def _table(spec: str, model: ClassifierAdapter, rows: Rows, label: str | None) -> Items:
    if _is_dataset(spec):
        if label is not None:
            raise InputError(f"`--label` names a column of a CSV file. Got the data set {spec!r}, whose labels are no inputs.")
        return _chosen(_dataset(spec, model), rows)
    path = Path(spec)
    if not path.is_file():
        hidden = "".join(f" {note}" for note in hiding_notes([spec]))
        if hidden:
            raise InputError(f"A table is a CSV file or a data set. Got a folder.{hidden}")
        raise InputError(f"{spec!r} is no CSV file and no data set. Known data sets: {', '.join(available_datasets())}.")
    names = _columns(model)
    found = load_csv(path, model.schema, names=names, label=label)
    notes = []
    if said := [name for name in found.left_out if name != label]:
        notes.append(f"Left out of {path.name}, since the model takes no such column: {', '.join(said)}.")
    if names is None:
        notes.append(f"This model knows no names of columns: those of {path.name} are taken in their order.")
    taken = _checked(rows, len(found.inputs), spec)
    return Items(tuple(f"{path.stem} row {row}" for row in taken), found.inputs[taken], tuple(notes))


def _columns(model: ClassifierAdapter) -> tuple[str, ...] | None:
    """Names of the columns that a model of tables takes, where it knows them: of its schema, or of what it was fitted on."""
    if model.schema is not None:
        return tuple(model.schema.names)
    fitted_on = getattr(model.model, "feature_names_in_", None)
    return None if fitted_on is None else tuple(map(str, fitted_on))


def _chosen(dataset: Dataset, rows: Rows) -> Items:
    taken = _checked(rows, len(dataset), dataset.name)
    titles = tuple(dataset.items[row] if dataset.items else f"{dataset.name} row {row}" for row in taken)
    return Items(titles, dataset.inputs[taken], labels=dataset.targets[taken])


def _checked(rows: Rows, count: int, name: str) -> list[int]:
    """Raises: InputError, where there is no such row."""
    taken = list(range(count) if rows is None else rows)
    outside = [row for row in taken if not 0 <= row < count]
    if outside or not taken:
        raise InputError(f"`--rows` must be from 0 to {count - 1} for {name}. Got {outside[0] if outside else 'none'}.")
    return taken
