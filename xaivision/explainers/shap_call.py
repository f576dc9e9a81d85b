"""The algorithms of the shap package by name: what each is given of a model, and which settings it takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from xaivision.core.about import BOTH_DOMAINS, Domain
from xaivision.core.errors import CapabilityError, InputError, UnknownNameError

TABLES: tuple[Domain, ...] = ("tabular",)


@dataclass(frozen=True)
class ShapAlgorithm:
    """`kind`: shap's class. `sees`: whether it asks a function, looks at a torch module's layers, or reads an estimator.

    `draws`: it leaves chance in its values and does not say how much. `background`: whether it cannot do without one.
    """

    kind: str
    sees: Literal["function", "module", "estimator"]
    settings: tuple[str, ...] = ()
    domains: tuple[Domain, ...] = TABLES
    draws: bool = False
    background: bool = True


ALGORITHMS: dict[str, ShapAlgorithm] = {
    "exact": ShapAlgorithm("ExactExplainer", "function", ("max_evals", "batch_size")),
    "permutation": ShapAlgorithm("PermutationExplainer", "function", ("max_evals", "batch_size"), draws=True),
    "partition": ShapAlgorithm(
        "PartitionExplainer",
        "function",
        ("max_evals", "batch_size", "fixed_context", "mask_value", "clustering"),
        BOTH_DOMAINS,
        background=False,
    ),
    "kernel": ShapAlgorithm("KernelExplainer", "function", ("nsamples", "l1_reg"), draws=True),
    "sampling": ShapAlgorithm("SamplingExplainer", "function", ("nsamples", "min_samples_per_feature"), draws=True),
    "additive": ShapAlgorithm("AdditiveExplainer", "function"),
    "linear": ShapAlgorithm("LinearExplainer", "estimator"),
    "tree": ShapAlgorithm(
        "TreeExplainer",
        "estimator",
        ("model_output", "feature_perturbation", "approximate", "tree_limit", "check_additivity"),
        background=False,
    ),
    "deep": ShapAlgorithm("DeepExplainer", "module", ("check_additivity",), BOTH_DOMAINS),
    "gradient": ShapAlgorithm(
        "GradientExplainer", "module", ("nsamples", "batch_size", "local_smoothing", "rseed"), BOTH_DOMAINS, draws=True
    ),
}
# What TreeExplainer may be asked to explain: the loss is no score of the model.
MODEL_OUTPUTS = ("raw", "probability")


def checked_algorithm(name: Any, settings: Mapping[str, Any], background: object) -> ShapAlgorithm:
    """The named algorithm.

    Raises: UnknownNameError, where shap has no such algorithm or setting; InputError, where a background is missing or the
    explained output is none of the model's.
    """
    if not isinstance(name, str) or name not in ALGORITHMS:
        raise UnknownNameError("algorithm of shap", str(name), ALGORITHMS)
    algorithm = ALGORITHMS[name]
    for setting in settings:
        if setting not in algorithm.settings:
            raise UnknownNameError(f"setting of shap's {algorithm.kind}", setting, ("background", *algorithm.settings))
    if algorithm.background and background is None:
        raise InputError(f"`{name}` of shap needs a `background` (N, *S), which absent features are taken from. Got none.")
    if settings.get("model_output", "raw") not in MODEL_OUTPUTS:
        raise InputError(f"`model_output` must be 'raw' or 'probability'. Got {settings['model_output']!r}.")
    return algorithm


def check_domain(name: str, settings: Mapping[str, Any], domain: Domain) -> None:
    """Raises: CapabilityError, where the algorithm is not for such inputs; InputError, where a setting is for others."""
    if domain not in ALGORITHMS[name].domains:
        raise CapabilityError(
            f"`{name}` of shap is for tables: of a picture every value would be a player. Got a model of {domain} inputs. "
            "Use 'partition', 'gradient' or 'deep'."
        )
    misplaced, meant = ("clustering", "tables") if domain == "image" else ("mask_value", "images")
    if misplaced in settings:
        raise InputError(f"`{misplaced}` is for {meant}. Got a model of {domain} inputs. Leave it out.")
