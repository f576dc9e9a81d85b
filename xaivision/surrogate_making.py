"""The door to surrogates: anything that is a model and anything that holds rows becomes a surrogate with its limits."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Literal

from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.wrapping import classifier
from xaivision.data.csv_files import load_csv
from xaivision.data.dataset import Dataset
from xaivision.data.inputs import as_inputs
from xaivision.data.registry import available_datasets, load_dataset
from xaivision.models.trained_model import TrainedModel
from xaivision.surrogates.growing import Growth
from xaivision.surrogates.nearby import rows_near
from xaivision.surrogates.observed import Observed, check_complete, observed, split
from xaivision.surrogates.picture_reading import grid_statistics
from xaivision.surrogates.ranking import FeatureRanking
from xaivision.surrogates.reading import Reading, columns_of
from xaivision.surrogates.study import Plan, SurrogateStudy, studied
from xaivision.true_classes import true_classes

RANKINGS: Mapping[str, tuple[str, ...]] = {"tabular": ("permutation",), "image": ("mutual_information",)}


def surrogate(  # noqa: PLR0913 - the questions of one door
    model: Any,
    data: Any,
    *,
    kind: str = "tree",
    k: int | Literal["auto"] = "auto",
    rankings: Sequence[str | FeatureRanking] | None = None,
    labels: Any = None,
    near: Any = None,
    reading: Reading | None = None,
    **settings: Any,
) -> SurrogateStudy:
    """An interpretable stand-in for a classifier, with its rules, its fidelity beside that of random features, and its limits.

    `data`: a data set or its name, whose training part is learned from and whose test part judges; or rows (a frame, an array,
    a tensor, a CSV file; pictures for a model of such), of which 30 % judge. `labels` (n,) of such rows, where they are known, by
    number or name, or the column of the frame or file that holds them: the surrogate never learns from them. `kind`: "tree",
    "rule_list", "linear", "forest" or "boosting". `k`: how many features, "auto" for the knee of held-out fidelity, up to 50.
    `rankings`: "permutation", "mutual_information", "gradient", "tree_shapley", "attention", or `FeatureRanking`s. `near`: one
    row, for a local surrogate of what the model does near it. `reading`: what is read of pictures.
    `settings`: `depth`, `in_a_leaf`, `trees`, `rules`, `strength`, `sure`, `draws`, `resamples`, `seed`.

    Raises: InputError, where something handed over does not fit or cannot be learned from; UnknownNameError; CapabilityError,
    where the model does not give what a ranking needs; Cancelled.
    """
    adapter = model.classifier if isinstance(model, TrainedModel) else classifier(model)
    plan = _plan(kind, k, RANKINGS[adapter.domain] if rankings is None else rankings, settings)
    seed = plan.growth.seed
    parts, names = _parts(adapter, data, labels)
    read = _reading(adapter, parts[0][0], names) if reading is None else _checked_reading(reading)
    row = None if near is None else _one_row(adapter, near, parts[0][0], read)
    if row is not None:
        parts = [(rows_near(row, parts[0][0], seed=seed), None)]
    if len(parts) == 1:
        learned, held_out = split(_observed(adapter, parts[0], read), seed=seed)
    else:
        learned, held_out = (_observed(adapter, part, read) for part in parts)
    study = studied(adapter, learned, held_out, read, plan)
    study.surrogate.local = row is not None
    return replace(study, near=row)


def _observed(model: ClassifierAdapter, part: tuple[Tensor, Tensor | None], reading: Reading) -> Observed:
    return observed(model, part[0], reading, part[1])


def _plan(kind: str, k: Any, rankings: Sequence[Any], settings: Mapping[str, Any]) -> Plan:
    """Raises: UnknownNameError, where there is no such setting; InputError."""
    if isinstance(rankings, str):
        raise InputError(f"`rankings` must be a list. Got the name {rankings!r}. Write [{rankings!r}].")
    growths = {part.name for part in fields(Growth)}
    others = {"sure", "draws", "resamples"}
    if unknown := sorted(set(settings) - growths - others):
        raise UnknownNameError("setting of a surrogate", unknown[0], growths | others)
    growth = Growth(**{name: value for name, value in settings.items() if name in growths})
    return Plan(kind, k, tuple(rankings), growth, **{name: value for name, value in settings.items() if name in others})


def _parts(model: ClassifierAdapter, data: Any, labels: Any) -> tuple[list[tuple[Tensor, Tensor | None]], tuple[str, ...]]:
    """What is learned from and what judges, of a data set; all rows, of others; and the names of columns that only they know."""
    if isinstance(data, str) and data in available_datasets():
        data = load_dataset(data)
    if isinstance(data, Dataset):
        if labels is not None:
            raise InputError("`labels` are for rows without a data set. Got them beside the data set, which has its own.")
        parts = [(part.inputs, part.targets if bool((part.targets >= 0).all()) else None) for part in (data.train, data.test)]
        return parts, ()
    if isinstance(data, str | Path) and model.domain == "tabular":
        inputs, values, names = _of_file(model, Path(data), labels)
    else:
        inputs, values, names = _of_rows(model, data, labels)
    return [(inputs, None if values is None else true_classes(model, values))], names


def _of_file(model: ClassifierAdapter, path: Path, labels: Any) -> tuple[Tensor, Any, tuple[str, ...]]:
    """Rows of a CSV file, their labels, and the names of the columns."""
    if not path.is_file():
        raise InputError(
            f"`data` must be a data set, a CSV file or rows. Got {str(path)!r}. Known data sets: "
            f"{', '.join(available_datasets())}."
        )
    label = labels if isinstance(labels, str) else None
    fitted_on = getattr(model.model, "feature_names_in_", None)
    found = load_csv(path, model.schema, names=None if fitted_on is None else list(map(str, fitted_on)), label=label)
    return found.inputs, labels if label is None else found.labels, found.names


def _of_rows(model: ClassifierAdapter, data: Any, labels: Any) -> tuple[Tensor, Any, tuple[str, ...]]:
    """The same of what is held in memory; only frames name their columns."""
    named = hasattr(data, "columns") and hasattr(data, "iloc")
    if isinstance(labels, str):
        if not named or labels not in data.columns:
            raise InputError(f"`labels` by name must be a column of the frame or CSV file. Got {labels!r}, which is none.")
        data, labels = data.drop(columns=labels), data[labels].tolist()
    inputs = as_inputs(data, domain=model.domain, image_format=model.image_format, schema=model.schema)
    return inputs, labels, tuple(map(str, data.columns)) if named else ()


def _reading(model: ClassifierAdapter, inputs: Tensor, names: tuple[str, ...]) -> Reading:
    return columns_of(model, inputs.shape[1], names) if model.domain == "tabular" else grid_statistics(inputs.shape[1])


def _checked_reading(reading: Any) -> Reading:
    if not callable(reading) or not hasattr(reading, "names"):
        raise InputError(
            "`reading` must measure numbers with names: `grid_statistics(channels)`, `segment_statistics()`, or a `Measured` of "
            f"your own. Got {reading!r}."
        )
    found: Reading = reading
    return found


def _one_row(model: ClassifierAdapter, near: Any, known: Tensor, reading: Reading) -> Tensor:
    """(F,) the row that a local surrogate is for, beside known rows."""
    if model.domain != "tabular":
        raise InputError(
            "`near` is for rows of a table. Got a model of pictures. `xv.explain(..., 'lime_image')` looks near one."
        )
    row = as_inputs(near, domain="tabular", schema=model.schema)
    if len(row) != 1:
        raise InputError(f"`near` must be one row. Got {len(row)}.")
    for part in (row, known):
        check_complete(reading(part), reading.names)
    return row[0].to(known)
