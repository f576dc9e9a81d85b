"""LIME as a study of underwater sonar pictures set it: not the submodular pick that goes by SP-LIME elsewhere."""

from dataclasses import dataclass
from typing import ClassVar

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.origin import told_settings
from xaivision.engines.segments import SegmentsSetting
from xaivision.explainers.absence import Absent
from xaivision.explainers.lime_image import LimeImage


@dataclass(frozen=True, eq=False)
class SuperpixelLime(LimeImage):
    """`lime_image` with the settings of the sonar study: contributions (B, 1, H, W), a superpixel's share on each of its pixels.

    A `budget` of 300 coalitions over the `segments` of "quickshift" (the study compares it with "slic"), hidden by a black
    `baseline`; `kernel_width` and `alpha` are lime's own. Every segment keeps its coefficient, where the study's code keeps
    the 100 largest. On small pictures quickshift is tuned anew: the verdict says so.
    """

    about: ClassVar[About] = About(
        name="superpixel_lime",
        answers="What does each superpixel add to the score of this sonar picture, in a linear model near it?",
        misleads="Black is an acoustic shadow: hiding puts evidence in. Few coalitions for many superpixels are mostly chance.",
        cost="1 forward a coalition (300 by default) + 1 for the baseline",
        source="Natarajan, Nambiar, 2024, arXiv:2408.12837",
        needs=Access.SCORES,
        domains=("image",),
    )

    segments: SegmentsSetting = "quickshift"
    baseline: Absent = "black"
    budget: int = 300

    __repr__ = told_settings
