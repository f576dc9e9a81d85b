"""Every explainer by name, third-party ones included."""

import warnings
from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any, cast

from xaivision.core.about import About
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.protocols import Explainer
from xaivision.explainers.controls import CenterGaussian, Constant, InputMagnitude, Random, Sobel
from xaivision.explainers.grad_cam import GradCam
from xaivision.explainers.input_x_gradient import InputXGradient
from xaivision.explainers.integrated_gradients import IntegratedGradients
from xaivision.explainers.nearest_examples import NearestExamples
from xaivision.explainers.occlusion import Occlusion
from xaivision.explainers.saliency import Saliency
from xaivision.explainers.smooth_grad import SmoothGrad

EXPLAINERS: dict[str, type[Explainer]] = {
    "saliency": Saliency,
    "input_x_gradient": InputXGradient,
    "integrated_gradients": IntegratedGradients,
    "smooth_grad": SmoothGrad,
    "grad_cam": GradCam,
    "occlusion": Occlusion,
    "nearest_examples": NearestExamples,
    "random": Random,
    "sobel": Sobel,
    "input_magnitude": InputMagnitude,
    "center_gaussian": CenterGaussian,
    "constant": Constant,
}

GROUP = "xaivision.explainers"


@cache
def third_party_explainers() -> dict[str, type[Explainer]]:
    """Explainers that installed packages offer in the entry-point group; one that cannot be loaded is a warning."""
    found: dict[str, type[Explainer]] = {}
    for entry in entry_points(group=GROUP):
        try:
            found[entry.name] = _checked(entry.load())
        except Exception as error:
            warnings.warn(f"The explainer `{entry.name}` of {entry.value} could not be loaded: {error}", stacklevel=2)
    return found


def _checked(loaded: Any) -> type[Explainer]:
    """Raises: TypeError, where it is not what every list and door here relies on."""
    if not (
        is_dataclass(loaded) and isinstance(getattr(loaded, "about", None), About) and callable(getattr(loaded, "explain", None))
    ):
        raise TypeError("it is no explainer: a frozen dataclass with `about` and `explain`")
    return cast(type[Explainer], loaded)


def explainers() -> dict[str, type[Explainer]]:
    """Every explainer by its registry name; the house's own names win."""
    return {**third_party_explainers(), **EXPLAINERS}


def explainer(name: str, **settings: Any) -> Explainer:
    """The named explainer with these settings.

    Raises: UnknownNameError, where the name or a setting is unknown; InputError, where a setting is missing or wrong.
    """
    known = explainers()
    if name not in known:
        raise UnknownNameError("method", name, known)
    made = known[name]
    allowed = [part.name for part in fields(made)]  # type: ignore[arg-type]  # every explainer is a dataclass
    for setting in settings:
        if setting not in allowed:
            raise UnknownNameError(f"setting of `{name}`", setting, allowed)
    if missing := missing_settings(made, settings):
        raise InputError(f"`{name}` needs {' and '.join(f'`{part}`' for part in missing)}. Got no value.")
    return made(**settings)


def missing_settings(made: type[Explainer], given: Iterable[str]) -> tuple[str, ...]:
    """Settings without a default that are not given."""
    return tuple(
        part.name
        for part in fields(made)  # type: ignore[arg-type]  # every explainer is a dataclass
        if part.default is MISSING and part.default_factory is MISSING and part.name not in given
    )
