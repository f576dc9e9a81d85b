"""Every explainer by name, third-party ones included."""

import warnings
from collections.abc import Iterable
from dataclasses import is_dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any, cast

from xaivision.core.about import About
from xaivision.core.protocols import Explainer
from xaivision.core.registered import made
from xaivision.core.registered import missing_settings as missing_settings
from xaivision.explainers.ablation_cam import AblationCam
from xaivision.explainers.attention_rollout import AttentionRollout
from xaivision.explainers.blur_integrated_gradients import BlurIntegratedGradients
from xaivision.explainers.c_lime import CLime
from xaivision.explainers.captum_original import Captum
from xaivision.explainers.controls import CenterGaussian, Constant, InputMagnitude, Random, Sobel
from xaivision.explainers.counterfactuals.attribute_counterfactuals import AttributeCounterfactuals
from xaivision.explainers.counterfactuals.decision_boundary import DecisionBoundary
from xaivision.explainers.counterfactuals.deletion_robust import DeletionRobustCounterfactuals
from xaivision.explainers.counterfactuals.face import Face
from xaivision.explainers.counterfactuals.genetic_counterfactuals import GeneticCounterfactuals
from xaivision.explainers.counterfactuals.gradient_counterfactuals import GradientCounterfactuals
from xaivision.explainers.counterfactuals.growing_spheres import GrowingSpheres
from xaivision.explainers.counterfactuals.nearest_unlike_neighbors import NearestUnlikeNeighbors
from xaivision.explainers.counterfactuals.nearest_unlike_picture import NearestUnlikePicture
from xaivision.explainers.counterfactuals.object_counterfactuals import ObjectCounterfactuals
from xaivision.explainers.counterfactuals.pixel_counterfactuals import PixelCounterfactuals
from xaivision.explainers.counterfactuals.random_counterfactuals import RandomCounterfactuals
from xaivision.explainers.deconvolution import Deconvolution
from xaivision.explainers.deep_lift import DeepLift
from xaivision.explainers.deep_lift_shap import DeepLiftShap
from xaivision.explainers.eigen_cam import EigenCam
from xaivision.explainers.exact_shapley import ExactShapley
from xaivision.explainers.expected_gradients import ExpectedGradients
from xaivision.explainers.feature_ablation import FeatureAblation
from xaivision.explainers.full_grad import FullGrad
from xaivision.explainers.grad_cam import GradCam
from xaivision.explainers.grad_cam_plus_plus import GradCamPlusPlus
from xaivision.explainers.guided_backprop import GuidedBackprop
from xaivision.explainers.guided_grad_cam import GuidedGradCam
from xaivision.explainers.guided_integrated_gradients import GuidedIntegratedGradients
from xaivision.explainers.hires_cam import HiresCam
from xaivision.explainers.input_x_gradient import InputXGradient
from xaivision.explainers.integrated_gradients import IntegratedGradients
from xaivision.explainers.kernel_shap import KernelShap
from xaivision.explainers.layer_cam import LayerCam
from xaivision.explainers.layerwise_relevance import LayerwiseRelevance
from xaivision.explainers.lfa import Lfa
from xaivision.explainers.lime_image import LimeImage
from xaivision.explainers.lime_package import LimePackage
from xaivision.explainers.lime_tabular import LimeTabular
from xaivision.explainers.nearest_examples import NearestExamples
from xaivision.explainers.occlusion import Occlusion
from xaivision.explainers.owen import Owen
from xaivision.explainers.partition_shap import PartitionShap
from xaivision.explainers.permutation_shap import PermutationShap
from xaivision.explainers.prototypes.proto_dash import ProtoDash
from xaivision.explainers.prototypes.prototype_matches import PrototypeMatches
from xaivision.explainers.rise import Rise
from xaivision.explainers.rules.anchors import Anchors
from xaivision.explainers.rules.composite import Composite
from xaivision.explainers.saliency import Saliency
from xaivision.explainers.score_cam import ScoreCam
from xaivision.explainers.shap_original import Shap
from xaivision.explainers.shapley_interactions import ShapleyInteractions
from xaivision.explainers.smooth_grad import SmoothGrad
from xaivision.explainers.smooth_grad_squared import SmoothGradSquared
from xaivision.explainers.sobol import Sobol
from xaivision.explainers.superpixel_lime import SuperpixelLime
from xaivision.explainers.transformer_attribution import TransformerAttribution
from xaivision.explainers.tree_path import TreePath
from xaivision.explainers.tree_shap import TreeShap
from xaivision.explainers.var_grad import VarGrad
from xaivision.explainers.x_grad_cam import XGradCam

EXPLAINERS: dict[str, type[Explainer]] = {
    "saliency": Saliency,
    "input_x_gradient": InputXGradient,
    "integrated_gradients": IntegratedGradients,
    "blur_integrated_gradients": BlurIntegratedGradients,
    "guided_integrated_gradients": GuidedIntegratedGradients,
    "expected_gradients": ExpectedGradients,
    "smooth_grad": SmoothGrad,
    "smooth_grad_squared": SmoothGradSquared,
    "var_grad": VarGrad,
    "deep_lift": DeepLift,
    "deep_lift_shap": DeepLiftShap,
    "layerwise_relevance": LayerwiseRelevance,
    "full_grad": FullGrad,
    "guided_backprop": GuidedBackprop,
    "deconvolution": Deconvolution,
    "guided_grad_cam": GuidedGradCam,
    "grad_cam": GradCam,
    "grad_cam_plus_plus": GradCamPlusPlus,
    "hires_cam": HiresCam,
    "layer_cam": LayerCam,
    "x_grad_cam": XGradCam,
    "score_cam": ScoreCam,
    "ablation_cam": AblationCam,
    "eigen_cam": EigenCam,
    "attention_rollout": AttentionRollout,
    "transformer_attribution": TransformerAttribution,
    "lime_tabular": LimeTabular,
    "c_lime": CLime,
    "occlusion": Occlusion,
    "lime_image": LimeImage,
    "superpixel_lime": SuperpixelLime,
    "feature_ablation": FeatureAblation,
    "exact_shapley": ExactShapley,
    "kernel_shap": KernelShap,
    "permutation_shap": PermutationShap,
    "owen": Owen,
    "shapley_interactions": ShapleyInteractions,
    "tree_shap": TreeShap,
    "partition_shap": PartitionShap,
    "rise": Rise,
    "sobol": Sobol,
    "lfa": Lfa,
    "captum": Captum,
    "shap": Shap,
    "lime_package": LimePackage,
    "nearest_examples": NearestExamples,
    "prototype_matches": PrototypeMatches,
    "tree_path": TreePath,
    "proto_dash": ProtoDash,
    "random_counterfactuals": RandomCounterfactuals,
    "nearest_unlike_neighbors": NearestUnlikeNeighbors,
    "genetic_counterfactuals": GeneticCounterfactuals,
    "gradient_counterfactuals": GradientCounterfactuals,
    "growing_spheres": GrowingSpheres,
    "face": Face,
    "decision_boundary": DecisionBoundary,
    "deletion_robust_counterfactuals": DeletionRobustCounterfactuals,
    "object_counterfactuals": ObjectCounterfactuals,
    "attribute_counterfactuals": AttributeCounterfactuals,
    "pixel_counterfactuals": PixelCounterfactuals,
    "nearest_unlike_picture": NearestUnlikePicture,
    "anchors": Anchors,
    "composite": Composite,
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
            found[entry.name] = _checked(entry.load(), entry.name, [*EXPLAINERS, *found])
        except Exception as error:
            warnings.warn(f"The explainer `{entry.name}` of {entry.value} could not be loaded: {error}", stacklevel=2)
    return found


def _checked(loaded: Any, name: str, taken: Iterable[str]) -> type[Explainer]:
    """Raises: TypeError, where it is not what every list and door here relies on, or its name could mean something else."""
    about = getattr(loaded, "about", None)
    if not (is_dataclass(loaded) and isinstance(about, About) and callable(getattr(loaded, "explain", None))):
        raise TypeError("it is no explainer: a frozen dataclass with `about` and `explain`")
    if about.name != name:
        raise TypeError(f"its card says `{about.name}`; the entry point must have the name that results will show")
    if name in taken:
        raise TypeError("another explainer has that name already")
    return cast(type[Explainer], loaded)


def explainers() -> dict[str, type[Explainer]]:
    """Every explainer by its registry name; the house's own names win."""
    return {**third_party_explainers(), **EXPLAINERS}


def explainer(name: str, **settings: Any) -> Explainer:
    """The named explainer with these settings.

    Raises: UnknownNameError, where the name or a setting is unknown; InputError, where a setting is missing or wrong.
    """
    return made("method", name, explainers(), settings)
