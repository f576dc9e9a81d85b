"""Every metric and sanity check by name."""

from typing import Any

from xaivision.core.protocols import Metric, SanityCheck
from xaivision.core.registered import made
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

    Raises: UnknownNameError, where the name or a setting is unknown; InputError, where a setting is missing or wrong.
    """
    return made("metric", name, METRICS, settings)


def sanity_check(name: str, **settings: Any) -> SanityCheck:
    """The named sanity check with these settings.

    Raises: UnknownNameError, where the name or a setting is unknown; InputError, where a setting is missing or wrong.
    """
    return made("sanity check", name, SANITY_CHECKS, settings)
