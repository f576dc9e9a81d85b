"""Which methods fit a model: all of them, and the usual few that are compared where nobody names any."""

from collections.abc import Collection
from importlib.util import find_spec

from xaivision.core.about import Domain
from xaivision.core.access import Access
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import XaivisionError
from xaivision.core.requirements import unmet
from xaivision.explainers.needed_settings import lacking_settings
from xaivision.explainers.prototypes.prototype_question import has_prototypes
from xaivision.explainers.registry import explainers
from xaivision.explainers.tree_models import Unit, ensemble_of
from xaivision.explainers.tree_rows import split_pipeline
from xaivision.explainers.tree_walks import is_patch_tree

# One of each kind, none of which asks for much more than a thousand passes (times the rows of a background, where one is
# given): by domain, and whether the model shows its gradients.
USUAL_METHODS: dict[tuple[Domain, bool], tuple[str, ...]] = {
    ("image", True): (
        "saliency",
        "input_x_gradient",
        "integrated_gradients",
        "smooth_grad",
        "grad_cam",
        "layerwise_relevance",
        "occlusion",
        "nearest_examples",
    ),
    ("image", False): ("occlusion", "lime_image", "kernel_shap", "nearest_examples"),
    ("tabular", True): (
        "saliency",
        "input_x_gradient",
        "integrated_gradients",
        "smooth_grad",
        "layerwise_relevance",
        "occlusion",
        "kernel_shap",
        "nearest_examples",
    ),
    ("tabular", False): ("tree_shap", "kernel_shap", "feature_ablation", "lime_tabular", "nearest_examples"),
}


def fitting_methods(model: ClassifierAdapter, given: Collection[str] = ()) -> tuple[str, ...]:
    """Names of the methods that fit this model and need no setting but those that will be given, controls left out."""
    settings = dict.fromkeys(given, True)
    reading = {"tree_shap": _trees(model), "prototype_matches": has_prototypes(model), "tree_path": is_patch_tree(model)}
    unfit = {name for name, has_it in reading.items() if not has_it}
    return tuple(
        name
        for name, made in explainers().items()
        if not made.about.control
        and name not in unfit
        and not unmet(made.about, model)
        and not lacking_settings(made, settings, model.domain)
    )


def usual_methods(model: ClassifierAdapter, given: Collection[str] = ()) -> tuple[str, ...]:
    """Those of the usual methods that fit this model and need no setting but those that will be given.

    Trees are asked by `tree_shap` where what they add up is the score. With a background it gives exactly what `kernel_shap`
    would come near to, at a fraction of the cost, and stands for both. Of pictures a background is for the neighbors alone:
    `kernel_shap` would ask a thousand times about each of its photos, and is left out.
    """
    fitting = fitting_methods(model, given)
    summed = _trees(model) == ("probability" if model.score_unit == "probability" else "margin")
    left_out = set() if summed else {"tree_shap"}
    if "background" in given and (summed or model.domain == "image"):
        left_out.add("kernel_shap")
    wanted = USUAL_METHODS[model.domain, model.access >= Access.GRADIENTS]
    return tuple(name for name in wanted if name in fitting and name not in left_out)


def _trees(model: ClassifierAdapter) -> Unit | None:
    """What the trees add up to, where the model is made of such as `tree_shap` reads, and shap is there to do it."""
    if model.domain != "tabular" or find_spec("shap") is None:
        return None
    try:
        return ensemble_of(split_pipeline(model.model)[1]).unit
    except XaivisionError:
        return None
