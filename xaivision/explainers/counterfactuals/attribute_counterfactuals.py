"""Attribute counterfactuals: how far a few sliders of a generator have to go for another class."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.errors import InputError
from xaivision.core.targets import Targets
from xaivision.explainers.counterfactuals.attributes import STEPS, Attributes
from xaivision.explainers.counterfactuals.hunting import Asking
from xaivision.explainers.counterfactuals.picture_codes import Choice
from xaivision.explainers.counterfactuals.picture_hunting import PicturePlan, hunted_pictures
from xaivision.explainers.counterfactuals.picture_wishes import PictureWishes


@dataclass(frozen=True, eq=False, repr=False)
class AttributeCounterfactuals(PictureWishes):
    """For each picture the one with the class to reach that the fewest and smallest moves of `attributes` lead to.

    `attributes`: what `xv.find_attributes(model, generator, pictures)` gives. All other settings are those of `PictureWishes`.
    """

    about: ClassVar[About] = About(
        name="attribute_counterfactuals",
        answers="Which of a few attributes of such pictures would have to be stronger or weaker for another class?",
        misleads="An attribute has no name of its own, and may mix what belongs to different things: look at its strip. A small "
        "autoencoder knows coarse shapes only.",
        cost="11 forwards an attribute, `k` for each further move, and about a hundred to make the moves small; finding the "
        "attributes takes 2 forwards a picture and direction, once",
        source="Lang et al., StylEx, ICCV 2021, arXiv:2104.13369",
        needs=Access.SCORES,
        domains=("image",),
    )

    attributes: Attributes

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.attributes, Attributes):
            raise InputError(
                f"`attributes` must be what `xv.find_attributes(model, generator, pictures)` gives. Got {self.attributes!r}."
            )

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Counterfactuals:
        """(B, total_CFs, C, H, W) pictures of 256 levels, best first, each asked about again in this form. It draws nothing:
        `seed` says nothing.
        """
        mine = self.attributes
        # Every step of the strips is tried: what is seen there to reach the class is found.
        plan = PicturePlan(mine.generator, Choice("all", "all", mine.numbers), len(mine.numbers), self, across=STEPS)
        return hunted_pictures(self, plan, Asking(model, inputs, targets, seed))
