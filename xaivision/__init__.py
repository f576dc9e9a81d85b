"""Explanations of image and table classifiers, each with a verdict, next to controls that ignore the model.

    import xaivision as xv

    model = xv.load_model("efficientnet_lite0")
    images = xv.load_images("cat.jpg", model)
    explanation = xv.explain(model, images, "integrated_gradients")
    explanation.verdict; explanation.show(); explanation.save("cat")

Names are imported when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xaivision.core.presenting import Presenter, install

if TYPE_CHECKING:
    from xaivision import explainers
    from xaivision.auditing import audit
    from xaivision.benchmarking import benchmark
    from xaivision.choosing import cross_table, recommend
    from xaivision.core.attribution import Attribution
    from xaivision.core.batch_probe import probe_batch_size
    from xaivision.core.boosted_trees_classifier import BoostedTreesClassifier
    from xaivision.core.classifier import Classifier
    from xaivision.core.function_classifier import FunctionClassifier
    from xaivision.core.huggingface_classifier import HuggingFaceClassifier
    from xaivision.core.image_format import ImageFormat
    from xaivision.core.onnx_classifier import OnnxClassifier
    from xaivision.core.scores import Scores
    from xaivision.core.sklearn_classifier import SklearnClassifier
    from xaivision.core.targets import Target
    from xaivision.core.torch_classifier import TorchClassifier
    from xaivision.core.verdict import Verdict
    from xaivision.data.image_folders import ImageFolders, load_image_folders
    from xaivision.data.registry import load_dataset
    from xaivision.data.schema import TableSchema
    from xaivision.evaluation.attribute_sheet import attribute_sheet
    from xaivision.evaluation.comparison import Comparison
    from xaivision.evaluation.masked_finetuning import Masking, masked_finetuning
    from xaivision.evaluation.prototypes.attacked_certificate import attack_certificate
    from xaivision.evaluation.prototypes.evaluating import evaluate_prototypes
    from xaivision.evaluation.prototypes.push_gaps import push_gaps
    from xaivision.evaluation.random_labels import trained_on_random_labels
    from xaivision.explainers.captum_original import Captum
    from xaivision.explainers.counterfactuals.attributes import find_attributes
    from xaivision.explainers.counterfactuals.survives_deletion import SurvivesDeletion
    from xaivision.explainers.lfa_presets import lfa_presets
    from xaivision.explainers.lime_package import LimePackage
    from xaivision.explainers.narratives.huggingface_loading import load_captioner
    from xaivision.explainers.prototypes.characteristics import explain_prototypes
    from xaivision.explainers.prototypes.distribution_gallery import distribution_gallery
    from xaivision.explainers.prototypes.gallery import prototype_gallery
    from xaivision.explainers.prototypes.prototype_uncertainty import explain_uncertainty, prototype_draws
    from xaivision.explainers.prototypes.summary import summarized
    from xaivision.explainers.shap_original import Shap
    from xaivision.explainers.tree_paths import tree_paths
    from xaivision.facade import classifier, compare, evaluate, explain, load_images, load_model, load_sample_images, preflight
    from xaivision.models.generators.autoencoder_file import load_picture_autoencoder
    from xaivision.models.generators.picture_autoencoder import picture_autoencoder
    from xaivision.models.prototypes.certifying import certified
    from xaivision.models.table_networks import train_table
    from xaivision.models.trained_file import load_trained
    from xaivision.models.transfer import train
    from xaivision.narrating import narrate
    from xaivision.picking import submodular_pick
    from xaivision.report.files import load
    from xaivision.report.shap_explanation import shap_explanation
    from xaivision.shortcut_search import shortcuts
    from xaivision.surrogate_making import surrogate
    from xaivision.surrogates.study import SurrogateStudy
    from xaivision.surrogates.surrogate_file import load_surrogate
    from xaivision.terminal import progress

__version__ = "0.1.0"

__all__ = [
    "Attribution",
    "BoostedTreesClassifier",
    "Captum",
    "Classifier",
    "Comparison",
    "FunctionClassifier",
    "HuggingFaceClassifier",
    "ImageFolders",
    "ImageFormat",
    "LimePackage",
    "Masking",
    "OnnxClassifier",
    "Scores",
    "Shap",
    "SklearnClassifier",
    "SurrogateStudy",
    "SurvivesDeletion",
    "TableSchema",
    "Target",
    "TorchClassifier",
    "Verdict",
    "attack_certificate",
    "attribute_sheet",
    "audit",
    "benchmark",
    "certified",
    "classifier",
    "compare",
    "cross_table",
    "distribution_gallery",
    "evaluate",
    "evaluate_prototypes",
    "explain",
    "explain_prototypes",
    "explain_uncertainty",
    "explainers",
    "find_attributes",
    "lfa_presets",
    "load",
    "load_captioner",
    "load_dataset",
    "load_image_folders",
    "load_images",
    "load_model",
    "load_picture_autoencoder",
    "load_sample_images",
    "load_surrogate",
    "load_trained",
    "masked_finetuning",
    "narrate",
    "picture_autoencoder",
    "preflight",
    "probe_batch_size",
    "progress",
    "prototype_draws",
    "prototype_gallery",
    "push_gaps",
    "recommend",
    "shap_explanation",
    "shortcuts",
    "submodular_pick",
    "summarized",
    "surrogate",
    "train",
    "train_table",
    "trained_on_random_labels",
    "tree_paths",
]

_ROOMS = {
    "Attribution": "xaivision.core.attribution",
    "BoostedTreesClassifier": "xaivision.core.boosted_trees_classifier",
    "Captum": "xaivision.explainers.captum_original",
    "Classifier": "xaivision.core.classifier",
    "Comparison": "xaivision.evaluation.comparison",
    "FunctionClassifier": "xaivision.core.function_classifier",
    "HuggingFaceClassifier": "xaivision.core.huggingface_classifier",
    "ImageFolders": "xaivision.data.image_folders",
    "ImageFormat": "xaivision.core.image_format",
    "LimePackage": "xaivision.explainers.lime_package",
    "Masking": "xaivision.evaluation.masked_finetuning",
    "OnnxClassifier": "xaivision.core.onnx_classifier",
    "Scores": "xaivision.core.scores",
    "Shap": "xaivision.explainers.shap_original",
    "SklearnClassifier": "xaivision.core.sklearn_classifier",
    "SurrogateStudy": "xaivision.surrogates.study",
    "SurvivesDeletion": "xaivision.explainers.counterfactuals.survives_deletion",
    "TableSchema": "xaivision.data.schema",
    "Target": "xaivision.core.targets",
    "TorchClassifier": "xaivision.core.torch_classifier",
    "Verdict": "xaivision.core.verdict",
    "attack_certificate": "xaivision.evaluation.prototypes.attacked_certificate",
    "attribute_sheet": "xaivision.evaluation.attribute_sheet",
    "audit": "xaivision.auditing",
    "benchmark": "xaivision.benchmarking",
    "certified": "xaivision.models.prototypes.certifying",
    "classifier": "xaivision.facade",
    "compare": "xaivision.facade",
    "cross_table": "xaivision.choosing",
    "distribution_gallery": "xaivision.explainers.prototypes.distribution_gallery",
    "evaluate": "xaivision.facade",
    "evaluate_prototypes": "xaivision.evaluation.prototypes.evaluating",
    "explain": "xaivision.facade",
    "explain_prototypes": "xaivision.explainers.prototypes.characteristics",
    "explain_uncertainty": "xaivision.explainers.prototypes.prototype_uncertainty",
    "find_attributes": "xaivision.explainers.counterfactuals.attributes",
    "lfa_presets": "xaivision.explainers.lfa_presets",
    "load": "xaivision.report.files",
    "load_captioner": "xaivision.explainers.narratives.huggingface_loading",
    "load_dataset": "xaivision.data.registry",
    "load_image_folders": "xaivision.data.image_folders",
    "load_images": "xaivision.facade",
    "load_model": "xaivision.facade",
    "load_picture_autoencoder": "xaivision.models.generators.autoencoder_file",
    "load_sample_images": "xaivision.facade",
    "load_surrogate": "xaivision.surrogates.surrogate_file",
    "load_trained": "xaivision.models.trained_file",
    "masked_finetuning": "xaivision.evaluation.masked_finetuning",
    "narrate": "xaivision.narrating",
    "picture_autoencoder": "xaivision.models.generators.picture_autoencoder",
    "preflight": "xaivision.facade",
    "probe_batch_size": "xaivision.core.batch_probe",
    "progress": "xaivision.terminal",
    "prototype_draws": "xaivision.explainers.prototypes.prototype_uncertainty",
    "prototype_gallery": "xaivision.explainers.prototypes.gallery",
    "push_gaps": "xaivision.evaluation.prototypes.push_gaps",
    "recommend": "xaivision.choosing",
    "shap_explanation": "xaivision.report.shap_explanation",
    "shortcuts": "xaivision.shortcut_search",
    "submodular_pick": "xaivision.picking",
    "summarized": "xaivision.explainers.prototypes.summary",
    "surrogate": "xaivision.surrogate_making",
    "train": "xaivision.models.transfer",
    "train_table": "xaivision.models.table_networks",
    "trained_on_random_labels": "xaivision.evaluation.random_labels",
    "tree_paths": "xaivision.explainers.tree_paths",
}


def __getattr__(name: str) -> Any:
    if name == "explainers":
        return import_module("xaivision.explainers")  # a package of classes: `xv.explainers.KernelShap`
    if name not in _ROOMS:
        raise AttributeError(f"module 'xaivision' has no attribute {name!r}")
    value = getattr(import_module(_ROOMS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


class _LatePresenter:
    """Reaches `report/` only when a result is shown or saved."""

    def show(self, result: Any, index: int | None = None) -> Any:
        return self._presenter().show(result, index)

    def save(self, result: Any, path: str | Path) -> Path:
        return self._presenter().save(result, path)

    def html(self, result: Any) -> str:
        return self._presenter().html(result)

    def _presenter(self) -> Presenter:
        presenter: Presenter = import_module("xaivision.report.presenter").ReportPresenter()
        return presenter


install(_LatePresenter())
