"""Top-k intersection: how many of the k largest values lie on what should be found."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from xaivision.core.about import AboutEvaluator
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.origin import told_settings
from xaivision.core.scores import Scores
from xaivision.core.settings import check_positive_integer
from xaivision.engines.localization import top_share
from xaivision.evaluation.masks import Masks, defined, empty_masks, fitting_masks
from xaivision.evaluation.measurement import measurement


@dataclass(frozen=True, eq=False)
class TopKIntersection:
    """Of the `k` largest values the share that lies in the mask. Values that tie for the last places share them.

    `k`: a number of positions or columns; None takes one in fifty of them, which is the paper's 1000 on photos of 224 pixels.
    `masks`: (B, H, W) for images, (B, F) for tables, or one without B for all inputs; 0 and 1.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="top_k_intersection",
        answers="Do the largest values lie on what should be found?",
        misleads="The model may not use what the mask shows; a mask smaller than k cannot be hit by all.",
        cost="none",
        source="Theiner, Mueller-Budack, Ewerth, 2021, arXiv:2104.14995",
        higher_is_better=True,
        needs=Access.LABELS,
        shown_truth=True,
    )

    masks: Masks
    k: int | None = None

    __repr__ = told_settings

    def __post_init__(self) -> None:
        if self.k is not None:
            check_positive_integer("k", self.k)

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) shares from 0 to 1; undefined where the mask is empty.

        Raises: InputError, where the masks do not fit, or there are fewer than k features.
        """
        with measurement(self, model, explanation) as m:
            masks = fitting_masks(self.masks, explanation)
            features = masks[0].numel()
            k = max(1, round(features / 50)) if self.k is None else self.k
            if k > features:
                raise InputError(f"`k` must be at most the number of features, {features}. Got {k}.")
            found = top_share(explanation.feature_values, masks, torch.full((len(masks),), k, device="cpu"))
            return m.scores(defined(found, masks), f"share of the {k} largest", notes=empty_masks(masks))
