"""Data randomization: does the explanation tell a model that has learned from one that has only memorized?"""

from dataclasses import dataclass
from typing import Any, ClassVar

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.granted import granted
from xaivision.core.protocols import Explainer
from xaivision.core.scores import Scores
from xaivision.core.wrapping import classifier
from xaivision.evaluation.measurement import measurement
from xaivision.evaluation.random_labels import RandomlyTrained, check_fit
from xaivision.evaluation.same_method import check_same
from xaivision.evaluation.similarity import UNITS, Resemblance, Similarity, check_pictures, check_similarity

UNCHECKED = "whether the model on random labels fits them was not checked: give what `trained_on_random_labels` returns"


@dataclass(frozen=True, eq=False)
class DataRandomization:
    """How alike the map is, from 0 to 1, to the same method's on a model trained on permuted labels; low is good.

    Likeness is the absolute Spearman correlation over the features that are not zero in both maps; `similarity` "ssim": the
    absolute mean SSIM of pictures. A map that is constant has no value.
    `trained`: what `trained_on_random_labels` gives, which must fit its labels well above chance, or the model alone, whose
    fit is then taken on trust.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="data_randomization",
        answers="Does the explanation differ between a model that has learned and one that has memorized random labels?",
        misleads="Two models trained on true labels may differ as much; one that has not fitted its random labels is merely "
        "untrained.",
        cost="1 explanation by the same method, and a forward of each training input where they are given",
        source="Adebayo et al., 2018, arXiv:1810.03292",
        higher_is_better=False,
        judges="explainer",
        training_data=True,
        asks_again="another model",
        least_gain=0.5,
    )

    trained: Any
    similarity: Similarity = "spearman"

    def __post_init__(self) -> None:
        check_similarity(self.similarity)
        if not isinstance(self.trained, RandomlyTrained):
            classifier(self.trained)  # says what it takes where this is no model

    def evaluate(self, model: Classifier, explainer: Explainer, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) likeness; `details` hold it as signed, and that of absolute values.

        Raises: InputError, where the explanation is not this explainer's, windows are asked of a table, or the model on
        random labels is the same one, has other classes, or does not fit its labels.
        """
        with measurement(self, model, explanation) as m:
            check_same(explainer, explanation)
            check_pictures(self.similarity, m.model)
            other = self._other(m.model)
            notes = (self._fit(),)
            query = explanation.query
            with other.held():
                again = explainer.explain(other, query.inputs, query.target, seed=explanation.origin.seed)
            found = Resemblance(self.similarity, explanation.feature_values)(again.as_attribution().feature_values)
            return m.scores(found.signed.abs(), f"absolute {UNITS[self.similarity]}", details=found.details, notes=notes)

    def _other(self, model: ClassifierAdapter) -> ClassifierAdapter:
        other = classifier(self.trained.model if isinstance(self.trained, RandomlyTrained) else self.trained)
        if other is model:
            raise InputError("`trained` must be another model than the one that is explained. Got the same one.")
        if other.num_classes != model.num_classes:
            raise InputError(f"`trained` must have the model's {model.num_classes} classes. Got {other.num_classes}.")
        return granted(other, getattr(model, "granted", None))  # seen as deep as the model, and in the same unit

    def _fit(self) -> str:
        if not isinstance(self.trained, RandomlyTrained):
            return UNCHECKED
        return f"the model on random labels gives {check_fit(self.trained):.0%} of them"
