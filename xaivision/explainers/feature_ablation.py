"""Feature ablation: take one segment, column or group away at a time."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.origin import told_settings
from xaivision.core.question import question
from xaivision.core.targets import Targets
from xaivision.engines.grouping import Groups
from xaivision.engines.segments import SegmentsSetting
from xaivision.explainers.absence import Absent
from xaivision.explainers.background import check_background
from xaivision.explainers.players import games_of


@dataclass(frozen=True, eq=False)
class FeatureAblation:
    """The drop of the score when one player is absent, shared evenly among its positions: (B, 1, H, W), or (B, F).

    Players are the `segments` of a picture (a name, a segmenter or a label map), the columns of a table, or its `groups`.
    Absent ones take the `baseline`, or in turn the rows of a `background`, over which the score is averaged.
    """

    about: ClassVar[About] = About(
        name="feature_ablation",
        answers="How much does the score fall when this segment or column alone is taken away?",
        misleads="Evidence that is present twice hides itself: either part can be taken away without loss. Values do not add up.",
        cost="1 forward a player (times the rows of a background) + 1",
        source="Zeiler, Fergus, 2013, arXiv:1311.2901; Lei et al. (LOCO), 2018, arXiv:1604.04173",
        needs=Access.SCORES,
    )

    segments: SegmentsSetting = "slic"
    groups: Groups | None = None
    baseline: Absent = "auto"
    background: Tensor | None = None

    __repr__ = told_settings

    def __post_init__(self) -> None:
        if self.background is not None:
            check_background(self.background)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions: drops of the score in its unit."""
        with question(self, model, inputs, targets, seed=seed) as q:
            played = games_of(q, self)
            drops = [game.full - game(~torch.eye(game.players, dtype=torch.bool, device="cpu")) for game in played.games]
            return played.attribution(drops)
