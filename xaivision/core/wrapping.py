"""One factory: anything that scores a batch becomes a classifier, or an error says which adapter to use."""

from inspect import signature
from typing import Any

from torch import nn

from xaivision.core.about import Domain
from xaivision.core.boosted_trees_classifier import BoostedTreesClassifier
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.extras import made_by
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.huggingface_classifier import HuggingFaceClassifier
from xaivision.core.onnx_classifier import OnnxClassifier
from xaivision.core.onnx_session import is_onnx
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.timm_preprocessing import is_timm_model, timm_settings
from xaivision.core.torch_classifier import TorchClassifier


def classifier(anything: Any, **settings: Any) -> ClassifierAdapter:
    """An adapter around a classifier, a torch module, an estimator, boosted trees, an ONNX model or a callable.

    `settings` are those of the adapter: `domain`, `num_classes`, `score_unit`, `class_names`, `image_format`, `schema`,
    `mean`, `std`, `array`, `processor`, `layout`, `output`, `batch_size`. What a model shows of itself need not be said.

    Raises: InputError, where something has to be said, or nothing fits; MissingExtraError.
    """
    if isinstance(anything, ClassifierAdapter):
        return _unchanged(anything, settings)
    if isinstance(anything, type):
        raise InputError(f"`classifier` takes an object. Got the class {anything.__name__}. Make one of it first.")
    if isinstance(anything, nn.Module):
        return _around_module(anything, settings)
    if is_onnx(anything):
        return OnnxClassifier(anything, **_known(OnnxClassifier, settings))
    if made_by(anything, "xgboost", "lightgbm"):
        return BoostedTreesClassifier(anything, **_known(BoostedTreesClassifier, settings))
    if isinstance(anything, Classifier):
        return _around_classifier(anything, settings)
    if hasattr(anything, "predict_proba") or hasattr(anything, "decision_function"):
        return SklearnClassifier(anything, **_known(SklearnClassifier, settings))
    if callable(anything):
        return _around_function(anything, settings)
    raise InputError(
        f"`classifier` takes a torch module, a fitted estimator with `predict_proba` or `decision_function`, or a function "
        f"of a batch. Got {type(anything).__name__}.{_remedy(anything)}"
    )


def _remedy(anything: Any) -> str:
    if isinstance(anything, str):
        return f" Load a model by its name first: xv.load_model({anything!r})."
    if isinstance(anything, bytes | bytearray):
        return " Where these are the bytes of an ONNX file, use OnnxClassifier(content)."
    return ""


def _unchanged(adapter: ClassifierAdapter, settings: dict[str, Any]) -> ClassifierAdapter:
    if settings:
        raise InputError(f"{adapter!r} is a classifier already. Give {', '.join(settings)} where it is made.")
    return adapter


def _known(adapter: type[ClassifierAdapter], settings: dict[str, Any]) -> dict[str, Any]:
    """Raises: UnknownNameError, where the adapter has no such setting."""
    names = list(signature(adapter).parameters)[1:]
    for name in settings:
        if name not in names:
            raise UnknownNameError(f"setting of {adapter.__name__}", name, names)
    return settings


def _around_classifier(model: Classifier, settings: dict[str, Any]) -> FunctionClassifier:
    known = {name: getattr(model, name) for name in ("num_classes", "score_unit", "domain", "class_names")}
    return FunctionClassifier(model, array="torch", **{**known, **_known(FunctionClassifier, settings)})


def _around_function(function: Any, settings: dict[str, Any]) -> FunctionClassifier:
    missing = [name for name in ("num_classes", "score_unit", "domain") if name not in settings]
    if missing:
        raise InputError(
            f"A function says nothing of itself: give {', '.join(f'`{name}`' for name in missing)}, as in "
            "classifier(f, num_classes=10, score_unit='probability', domain='image')."
        )
    return FunctionClassifier(function, **_known(FunctionClassifier, settings))


def _around_module(module: nn.Module, settings: dict[str, Any]) -> TorchClassifier:
    said = {name: value for name, value in settings.items() if value is not None}
    if "processor" in said:
        return HuggingFaceClassifier(module, **_known(HuggingFaceClassifier, said))
    given = {name: value for name, value in _known(TorchClassifier, settings).items() if value is not None}
    if made_by(module, "transformers"):
        given = _without_processor(module, given)
    if is_timm_model(module):
        given = timm_settings(module, given)
    domain = given.pop("domain") if "domain" in given else _module_domain(module)
    num_classes = given.pop("num_classes") if "num_classes" in given else _module_classes(module)
    return TorchClassifier(module, num_classes, domain=domain, **given)


def _without_processor(module: nn.Module, given: dict[str, Any]) -> dict[str, Any]:
    """Its own number of classes, where the caller says what its processor does to pixels.

    Raises: InputError, where nobody says it: pixels that are not scaled as in training give other scores, and no error.
    """
    if given.get("domain") != "tabular" and "mean" not in given:
        raise InputError(
            "A model of Hugging Face must come with its image processor: xv.classifier(model, processor=processor), as "
            "AutoImageProcessor gives it. Where it has none, give `mean` and `std`, such as mean=[0, 0, 0] and std=[1, 1, 1]."
        )
    labels = getattr(getattr(module, "config", None), "num_labels", None)
    return {**({"num_classes": labels} if labels is not None else {}), **given}


def _module_domain(module: nn.Module) -> Domain:
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            return "image"
        if isinstance(part, nn.Linear):
            return "tabular"
    raise InputError(
        "`domain` cannot be read off this module: it has no Conv2d and no Linear layer. Give domain='image' or domain='tabular'."
    )


def _module_classes(module: nn.Module) -> int:
    # An auxiliary convolution may stand behind the last linear layer: only a network without one scores by convolution.
    linear: list[nn.Linear | nn.Conv2d] = [part for part in module.modules() if isinstance(part, nn.Linear)]
    last = linear or [part for part in module.modules() if isinstance(part, nn.Conv2d)]
    if not last:
        raise InputError("`num_classes` cannot be read off this module: it has no Linear layer. Give `num_classes`.")
    final = last[-1]
    scores = final.out_features if isinstance(final, nn.Linear) else final.out_channels
    return max(2, scores)
