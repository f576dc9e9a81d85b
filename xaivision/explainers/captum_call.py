"""One of captum's attribution classes with its settings, checked before anything is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import Parameter, isclass, signature
from typing import Any

from torch import nn

from xaivision.core.about import Kind
from xaivision.core.errors import CapabilityError, InputError, UnknownNameError
from xaivision.explainers.captum_module import captum_attributions

# What the house gives: the model, the inputs, and a module whose only output is the explained number.
_GIVEN = "self forward_func model layer device_ids inputs target additional_forward_args return_convergence_delta kwargs"
GIVEN = frozenset(_GIVEN.split())
# Parts of names of captum's classes, and why they are no answer about a score.
NOT_OF_SCORES = {
    "Neuron": "it explains a unit inside the model, not its score",
    "LLM": "it explains language models",
    "DataLoader": "it sums over a whole data set, and has no answer for one input",
    "Permutation": "it exchanges values between the inputs of a batch, so that its answer depends on their neighbors",
    "LimeBase": "it has no perturbations of its own. Use 'Lime'",
}
SLOPES = frozenset(["Saliency", "GuidedBackprop", "Deconvolution", "GuidedGradCam"])
# Their answers sum to the change of the score from the baseline, up to the steps they take.
_ADDING_UP = (
    "IntegratedGradients DeepLift ShapleyValueSampling ShapleyValues KernelShap "
    "LayerIntegratedGradients LayerConductance LayerDeepLift"
)
ADDING_UP = frozenset(_ADDING_UP.split())
# Their baselines are a sample from which they draw, not one for each input.
DRAWING_BASELINES = frozenset(["DeepLiftShap", "GradientShap", "LayerDeepLiftShap", "LayerGradientShap"])


@dataclass(frozen=True, eq=False)
class CaptumCall:
    """`kind`: captum's class. `making` and `asking`: what goes to its constructor and to `attribute`.

    `inner`: the class that a noise tunnel asks, and what goes to that one's constructor.
    """

    kind: Any
    making: Mapping[str, Any]
    asking: Mapping[str, Any]
    inner: "CaptumCall | None" = None

    @property
    def names(self) -> tuple[str, ...]:
        """Its class and the one inside."""
        return (self.kind.__name__, *(self.inner.names if self.inner is not None else ()))

    @property
    def _bases(self) -> set[str]:
        """Names of the classes that it and the one inside derive from, their own among them."""
        return {base.__name__ for base in self.kind.__mro__} | (self.inner._bases if self.inner is not None else set())

    @property
    def takes_layer(self) -> bool:
        return "layer" in _parameters(self.kind.__init__) or (self.inner is not None and self.inner.takes_layer)

    def takes(self, name: str) -> bool:
        """Whether `attribute`, or that of the class inside, has this parameter."""
        return name in _parameters(self.kind.attribute) or (self.inner is not None and self.inner.takes(name))

    def made(self, function: Any, layer: nn.Module | None = None) -> Any:
        """The object of captum, about this function and, where it is about one, this layer."""
        if self.inner is not None:
            return self.kind(self.inner.made(function, layer), **self.making)
        about = (function,) if layer is None else (function, layer)
        return self.kind(*about, **self.making)

    @property
    def takes_gradients(self) -> bool:
        """Whether it needs more of a model than its scores."""
        return bool(self._bases & {"GradientAttribution", "LayerAttribution"})

    @property
    def answers_layer(self) -> bool:
        """Whether its answer is about a layer, not about the input."""
        return "LayerAttribution" in self._bases

    @property
    def changes_weights(self) -> bool:
        return "LRP" in self._bases

    @property
    def result(self) -> Kind:
        plain = {**self.making, **(self.inner.making if self.inner is not None else {})}.get("multiply_by_inputs", True)
        return "slope" if SLOPES & set(self.names) or not plain else "contribution"

    @property
    def adds_up(self) -> bool:
        """A mask's groups are answered with one number each, written on every member."""
        return self.kind.__name__ in ADDING_UP and self.result == "contribution" and not {"feature_mask"} & set(self.asking)

    @property
    def draws_baselines(self) -> bool:
        return bool(DRAWING_BASELINES & set(self.names))


def checked_call(method: str, settings: Mapping[str, Any]) -> CaptumCall:
    """The named class with these settings, each put where captum takes it.

    Raises: MissingExtraError; UnknownNameError, where captum has no such class or setting; CapabilityError, where the class
    does not explain scores; InputError, where a setting is missing.
    """
    kind = _kind(method)
    inner = None
    rest = {name: value for name, value in settings.items() if name != "layer"}
    if "attribution_method" in _parameters(kind.__init__):
        inner = _inner(method, rest)
        rest = {name: value for name, value in rest.items() if name != "attribution_method" and name not in inner.making}
    making = {name: value for name, value in rest.items() if name in _open(kind.__init__)}
    asked = _open(kind.attribute) | (_open(inner.kind.attribute) if inner is not None else set())
    asking = {name: value for name, value in rest.items() if name in asked and name not in making}
    call = CaptumCall(kind, making, asking, inner)
    _check_names(method, settings, call)
    _check_missing(method, call)
    return call


def attribution_classes() -> dict[str, Any]:
    """The attribution classes of captum by name; those that do not explain scores are among them."""
    found = captum_attributions()
    return {
        name: kind
        for name in found.__all__
        if isclass(kind := getattr(found, name))
        and hasattr(kind, "attribute")
        and kind.__module__.startswith("captum.attr._core")
    }


def _kind(method: Any) -> Any:
    known = attribution_classes()
    usable = [name for name in known if not any(part in name for part in NOT_OF_SCORES)]
    if not isinstance(method, str) or method not in known:
        raise UnknownNameError("attribution class of captum", str(method), usable)
    if why := next((why for part, why in NOT_OF_SCORES.items() if part in method), None):
        raise CapabilityError(f"`{method}` of captum is no method here: {why}.")
    return known[method]


def _inner(method: str, settings: Mapping[str, Any]) -> CaptumCall:
    name = settings.get("attribution_method")
    if not isinstance(name, str):
        raise InputError(f"`{method}` of captum needs `attribution_method`, the name of the class it asks. Got {name!r}.")
    kind = _kind(name)
    if "attribution_method" in _parameters(kind.__init__):
        raise InputError(f"`attribution_method` must be a class that asks the model itself. Got {name!r}.")
    return CaptumCall(kind, {key: value for key, value in settings.items() if key in _open(kind.__init__)}, {})


def _check_names(method: str, settings: Mapping[str, Any], call: CaptumCall) -> None:
    inside = set() if call.inner is None else _open(call.inner.kind.__init__) | _open(call.inner.kind.attribute)
    known = _open(call.kind.__init__) | _open(call.kind.attribute) | inside | ({"layer"} if call.takes_layer else set())
    for name in settings:
        if name not in known:
            raise UnknownNameError(f"setting of captum's {method}", name, known)


def _check_missing(method: str, call: CaptumCall) -> None:
    parameters = {**_parameters(call.kind.attribute), **(_parameters(call.inner.kind.attribute) if call.inner else {})}
    missing = [
        name
        for name, parameter in parameters.items()
        if name not in GIVEN | set(call.asking) and parameter.default is Parameter.empty and _is_named(parameter)
    ]
    if missing:
        needed = " and ".join(f"`{name}`" for name in missing)
        remedy = ", ".join(f"{name!r}: ..." for name in missing)
        raise InputError(f"`{method}` of captum needs {needed}. Got no value. Give `settings={{{remedy}}}`.")


def _open(function: Any) -> set[str]:
    """Names of what a user may set."""
    return {name for name, parameter in _parameters(function).items() if name not in GIVEN and _is_named(parameter)}


def _is_named(parameter: Parameter) -> bool:
    return parameter.kind not in (Parameter.VAR_KEYWORD, Parameter.VAR_POSITIONAL)


def _parameters(function: Any) -> Mapping[str, Parameter]:
    return signature(function).parameters
