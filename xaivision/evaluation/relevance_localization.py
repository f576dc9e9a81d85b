"""How much of the positive relevance, and of the highest ranks, lies on what should be found.

Source: Arras, Osman, Samek, CLEVR-XAI, 2020, arXiv:2003.07258; Kohlbrenner et al., 2019, arXiv:1910.09840.
"""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.origin import told_settings
from xaivision.core.scores import Scores
from xaivision.engines.localization import mass_accuracy, top_share
from xaivision.evaluation.masks import Masks, defined, empty_masks, fitting_masks
from xaivision.evaluation.measurement import measurement


@dataclass(frozen=True, eq=False)
class RelevanceMass:
    """The share of the positive values' sum that lies in the mask; a map without contrast has the mask's share of the area.

    `masks`: (B, H, W) for images, (B, F) for tables, or one without B for all inputs; 0 and 1.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="relevance_mass",
        answers="How much of what speaks for the class lies on what should be found?",
        misleads="The model may not use what the mask shows; negative values do not count at all.",
        cost="none",
        source="Arras, Osman, Samek, 2020, arXiv:2003.07258",
        higher_is_better=True,
        needs=Access.LABELS,
        shown_truth=True,
    )

    masks: Masks

    __repr__ = told_settings

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) shares from 0 to 1; undefined where the mask is empty, or no value is positive.

        Raises: InputError, where the masks do not fit.
        """
        with measurement(self, model, explanation) as m:
            masks = fitting_masks(self.masks, explanation)
            return m.scores(_mass(explanation, masks), "share of the positive relevance", notes=empty_masks(masks))


@dataclass(frozen=True, eq=False)
class RelevanceRank:
    """Of the k largest values the share that lies in the mask, with k the size of the mask: 1 where they fill it.

    Values that tie for the last places share them. `masks`: (B, H, W) for images, (B, F) for tables, or one without B for all
    inputs; 0 and 1.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="relevance_rank",
        answers="Do the highest ranks fill what should be found?",
        misleads="The model may not use all of what the mask shows; a map of outlines cannot fill an object.",
        cost="none",
        source="Arras, Osman, Samek, 2020, arXiv:2003.07258",
        higher_is_better=True,
        needs=Access.LABELS,
        shown_truth=True,
    )

    masks: Masks

    __repr__ = told_settings

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) shares from 0 to 1; undefined where the mask is empty.

        Raises: InputError, where the masks do not fit.
        """
        with measurement(self, model, explanation) as m:
            masks = fitting_masks(self.masks, explanation)
            found = top_share(explanation.feature_values, masks, masks.flatten(1).sum(1))
            return m.scores(found, "share of the highest ranks", notes=empty_masks(masks))


@dataclass(frozen=True, eq=False)
class AttributionLocalization:
    """The share of the positive relevance in the mask; with `area_weight` over the mask's share of the area.

    Weighted, a map without contrast has 1 whatever the size of the mask, and a perfect one the inverse of the mask's share.
    `masks`: (B, H, W) for images, (B, F) for tables, or one without B for all inputs; 0 and 1.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="attribution_localization",
        answers="How much denser is what speaks for the class on what should be found than everywhere?",
        misleads="The model may not use what the mask shows; weighted values of large and small masks have other largest values.",
        cost="none",
        source="Kohlbrenner et al., 2019, arXiv:1910.09840",
        higher_is_better=True,
        needs=Access.LABELS,
        shown_truth=True,
    )

    masks: Masks
    area_weight: bool = True

    __repr__ = told_settings

    def __post_init__(self) -> None:
        if not isinstance(self.area_weight, bool):
            raise InputError(f"`area_weight` must be True or False. Got {self.area_weight!r}.")

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) shares, or shares over the mask's share; undefined where the mask is empty, or no value is positive.

        Raises: InputError, where the masks do not fit.
        """
        with measurement(self, model, explanation) as m:
            masks = fitting_masks(self.masks, explanation)
            mass, notes = _mass(explanation, masks), empty_masks(masks)
            if not self.area_weight:
                return m.scores(mass, "share of the positive relevance", notes=notes)
            weighted = mass / masks.flatten(1).double().mean(1)
            return m.scores(weighted, "share of the positive relevance over share of the area", notes=notes)


def _mass(explanation: Attribution, masks: Tensor) -> Tensor:
    return defined(mass_accuracy(explanation.feature_values, masks), masks)
