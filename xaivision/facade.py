"""The functions most people use: names become objects, and anything that holds images or rows becomes a batch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from torch import Tensor

from xaivision.class_names import class_number
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import CapabilityError, InputError, UnknownNameError
from xaivision.core.explanation import Explanation
from xaivision.core.protocols import Explainer, Metric, SanityCheck
from xaivision.core.scores import Scores
from xaivision.core.targets import Classes, NamedClasses, Target, Targets, TargetScore
from xaivision.core.verdict import Verdict
from xaivision.core.wrapping import classifier
from xaivision.data.images import load_images as load_images_in
from xaivision.data.inputs import as_inputs
from xaivision.data.sample_images import SAMPLE_IMAGES, load_sample_image
from xaivision.evaluation.comparison import Comparison, Plan
from xaivision.evaluation.comparison import compare as compare_plan
from xaivision.evaluation.controls import CONTROLS, checked
from xaivision.evaluation.registry import METRICS, SANITY_CHECKS, metric, sanity_check
from xaivision.explainers.preflight import Preflight
from xaivision.explainers.preflight import preflight as look_before
from xaivision.explainers.registry import explainer, explainers
from xaivision.fitting_methods import fitting_methods as fitting_methods
from xaivision.fitting_methods import usual_methods as usual_methods
from xaivision.models.registry import load_model
from xaivision.shared_settings import Settings, as_tensors, check_complete, with_shared
from xaivision.shared_settings import methods_with as methods_with

__all__ = ["classifier", "compare", "evaluate", "explain", "load_images", "load_model", "load_sample_images", "preflight"]

P = ParamSpec("P")
R = TypeVar("R")
# Where `explain` and `evaluate` take the method.
METHOD_PLACE = 2

Methods = Sequence[str | Explainer] | Mapping[str, str | Explainer]
TargetNames = Targets | NamedClasses

# How torch says that the model has overwritten a value that its own gradient needs.
IN_PLACE = "modified by an inplace operation"
METRIC_NAMES = ("deletion", "insertion")


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


def _named_once(function: Callable[P, R]) -> Callable[P, R]:
    """`method` is the third argument: a setting of the method with that name cannot follow it."""

    @wraps(function)
    def asked(*args: P.args, **settings: P.kwargs) -> R:
        if len(args) > METHOD_PLACE and "method" in settings:
            given = args[METHOD_PLACE]
            kind = explainers().get(given) if isinstance(given, str) else None
            made = f"`xaivision.{kind.__name__}(method={settings['method']!r})`" if kind is not None else "the explainer"
            raise InputError(
                f"`method` must be given once. Got {given!r} and {settings['method']!r}. Where the method has a setting of that "
                f"name, give {made} in its place."
            )
        return function(*args, **settings)

    return asked


@_named_once
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
    explainer = explainer_with(adapter, method, settings)
    try:
        return explainer.explain(adapter, batch, named_targets(adapter, targets), seed=seed)
    except RuntimeError as error:
        raise _told(error) from error


def compare(
    model: Any,
    inputs: Any,
    methods: Methods | None = None,
    *,
    targets: TargetNames = None,
    controls: Sequence[str] | None = None,
    metrics: Sequence[str | Metric] = METRIC_NAMES,
    background: Any = None,
    baseline: Any = None,
    seed: int = 0,
    settings: Mapping[str, Settings] | None = None,
    metric_settings: Mapping[str, Settings] | None = None,
) -> Comparison:
    """Several methods side by side on the same question, judged by the same metrics, next to controls.

    `methods`: names, explainers, or a mapping from label to either; None takes the usual ones that fit the model and have
    what they need, one of each kind. `controls`: names; None takes two that fit. `background` (a data set, of which the
    training part is taken, or inputs) and `baseline` reach every named method that has such a setting; one that has both gets
    the background. `settings`: for each method name its own settings, which win; `metric_settings` for each metric name, as in
    {"deletion": {"steps": 64}}.

    Raises: as `explain`, before the model is asked where a method lacks a setting that it needs.
    """
    adapter = classifier(model)
    batch = as_batch(adapter, inputs)
    shared = as_tensors(adapter, _given(background=background, baseline=baseline))
    named = by_label(usual_methods(adapter, tuple(shared)) if methods is None else methods)
    if unused := sorted(set(settings or {}) - set(named)):
        raise UnknownNameError("method in `settings`", unused[0], named)
    own = {label: as_tensors(adapter, one) for label, one in (settings or {}).items()}
    complete = with_shared(named, own, shared)
    check_complete(adapter, named, complete)
    plan = Plan(
        explainers={label: _explainer(one, complete[label]) for label, one in named.items()},
        controls={label: _explainer(one, {}) for label, one in by_label(_controls(adapter, controls)).items()},
        metrics=_judges(adapter, metrics, metric_settings or {}),
        seed=seed,
    )
    return compare_plan(adapter, batch, named_targets(adapter, targets), plan)


@_named_once
def evaluate(
    model: Any,
    inputs: Any,
    method: str | Explainer,
    evaluator: str | Metric | SanityCheck,
    targets: TargetNames = None,
    *,
    seed: int = 0,
    metric_settings: Settings | None = None,
    **settings: Any,
) -> Scores:
    """How good one method's explanations are, by one metric or sanity check, with the controls' scores attached.

    `settings` are the method's own, `metric_settings` those of the metric or the check.

    Raises: as `explain`.
    """
    return judged(model, inputs, method, evaluator, targets, seed=seed, settings=settings, metric_settings=metric_settings or {})[
        0
    ]


def judged(
    model: Any,
    inputs: Any,
    method: str | Explainer,
    evaluator: str | Metric | SanityCheck,
    targets: TargetNames = None,
    *,
    seed: int,
    settings: Settings,
    metric_settings: Settings,
) -> tuple[Scores, Verdict | None]:
    """What `evaluate` returns, and the verdict on the explanations that a metric judged; None after a sanity check.

    A verdict that is not ok is among the notes of the scores as well.

    Raises: as `evaluate`.
    """
    adapter = classifier(model)
    one = _explainer(method, as_tensors(adapter, settings))
    judge = _evaluator(evaluator, as_tensors(adapter, metric_settings))
    batch, asked = as_batch(adapter, inputs), named_targets(adapter, targets)
    if judge.about.judges == "explainer":
        return checked(adapter, batch, one, cast(SanityCheck, judge), asked, seed=seed), None
    compared = compare(adapter, batch, {"method": one}, targets=asked, metrics=[cast(Metric, judge)], seed=seed)
    if "method" in compared.failures:
        one.explain(adapter, batch, asked, seed=seed)  # raises what it raised
    scores, verdict = _only(compared, judge.about.name), compared.verdicts["method"]
    doubts = () if verdict.status == "ok" else (f"the explanation: {verdict}",)
    return replace(scores, notes=(*scores.notes, *doubts)), verdict


def preflight(model: Any, inputs: Any) -> Preflight:
    """What each method that looks inside and draws a map can be trusted with on this model, and why.

    Each is valid, repaired, doubtful or refused. Only the first input is looked at.

    Raises: as `explain`.
    """
    adapter = classifier(model)
    return look_before(adapter, as_batch(adapter, inputs)[:1])


def as_batch(model: ClassifierAdapter, inputs: Any) -> Tensor:
    """Anything that holds images or rows as a batch for this model."""
    return as_inputs(inputs, domain=model.domain, image_format=model.image_format, schema=model.schema)


def explainer_with(model: ClassifierAdapter, method: str | Explainer, settings: Settings) -> Explainer:
    """The named method with these settings, whatever they are called; one that is made already takes none."""
    return _explainer(method, as_tensors(model, settings))


def evaluator_with(model: ClassifierAdapter, one: str | Metric | SanityCheck, settings: Settings) -> Metric | SanityCheck:
    """The named metric or sanity check with these settings; one that is made already takes none."""
    return _evaluator(one, as_tensors(model, settings))


def named_targets(model: ClassifierAdapter, targets: TargetNames) -> Targets:
    """Class numbers for class names; numbers pass through.

    Raises: UnknownNameError, where the model has no class of that name.
    """
    if isinstance(targets, Target):
        return replace(targets, classes=_numbers(model, targets.classes), against=_numbers(model, targets.against))
    return targets if isinstance(targets, TargetScore) else _numbers(model, targets)


def _numbers(model: ClassifierAdapter, targets: NamedClasses) -> Classes:
    if isinstance(targets, str):
        return class_number(model, targets)
    if isinstance(targets, Sequence) and any(isinstance(target, str) for target in targets):
        return [class_number(model, target) if isinstance(target, str) else target for target in targets]
    return targets  # type: ignore[return-value]  # no names left


def _told(error: RuntimeError) -> RuntimeError | CapabilityError:
    """What torch says where the model spoils its own gradients, as a refusal; anything else as it is."""
    if IN_PLACE not in str(error):
        return error
    return CapabilityError(
        "The model must not overwrite what its gradient needs. It does so in place, as `x += 1` after `x.relu_()` does, and "
        "torch cannot compute its gradient. Write that operation without in-place work, or use a perturbation method."
    )


def _explainer(method: str | Explainer, settings: Settings) -> Explainer:
    if isinstance(method, str):
        _check_question_in(method, settings)
        return explainer(method, **settings)
    if isinstance(method, type):
        name = method.__name__
        raise InputError(f"`method` must be a name or an explainer. Got the class {name}. Make one: `{name}(...)`.")
    if settings:
        raise InputError(f"Give {_listed(settings)} where the explainer is made. Got one that is made.")
    if not isinstance(method, Explainer):
        raise InputError(f"`method` must be a name or an explainer. Got {type(method).__name__}.")
    return method


def _check_question_in(method: str, settings: Settings) -> None:
    """Raises: InputError, where a setting says what is asked, not how the method answers."""
    kind = explainers().get(method)
    own = {part.name for part in fields(kind)} if is_dataclass(kind) else set[str]()
    for name in sorted({"output", "against"} & set(settings) - own):
        raise InputError(
            f"`{name}` says what is asked, and is no setting of `{method}`. Got {settings[name]!r}. "
            f"Give `targets=xaivision.Target({name}={settings[name]!r})`."
        )


def by_label(methods: Methods) -> dict[str, str | Explainer]:
    """The methods under their labels: a name, or that of an explainer's card, where none is given."""
    if isinstance(methods, str):
        raise InputError(f"`methods` must be a list of names. Got the name {methods!r}. Write [{methods!r}].")
    if isinstance(methods, Mapping):
        return {label: one if isinstance(one, str) else _explainer(one, {}) for label, one in methods.items()}
    labelled: dict[str, str | Explainer] = {}
    for one in methods:
        label = one if isinstance(one, str) else _explainer(one, {}).about.name
        if label in labelled:
            raise InputError(f"`methods` names `{label}` twice. Pass a mapping from label to method to compare its settings.")
        labelled[label] = one
    return labelled


def _controls(model: ClassifierAdapter, controls: Sequence[str] | None) -> Sequence[str]:
    return CONTROLS[model.domain] if controls is None else controls


def _given(**settings: Any) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value is not None}


def _judges(model: ClassifierAdapter, metrics: Sequence[str | Metric], settings: Mapping[str, Settings]) -> dict[str, Metric]:
    named = [one for one in metrics if isinstance(one, str)]
    if unused := sorted(set(settings) - set(named)):
        raise UnknownNameError("metric in `metric_settings`", unused[0], named)
    given = {name: as_tensors(model, one) for name, one in settings.items()}
    judges = [_evaluator(one, given.get(one, {}) if isinstance(one, str) else {}) for one in metrics]
    # A sanity check among them is refused where the plan is made.
    return {judge.about.name: cast(Metric, judge) for judge in judges}


def _evaluator(one: str | Metric | SanityCheck, settings: Settings) -> Metric | SanityCheck:
    if not isinstance(one, str):
        if settings:
            raise InputError(f"Give {_listed(settings)} where the metric is made. Got one that is made.")
        return one
    if one not in METRICS and one not in SANITY_CHECKS:
        raise UnknownNameError("metric or sanity check", one, [*METRICS, *SANITY_CHECKS])
    return metric(one, **settings) if one in METRICS else sanity_check(one, **settings)


def _only(compared: Comparison, name: str) -> Scores:
    """The score of the one method compared; what stood in its way is raised."""
    for label in ("method", f"{name} of method"):
        if label in compared.failures:
            raise InputError(compared.failures[label])
    return compared.scores[name]["method"]


def _listed(settings: Settings) -> str:
    return ", ".join(f"`{name}`" for name in settings)
