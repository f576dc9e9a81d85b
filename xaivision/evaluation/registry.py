"""Every metric and sanity check by name."""

from dataclasses import fields
from typing import Any

from xaivision.core.errors import UnknownNameError
from xaivision.core.protocols import Metric, SanityCheck
from xaivision.evaluation.completeness import Completeness
from xaivision.evaluation.parameter_randomization import ParameterRandomization
from xaivision.evaluation.removal import Deletion, Insertion
from xaivision.evaluation.sparseness import Sparseness

METRICS: dict[str, type[Metric]] = {
    "deletion": Deletion,
    "insertion": Insertion,
    "completeness": Completeness,
    "sparseness": Sparseness,
}
SANITY_CHECKS: dict[str, type[SanityCheck]] = {"parameter_randomization": ParameterRandomization}
EVALUATORS: dict[str, type[Metric] | type[SanityCheck]] = {**METRICS, **SANITY_CHECKS}


def metric(name: str, **settings: Any) -> Metric:
    """The named metric with these settings.

    Raises: UnknownNameError, where the name or a setting is unknown.
    """
    made: Metric = _made(name, METRICS, "metric", settings)
    return made


def sanity_check(name: str, **settings: Any) -> SanityCheck:
    """The named sanity check with these settings.

    Raises: UnknownNameError, where the name or a setting is unknown.
    """
    made: SanityCheck = _made(name, SANITY_CHECKS, "sanity check", settings)
    return made


def _made(name: str, known: dict[str, Any], what: str, settings: dict[str, Any]) -> Any:
    if name not in known:
        raise UnknownNameError(what, name, known)
    allowed = {part.name for part in fields(known[name])}
    for setting in settings:
        if setting not in allowed:
            raise UnknownNameError(f"setting of `{name}`", setting, allowed)
    return known[name](**settings)
