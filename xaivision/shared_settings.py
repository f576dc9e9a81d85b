"""Settings that several methods have under one name: given once, they reach every method that has them."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.protocols import Explainer
from xaivision.core.registered import setting_names
from xaivision.data.dataset import Dataset
from xaivision.data.inputs import as_inputs
from xaivision.explainers.needed_settings import lacking_of, lacking_settings
from xaivision.explainers.registry import explainers

Settings = Mapping[str, Any]
Given = Mapping[str, str | Explainer]

# Settings whose values are inputs of the model, the one that says more first: where a method takes either, it gets that.
INPUT_SETTINGS = ("background", "baseline")


def methods_with(setting: str) -> tuple[str, ...]:
    """Names of the methods that have a setting of this name."""
    return tuple(name for name, made in explainers().items() if setting in setting_names(made))


def as_tensors(model: ClassifierAdapter, settings: Settings) -> dict[str, Any]:
    """The settings, with inputs among them (a baseline, a background) brought to tensors as inputs are.

    A data set stands for its training part, or for all of it where it has no labels.
    """
    return {name: _as_tensor(model, value) if name in INPUT_SETTINGS else value for name, value in settings.items()}


def with_shared(methods: Given, settings: Mapping[str, Settings], shared: Settings) -> dict[str, dict[str, Any]]:
    """For each label its settings, with those of the `shared` ones that its method has and was not given.

    Of a background and a baseline, a method that has both gets the background, and neither where it was given one of them.
    Explainers that are made already keep what they have.

    Raises: InputError, where a shared setting reaches no method.
    """
    found = {label: dict(settings.get(label, {})) for label in methods}
    reached = set()
    for label, method in methods.items():
        known = explainers().get(method) if isinstance(method, str) else None
        if known is not None:
            fitting = [name for name in INPUT_SETTINGS if name in shared and name in setting_names(known)]
            reached.update(fitting)
            if not set(INPUT_SETTINGS) & set(found[label]):
                found[label].update((name, shared[name]) for name in fitting[:1])
    if unused := [name for name in shared if name not in reached]:
        raise InputError(
            f"`{unused[0]}` is for methods that have such a setting: {', '.join(methods_with(unused[0]))}. "
            f"Got {', '.join(methods)}. Leave it out, or give it where an explainer is made."
        )
    return found


def check_complete(model: ClassifierAdapter, methods: Given, settings: Mapping[str, Settings]) -> None:
    """Raises: InputError, where methods lack settings that they need for such inputs; all of them are named."""
    lacking = {label: _lacking(model, method, settings.get(label, {})) for label, method in methods.items()}
    needy = {label: names for label, names in lacking.items() if names}
    if not needy:
        return
    said = ", ".join(f"`{label}` needs {' and '.join(f'`{name}`' for name in names)}" for label, names in needy.items())
    label, names = next(iter(needy.items()))
    once = ", or `background` once for all" if any("background" in names for names in needy.values()) else ""
    raise InputError(
        f"Every method must have the settings that it needs. Got none where {said}. "
        f"Give them as in settings={{{label!r}: {{{names[0]!r}: ...}}}}{once}, or leave the method out."
    )


def _lacking(model: ClassifierAdapter, method: str | Explainer, given: Settings) -> tuple[str, ...]:
    if not isinstance(method, str):
        return lacking_of(method, model.domain)
    known = explainers().get(method)
    return lacking_settings(known, given, model.domain) if known is not None else ()


def _as_tensor(model: ClassifierAdapter, value: Any) -> Any:
    if isinstance(value, Dataset):
        train = value.split.train
        return value.inputs[train] if len(train) else value.inputs
    if isinstance(value, str | int | float | bool | tuple | type(None) | Tensor):
        return value
    return as_inputs(value, domain=model.domain, image_format=model.image_format, schema=model.schema)
