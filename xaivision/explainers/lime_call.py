"""The lime package, imported when it is needed: which settings go where, what it is run in, and its errors."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from inspect import signature
from types import ModuleType
from typing import Any

from xaivision.core.about import Domain
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.extras import extra
from xaivision.core.progress import track
from xaivision.core.question import Question
from xaivision.explainers.foreign_errors import comes_from, refusals
from xaivision.explainers.global_draws import seeded

# What the house gives: the model, the input, what is explained of it, the names, and the seed.
_GIVEN = (
    "self training_data mode feature_names class_names verbose random_state data_row predict_fn image classifier_fn labels "
    "top_labels"
)
GIVEN = frozenset(_GIVEN.split())
CLASSES: Mapping[Domain, tuple[str, str]] = {
    "image": ("lime.lime_image", "LimeImageExplainer"),
    "tabular": ("lime.lime_tabular", "LimeTabularExplainer"),
}


@dataclass(frozen=True, eq=False)
class LimeCall:
    """One of lime's explainers (`kind`), and which settings go to its constructor and to `explain_instance`."""

    kind: Any
    making: Mapping[str, Any]
    asking: Mapping[str, Any]


def lime_module(domain: Domain) -> ModuleType:
    """The part of lime for this domain.

    Raises: MissingExtraError, where lime is not installed.
    """
    extra("lime", "lime")
    module: ModuleType = extra(CLASSES[domain][0], "lime")
    return module


def lime_call(domain: Domain, settings: Mapping[str, Any]) -> LimeCall:
    """The explainer of lime for this domain with these settings, each put where lime takes it.

    Raises: MissingExtraError; UnknownNameError, where it takes no such setting.
    """
    kind = getattr(lime_module(domain), CLASSES[domain][1])
    making, asking = _open(kind.__init__), _open(kind.explain_instance)
    for name in settings:
        if name not in making | asking:
            raise UnknownNameError(f"setting of lime's {kind.__name__}", name, making | asking)
    return LimeCall(
        kind,
        {name: value for name, value in settings.items() if name in making},
        {name: value for name, value in settings.items() if name not in making},
    )


def check_lime_settings(settings: Mapping[str, Any]) -> None:
    """Raises: MissingExtraError; UnknownNameError, where lime takes no such setting for either domain."""
    known: set[str] = set()
    for domain, (_, name) in CLASSES.items():
        kind = getattr(lime_module(domain), name)
        known |= _open(kind.__init__) | _open(kind.explain_instance)
    for name in settings:
        if name in GIVEN:
            raise InputError(f"`{name}` of lime is given by what is asked. Got it as a setting.")
        if name not in known:
            raise UnknownNameError("setting of lime", name, known)


@contextmanager
def in_lime(q: Question, call: LimeCall) -> Iterator[None]:
    """Draws from the question's seed, progress told as everywhere, and lime's own refusals as ours.

    Raises: CapabilityError, where lime does not take the model or the settings.
    """
    with seeded(q, q.query.inputs.device), _told_progress(), _limes_errors(call):
        yield


@contextmanager
def _told_progress() -> Iterator[None]:
    """The picture code of lime writes a bar to the terminal. Inside, where one thread is at a time, the house's own is told."""
    module: Any = lime_module("image")
    bar, module.tqdm = module.tqdm, lambda rows: track(rows, "lime")
    try:
        yield
    finally:
        module.tqdm = bar


def _limes_errors(call: LimeCall) -> AbstractContextManager[None]:
    """What lime, or what it calls, raises as a refusal; what the model raises as it is."""
    folder = os.path.dirname(lime_module("image").__file__ or "")
    return refusals(f"lime's {call.kind.__name__}", lambda error: comes_from(folder, error))


def _open(function: Any) -> set[str]:
    """Names of what a user may set."""
    return set(signature(function).parameters) - GIVEN
