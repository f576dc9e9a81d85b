"""Every metric and sanity check by name."""

from typing import Any

from xaivision.core.protocols import Metric, SanityCheck
from xaivision.core.registered import made
from xaivision.evaluation.completeness import Completeness
from xaivision.evaluation.complexity import EffectiveComplexity, Entropy
from xaivision.evaluation.consistency import Consistency
from xaivision.evaluation.data_randomization import DataRandomization
from xaivision.evaluation.efficient_parameter_randomization import EfficientParameterRandomization
from xaivision.evaluation.f_fidelity import FFidelity
from xaivision.evaluation.faithfulness_correlation import FaithfulnessCorrelation, MuFidelity
from xaivision.evaluation.faithfulness_estimate import FaithfulnessEstimate
from xaivision.evaluation.focus import Focus
from xaivision.evaluation.infidelity import Infidelity
from xaivision.evaluation.input_invariance import InputInvariance
from xaivision.evaluation.irof import Irof
from xaivision.evaluation.local_lipschitz import LocalLipschitz
from xaivision.evaluation.localization_auc import LocalizationAuc
from xaivision.evaluation.monotonicity import Monotonicity, MonotonicityCorrelation, NonSensitivity
from xaivision.evaluation.parameter_randomization import ParameterRandomization
from xaivision.evaluation.pixel_flipping import PixelFlipping
from xaivision.evaluation.pointing_game import PointingGame
from xaivision.evaluation.random_logit import RandomLogit
from xaivision.evaluation.region_perturbation import RegionPerturbation, Selectivity
from xaivision.evaluation.relative_stability import (
    RelativeInputStability,
    RelativeOutputStability,
    RelativeRepresentationStability,
)
from xaivision.evaluation.relevance_localization import AttributionLocalization, RelevanceMass, RelevanceRank
from xaivision.evaluation.removal import Deletion, Insertion
from xaivision.evaluation.retraining import Kar, Roar
from xaivision.evaluation.road import Road
from xaivision.evaluation.robust_fidelity import RobustFidelity
from xaivision.evaluation.seed_stability import SeedStability
from xaivision.evaluation.sensitivity import AvgSensitivity, MaxSensitivity
from xaivision.evaluation.sensitivity_n import SensitivityN
from xaivision.evaluation.smooth_parameter_randomization import SmoothParameterRandomization
from xaivision.evaluation.sparseness import Sparseness
from xaivision.evaluation.sufficiency import Sufficiency
from xaivision.evaluation.top_k_intersection import TopKIntersection

METRICS: dict[str, type[Metric]] = {
    "deletion": Deletion,
    "insertion": Insertion,
    "completeness": Completeness,
    "sparseness": Sparseness,
    "entropy": Entropy,
    "effective_complexity": EffectiveComplexity,
    "faithfulness_correlation": FaithfulnessCorrelation,
    "faithfulness_estimate": FaithfulnessEstimate,
    "mu_fidelity": MuFidelity,
    "sensitivity_n": SensitivityN,
    "infidelity": Infidelity,
    "robust_fidelity": RobustFidelity,
    "f_fidelity": FFidelity,
    "pixel_flipping": PixelFlipping,
    "region_perturbation": RegionPerturbation,
    "selectivity": Selectivity,
    "irof": Irof,
    "road": Road,
    "monotonicity": Monotonicity,
    "monotonicity_correlation": MonotonicityCorrelation,
    "non_sensitivity": NonSensitivity,
    "pointing_game": PointingGame,
    "relevance_mass": RelevanceMass,
    "relevance_rank": RelevanceRank,
    "top_k_intersection": TopKIntersection,
    "attribution_localization": AttributionLocalization,
    "localization_auc": LocalizationAuc,
}
SANITY_CHECKS: dict[str, type[SanityCheck]] = {
    "parameter_randomization": ParameterRandomization,
    "smooth_parameter_randomization": SmoothParameterRandomization,
    "efficient_parameter_randomization": EfficientParameterRandomization,
    "random_logit": RandomLogit,
    "data_randomization": DataRandomization,
    "input_invariance": InputInvariance,
    "max_sensitivity": MaxSensitivity,
    "avg_sensitivity": AvgSensitivity,
    "local_lipschitz": LocalLipschitz,
    "relative_input_stability": RelativeInputStability,
    "relative_output_stability": RelativeOutputStability,
    "relative_representation_stability": RelativeRepresentationStability,
    "seed_stability": SeedStability,
    "consistency": Consistency,
    "sufficiency": Sufficiency,
    "focus": Focus,
    "roar": Roar,
    "kar": Kar,
}
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
