"""Object counterfactuals: which parts of a picture would have to be elsewhere, gone, or look different."""

from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.generator import Generator
from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import Targets
from xaivision.explainers.counterfactuals.hunting import Asking
from xaivision.explainers.counterfactuals.picture_codes import Choice, Chosen, check_chosen
from xaivision.explainers.counterfactuals.picture_hunting import PicturePlan, hunted_pictures
from xaivision.explainers.counterfactuals.picture_wishes import PictureWishes
from xaivision.models.generators.named import check_generator_name, generator_named
from xaivision.models.generators.segment_layers import SegmentLayers


@dataclass(frozen=True, eq=False, repr=False)
class ObjectCounterfactuals(PictureWishes):
    """For each picture the one with the class to reach that the fewest and smallest edits of its objects lead to.

    `generator`: what knows the objects; segments of the picture as layers by default, or the sonar simulator, or one of your
    own with `encode` and `decode`. A text is one too: "slic", "grid" and other ways to cut a picture, "sonar_simulator", or the
    file of an autoencoder. `vary`: the kinds of its directions that may change, for segments "position", "removal" and
    "style"; `objects`: those that may change, such as ["segment 3"]. At most `most_edits` edits are added one by one; those that
    are not needed are taken back, and the others made as small as the decision bears. All other settings are those of
    `PictureWishes`.
    """

    about: ClassVar[About] = About(
        name="object_counterfactuals",
        answers="Which parts of this picture would have to move, go or look different for another class?",
        misleads="Small networks turn at tiny changes of style, which is no cause but a weakness. Run each kind of edit by "
        "itself, and compare what they cost, before you name one. Only what the generator can make is found.",
        cost="8 to 10 forwards a segment for the single edits, 32 for each further edit, and some hundreds to take back what is "
        "not needed",
        source="Zemni et al., OCTET, CVPR 2023, arXiv:2211.12380; by trial instead of gradients",
        needs=Access.SCORES,
        domains=("image",),
    )

    generator: Generator | str = field(default_factory=SegmentLayers)
    vary: Chosen = "all"
    objects: Chosen = "all"
    most_edits: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.generator, str):
            check_generator_name(self.generator)
        check_chosen("vary", self.vary)
        check_chosen("objects", self.objects)
        check_positive_integer("most_edits", self.most_edits)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Counterfactuals:
        """(B, total_CFs, C, H, W) pictures of 256 levels, best first, each asked about again in this form. It draws nothing:
        `seed` says nothing.
        """
        given = self.generator
        generator = generator_named(given, model) if isinstance(given, str) else given
        plan = PicturePlan(generator, Choice(self.vary, self.objects), self.most_edits, self)
        return hunted_pictures(self, plan, Asking(model, inputs, targets, seed))
