"""Localization AUC: how well the values tell what should be found from the rest."""

from dataclasses import dataclass
from typing import ClassVar

from xaivision.core.about import AboutEvaluator
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.origin import told_settings
from xaivision.core.scores import Scores
from xaivision.engines.localization import mann_whitney
from xaivision.evaluation.masks import Masks, empty_masks, fitting_masks
from xaivision.evaluation.measurement import measurement


@dataclass(frozen=True, eq=False)
class LocalizationAuc:
    """How often a value in the mask is larger than one outside it, ties counted half: the area under the ROC curve.

    A map without contrast has 0.5, whatever the size of the mask. `masks`: (B, H, W) for images, (B, F) for tables, or one
    without B for all inputs; 0 and 1.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="localization_auc",
        answers="Do the values tell what should be found from the rest?",
        misleads="The model may not use what the mask shows; many values near zero outside a small mask make it look easy.",
        cost="none",
        source="Fawcett, 2006, 10.1016/j.patrec.2005.10.010",
        higher_is_better=True,
        needs=Access.LABELS,
        shown_truth=True,
    )

    masks: Masks

    __repr__ = told_settings

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) areas from 0 to 1; undefined where the mask is empty or full.

        Raises: InputError, where the masks do not fit.
        """
        with measurement(self, model, explanation) as m:
            masks = fitting_masks(self.masks, explanation)
            return m.scores(mann_whitney(explanation.feature_values, masks), "area under ROC", notes=empty_masks(masks))
