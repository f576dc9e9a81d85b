"""Every explainer by name, third-party ones included."""

import warnings
from dataclasses import MISSING, fields
from functools import cache
from importlib.metadata import entry_points
from typing import Any

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
            found[entry.name] = entry.load()
        except Exception as error:
            warnings.warn(f"The explainer `{entry.name}` of {entry.value} could not be loaded: {error}", stacklevel=2)
    return found


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
    allowed = {part.name: part for part in fields(made)}  # type: ignore[arg-type]  # every explainer is a dataclass
    for setting in settings:
        if setting not in allowed:
            raise UnknownNameError(f"setting of `{name}`", setting, allowed)
    missing = [
        part.name
        for part in allowed.values()
        if part.default is MISSING and part.default_factory is MISSING and part.name not in settings
    ]
    if missing:
        raise InputError(f"`{name}` needs {', '.join(f'`{part}`' for part in missing)}. Got no value.")
    return made(**settings)
