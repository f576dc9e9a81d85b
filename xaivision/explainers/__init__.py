"""Floor 3: one small frozen dataclass for each method, over the engines.

    from xaivision.explainers import KernelShap

Every class of the registry can be taken from here; it is looked up when it is first used, since torch takes seconds to import.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

__all__ = [
    "AblationCam",
    "Anchors",
    "AttentionRollout",
    "AttributeCounterfactuals",
    "BlurIntegratedGradients",
    "CLime",
    "Captum",
    "CenterGaussian",
    "Composite",
    "Constant",
    "DecisionBoundary",
    "Deconvolution",
    "DeepLift",
    "DeepLiftShap",
    "DeletionRobustCounterfactuals",
    "EigenCam",
    "ExactShapley",
    "ExpectedGradients",
    "Face",
    "FeatureAblation",
    "FullGrad",
    "GeneticCounterfactuals",
    "GradCam",
    "GradCamPlusPlus",
    "GradientCounterfactuals",
    "GrowingSpheres",
    "GuidedBackprop",
    "GuidedGradCam",
    "GuidedIntegratedGradients",
    "HiresCam",
    "InputMagnitude",
    "InputXGradient",
    "IntegratedGradients",
    "KernelShap",
    "LayerCam",
    "LayerwiseRelevance",
    "Lfa",
    "LimeImage",
    "LimePackage",
    "LimeTabular",
    "NearestExamples",
    "NearestUnlikeNeighbors",
    "NearestUnlikePicture",
    "ObjectCounterfactuals",
    "Occlusion",
    "Owen",
    "PartitionShap",
    "PermutationShap",
    "PixelCounterfactuals",
    "ProtoDash",
    "PrototypeMatches",
    "Random",
    "RandomCounterfactuals",
    "Rise",
    "Saliency",
    "ScoreCam",
    "Shap",
    "ShapleyInteractions",
    "SmoothGrad",
    "SmoothGradSquared",
    "Sobel",
    "Sobol",
    "SuperpixelLime",
    "TransformerAttribution",
    "TreePath",
    "TreeShap",
    "VarGrad",
    "XGradCam",
]


def __getattr__(name: str) -> Any:
    # The registry says which classes there are; the list above is for type checkers, and a test holds it to the registry.
    if name not in __all__:
        raise AttributeError(f"module 'xaivision.explainers' has no attribute {name!r}")
    registered = import_module("xaivision.explainers.registry").EXPLAINERS.values()
    globals().update({kind.__name__: kind for kind in registered})
    return globals()[name]


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
