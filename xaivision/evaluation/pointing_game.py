"""The pointing game: does the largest value lie on what should be found?"""

from dataclasses import dataclass
from typing import ClassVar

from xaivision.core.about import AboutEvaluator
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.origin import told_settings
from xaivision.core.scores import Scores
from xaivision.core.settings import check_number_from_zero
from xaivision.engines.localization import pointing_hits, widened
from xaivision.evaluation.masks import Masks, defined, empty_masks, fitting_masks
from xaivision.evaluation.measurement import measurement


@dataclass(frozen=True, eq=False)
class PointingGame:
    """1 where the largest value lies in the mask, 0 where it does not; of several largest ones the share that does.

    `masks`: (B, H, W) for images, (B, F) for tables, or one without B for all inputs; 0 and 1. `tolerance`: pixels by which
    a hit may miss the mask; the paper took 15 on photos.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="pointing_game",
        answers="Does the largest value lie on what should be found?",
        misleads="The model may not use what the mask shows, and one pixel says nothing of the rest of the map.",
        cost="none",
        source="Zhang et al., 2016, arXiv:1608.00507",
        higher_is_better=True,
        needs=Access.LABELS,
        shown_truth=True,
    )

    masks: Masks
    tolerance: float = 0

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_number_from_zero("tolerance", self.tolerance)

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) hits from 0 to 1; undefined where the mask is empty.

        Raises: InputError, where the masks do not fit, or a tolerance is given for a table, whose columns have no distances.
        """
        with measurement(self, model, explanation) as m:
            masks = fitting_masks(self.masks, explanation)
            if self.tolerance > 0 and masks.ndim != 3:
                raise InputError(f"`tolerance` is for images. Got {self.tolerance} for a table, whose columns have no distances.")
            wide = widened(masks, self.tolerance) if self.tolerance > 0 else masks
            hits = defined(pointing_hits(explanation.feature_values, wide), masks)
            return m.scores(hits, "hits", notes=empty_masks(masks))
