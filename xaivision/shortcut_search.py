"""The door to the shortcut report: whatever holds pictures and classes, and whatever is a model of them."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.protocols import Explainer
from xaivision.core.wrapping import classifier
from xaivision.data.class_folders import folder_names
from xaivision.data.dataset import Dataset
from xaivision.data.image_folders import ImageFolders
from xaivision.data.named_sets.named_set import named_sets
from xaivision.data.picture_masks import picture_masks
from xaivision.data.registry import available_datasets, load_dataset
from xaivision.evaluation.shortcuts.pictures import pictures_of
from xaivision.evaluation.shortcuts.report import JUDGED, ShortcutReport, shortcut_report
from xaivision.facade import by_label, explainer_with
from xaivision.labeled_folders import folders_of
from xaivision.models.trained_model import TrainedModel

# Methods that answer quickly on most models of pictures, where none is named: one by gradients, one by scores alone.
METHODS: Mapping[str, Mapping[str, Any]] = {"grad_cam": {}, "integrated_gradients": {"steps": 32}}
METHODS_BY_SCORES: Mapping[str, Mapping[str, Any]] = {"rise": {"budget": 500}}


def shortcuts(  # noqa: PLR0913 - the questions of one door
    data: Any,
    model: Any = None,
    *,
    masks: Any = None,
    classes: Sequence[str] | None = None,
    methods: Sequence[str | Explainer] | Mapping[str, str | Explainer] | None = None,
    probes: Sequence[str] | None = None,
    most: int = JUDGED,
    seed: int = 0,
) -> ShortcutReport:
    """Whether the class follows from something that is not the object, and what a model makes of it: a report with words.

    `data`: a folder with one folder of pictures for each class, what `load_image_folders` gives, a data set or its name, or the
    name of a set that was fetched. `masks`: where the targets are, a folder with a file for each picture, or (N, H, W) for a
    data set; they are then not looked at by the probes. `classes`: the class folders to take, where they are not all; that
    of the masks is none. `model`: anything that `xv.classifier` takes, with the classes of the data. It is asked about up to
    `most` pictures of the test part; `methods` explain up to 40 of those that have a suspect region. `probes`: names; all
    where None.

    Raises: as `load_image_folders`; InputError, where masks or the model's classes do not fit; UnknownNameError; Cancelled.
    """
    found = _found(data, _class_names(data, masks) if classes is None else classes)
    pictures = pictures_of(found, None if masks is None else _masks(found, masks))
    if model is None:
        return shortcut_report(pictures, probes=probes, seed=seed)
    adapter = model.classifier if isinstance(model, TrainedModel) else classifier(model)
    named: Mapping[str, Any] = by_label(_usual(adapter) if methods is None else methods)
    settings = {**METHODS, **METHODS_BY_SCORES} if methods is None else {}
    made = {label: explainer_with(adapter, one, settings.get(label, {})) for label, one in named.items()}
    return shortcut_report(pictures, adapter, made, probes=probes, most=most, seed=seed)


def _usual(adapter: Any) -> list[str]:
    from xaivision.core.torch_classifier import TorchClassifier

    return list(METHODS if isinstance(adapter, TorchClassifier) else METHODS_BY_SCORES)


def _found(data: Any, classes: Sequence[str] | None) -> ImageFolders | Dataset:
    if isinstance(data, str | os.PathLike) and (Path(data).is_dir() or data in named_sets()):
        return folders_of(os.fspath(data), classes, drop_conflicts=True)
    if classes is not None:
        raise InputError(f"`classes` names folders of a folder. Got them with {data!r}. Leave them out.")
    if isinstance(data, ImageFolders | Dataset):
        return data
    if isinstance(data, str) and data in available_datasets():
        return load_dataset(data)
    known = ", ".join(available_datasets())
    raise InputError(f"`data` must be a folder of class folders or a data set. Got {data!r}. Known data sets: {known}.")


def _class_names(data: Any, masks: Any) -> list[str] | None:
    """The folders beside that of the masks, where it lies among them; None where all folders are classes."""
    if not all(isinstance(one, str | os.PathLike) and Path(one).is_dir() for one in (data, masks)):
        return None
    own = Path(masks).resolve()
    return [name for name in folder_names(data) if name != own.name] if own.parent == Path(data).resolve() else None


def _masks(data: ImageFolders | Dataset, masks: Any) -> dict[int, Tensor]:
    if isinstance(masks, str | os.PathLike):
        if not isinstance(data, ImageFolders):
            raise InputError("`masks` of a data set must be a tensor (N, H, W). Got a folder.")
        return picture_masks(data.paths, masks)
    if isinstance(masks, Tensor) and masks.ndim == 3 and len(masks) == len(data):
        return {row: mask.bool() for row, mask in enumerate(masks) if bool(mask.any())}
    got = tuple(masks.shape) if isinstance(masks, Tensor) else type(masks).__name__
    raise InputError(f"`masks` must be a folder, or (N, H, W) with one mask for each of {len(data)} pictures. Got {got}.")
