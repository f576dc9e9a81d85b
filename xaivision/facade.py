"""The functions most people use: names become objects, and anything that holds images or rows becomes a batch."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.explanation import Explanation
from xaivision.core.protocols import Explainer, Metric, SanityCheck
from xaivision.core.requirements import unmet
from xaivision.core.scores import Scores
from xaivision.core.targets import Classes, NamedClasses, Target, Targets, TargetScore
from xaivision.core.wrapping import classifier
from xaivision.data.images import load_images as load_images_in
from xaivision.data.inputs import as_inputs
from xaivision.data.sample_images import SAMPLE_IMAGES, load_sample_image
from xaivision.evaluation.comparison import Comparison, Plan
from xaivision.evaluation.comparison import compare as compare_plan
from xaivision.evaluation.controls import CONTROLS, checked
from xaivision.evaluation.registry import METRICS, SANITY_CHECKS, metric, sanity_check
from xaivision.explainers.registry import explainer, explainers, missing_settings
from xaivision.models.registry import load_model

__all__ = ["classifier", "compare", "evaluate", "explain", "load_images", "load_model", "load_sample_images"]

Settings = Mapping[str, Any]
Methods = Sequence[str | Explainer] | Mapping[str, str | Explainer]
TargetNames = Targets | NamedClasses

METRIC_NAMES = ("deletion", "insertion")
# Settings whose values are inputs of the model, under the one name they have everywhere.
INPUT_SETTINGS = ("baseline", "background")


def load_images(source: Any, model: ClassifierAdapter | None = None) -> Tensor:
    """Pictures as a batch (B, C, H, W) in [0, 1], in the channels and size that the model wants.

    `source`: a path, a folder, a glob, bytes, a PIL image, an array, or a list of these.
    """
    return load_images_in(source, None if model is None else model.image_format)


def load_sample_images(names: Sequence[str] = SAMPLE_IMAGES, model: ClassifierAdapter | None = None) -> Tensor:
    """Photos that need no download, as `load_images` gives them; all nine where none is named.

    Raises: UnknownNameError; InputError, where no model is given and the photos differ in size.
    """
    return load_images([load_sample_image(name) for name in names], model)


def explain(
    model: Any, inputs: Any, method: str | Explainer, targets: TargetNames = None, *, seed: int = 0, **settings: Any
) -> Explanation:
    """Why the model scores these inputs as it does, by one method.

    `inputs`: arrays, tensors, frames, PIL images or paths, one or a batch. `targets`: class numbers or names; None takes
    the predicted classes. `settings` are the method's own.

    Raises: InputError, where something named or handed over does not fit; CapabilityError, where the method does not fit
    the model.
    """
    adapter = classifier(model)
    batch = as_batch(adapter, inputs)
    explainer_ = _explainer(method, as_tensors(adapter, settings))
    return explainer_.explain(adapter, batch, named_targets(adapter, targets), seed=seed)


def compare(
    model: Any,
    inputs: Any,
    methods: Methods | None = None,
    *,
    targets: TargetNames = None,
    controls: Sequence[str] | None = None,
    metrics: Sequence[str | Metric] = METRIC_NAMES,
    seed: int = 0,
    settings: Mapping[str, Settings] | None = None,
) -> Comparison:
    """Several methods side by side on the same question, judged by the same metrics, next to controls.

    `methods`: names, explainers, or a mapping from label to either; None takes every method that fits the model and needs
    no setting. `controls`: names; None takes two that fit. `settings`: for each method name its settings.

    Raises: as `explain`.
    """
    adapter = classifier(model)
    batch = as_batch(adapter, inputs)
    given = {label: as_tensors(adapter, one) for label, one in (settings or {}).items()}
    wanted = _labelled(fitting_methods(adapter) if methods is None else methods, given)
    if unused := sorted(set(given) - set(wanted)):
        raise UnknownNameError("method in `settings`", unused[0], wanted)
    plan = Plan(
        explainers=wanted,
        controls=_labelled(CONTROLS[adapter.domain] if controls is None else controls, {}),
        metrics={_metric(one).about.name: _metric(one) for one in metrics},
        seed=seed,
    )
    return compare_plan(adapter, batch, named_targets(adapter, targets), plan)


def evaluate(
    model: Any,
    inputs: Any,
    method: str | Explainer,
    evaluator: str | Metric | SanityCheck,
    targets: TargetNames = None,
    *,
    seed: int = 0,
    **settings: Any,
) -> Scores:
    """How good one method's explanations are, by one metric or sanity check, with the controls' scores attached.

    `settings` are the method's own.

    Raises: as `explain`.
    """
    adapter = classifier(model)
    one = _explainer(method, as_tensors(adapter, settings))
    judge = _evaluator(evaluator)
    if judge.about.judges == "explanation":
        compared = compare(adapter, inputs, {"method": one}, targets=targets, metrics=[cast(Metric, judge)], seed=seed)
        if "method" in compared.failures:
            one.explain(adapter, as_batch(adapter, inputs), named_targets(adapter, targets), seed=seed)  # raises what it raised
        return _only(compared, judge.about.name)
    check = cast(SanityCheck, judge)
    return checked(adapter, as_batch(adapter, inputs), one, check, named_targets(adapter, targets), seed=seed)


def as_batch(model: ClassifierAdapter, inputs: Any) -> Tensor:
    """Anything that holds images or rows as a batch for this model."""
    return as_inputs(inputs, domain=model.domain, image_format=model.image_format, schema=model.schema)


def as_tensors(model: ClassifierAdapter, settings: Settings) -> dict[str, Any]:
    """The settings, with inputs among them (a baseline, a background) brought to tensors as inputs are."""
    plain = (str, int, float, bool, tuple, type(None), Tensor)
    return {
        name: as_batch(model, value) if name in INPUT_SETTINGS and not isinstance(value, plain) else value
        for name, value in settings.items()
    }


def named_targets(model: ClassifierAdapter, targets: TargetNames) -> Targets:
    """Class numbers for class names; numbers pass through.

    Raises: UnknownNameError, where the model has no class of that name.
    """
    if isinstance(targets, Target):
        return replace(targets, classes=_numbers(model, targets.classes), against=_numbers(model, targets.against))
    return targets if isinstance(targets, TargetScore) else _numbers(model, targets)


def _numbers(model: ClassifierAdapter, targets: NamedClasses) -> Classes:
    if isinstance(targets, str):
        return _class_number(model, targets)
    if isinstance(targets, Sequence) and any(isinstance(target, str) for target in targets):
        return [_class_number(model, target) if isinstance(target, str) else target for target in targets]
    return targets  # type: ignore[return-value]  # no names left


def fitting_methods(model: ClassifierAdapter) -> tuple[str, ...]:
    """Names of the methods that fit this model and need no setting, controls left out."""
    return tuple(
        name
        for name, made in explainers().items()
        if not made.about.control
        and not unmet(made.about, model)
        and not missing_settings(made, {})
    )


def _explainer(method: str | Explainer, settings: Settings) -> Explainer:
    if isinstance(method, str):
        return explainer(method, **settings)
    if settings:
        raise InputError(f"Give {', '.join(f'`{name}`' for name in settings)} where the explainer is made. Got one that is made.")
    if not isinstance(method, Explainer):
        raise InputError(f"`method` must be a name or an explainer. Got {type(method).__name__}.")
    return method


def _labelled(methods: Methods, settings: Mapping[str, Settings]) -> dict[str, Explainer]:
    if isinstance(methods, str):
        raise InputError(f"`methods` must be a list of names. Got the name {methods!r}. Write [{methods!r}].")
    if isinstance(methods, Mapping):
        return {label: _explainer(one, settings.get(label, {})) for label, one in methods.items()}
    labelled: dict[str, Explainer] = {}
    for one in methods:
        label = one if isinstance(one, str) else _explainer(one, {}).about.name
        if label in labelled:
            raise InputError(f"`methods` names `{label}` twice. Pass a mapping from label to method to compare its settings.")
        labelled[label] = _explainer(one, settings.get(label, {}))
    return labelled


def _metric(one: str | Metric) -> Metric:
    return metric(one) if isinstance(one, str) else one


def _evaluator(one: str | Metric | SanityCheck) -> Metric | SanityCheck:
    if not isinstance(one, str):
        return one
    if one not in METRICS and one not in SANITY_CHECKS:
        raise UnknownNameError("metric or sanity check", one, [*METRICS, *SANITY_CHECKS])
    return metric(one) if one in METRICS else sanity_check(one)


def _only(compared: Comparison, name: str) -> Scores:
    """The score of the one method compared; what stood in its way is raised."""
    for label in ("method", f"{name} of method"):
        if label in compared.failures:
            raise InputError(compared.failures[label])
    return compared.scores[name]["method"]


def _class_number(model: ClassifierAdapter, name: str) -> int:
    lowered = [known.lower() for known in model.class_names]
    if name.lower() in lowered:
        return lowered.index(name.lower())
    raise UnknownNameError("class of this model", name, lowered)
