"""Random logit: does the explanation depend on which class is explained?"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.protocols import Explainer
from xaivision.core.query import Query
from xaivision.core.random import generator
from xaivision.core.scores import Scores
from xaivision.core.sharing import fingerprint
from xaivision.core.targets import Target
from xaivision.evaluation.measurement import measurement
from xaivision.evaluation.same_method import check_same
from xaivision.evaluation.similarity import UNITS, Resemblance, Similarity, check_pictures, check_similarity

TWO_CLASSES = (
    "the model has two classes: where their scores are complements, as probabilities and a single logit are, the map of the "
    "other class is the negative of this one and scores -1; read `of absolute values` beside it"
)


@dataclass(frozen=True)
class RandomLogit:
    """How alike the map stays, from -1 to 1, when another class is explained, drawn at random for each input; low is good.

    Likeness is the Spearman correlation with its sign, over the features that are not zero in both maps; `similarity` "ssim"
    is the mean SSIM of pictures, as in the paper. 1: the class does not matter to the map. A map that is constant has no
    value. With two classes whose scores are complements the two maps are opposite, and a method that keeps signs scores -1.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="random_logit",
        answers="Does the explanation depend on which class is explained?",
        misleads="Classes that the model tells by the same features have alike maps; with two classes any method with signs "
        "scores -1.",
        cost="1 explanation by the same method",
        source="Sixt, Granz, Landgraf, 2020, arXiv:1912.09818",
        higher_is_better=False,
        judges="explainer",
    )

    similarity: Similarity = "spearman"

    def __post_init__(self) -> None:
        check_similarity(self.similarity)

    def evaluate(self, model: Classifier, explainer: Explainer, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) likeness; `details` hold it, that of absolute values, and the other class.

        Raises: InputError, where the explanation is not this explainer's or sets one class against another, or windows are
        asked of a table.
        """
        with measurement(self, model, explanation) as m:
            check_same(explainer, explanation)
            check_pictures(self.similarity, m.model)
            others = _other_classes(m.model, explanation.query, seed)
            target = Target(others, output=explanation.query.output)
            again = explainer.explain(m.model, explanation.query.inputs, target, seed=explanation.origin.seed)
            found = Resemblance(self.similarity, explanation.feature_values)(again.as_attribution().feature_values)
            details = {**found.details, "other class": others.cpu()}
            notes = (TWO_CLASSES,) if m.model.num_classes == 2 else ()
            return m.scores(found.signed, UNITS[self.similarity], details=details, notes=notes)


def _other_classes(model: ClassifierAdapter, query: Query, seed: int) -> Tensor:
    """(B,) a class that is not the target, as likely as any other; its draw depends on the input and the seed alone."""
    if query.against is not None:
        raise InputError("`random_logit` needs explanations of one class. Got one class against another. Leave out `against`.")
    draws = [generator(seed, "random logit", fingerprint(one.cpu())) for one in query.inputs]
    steps = [int(torch.randint(1, model.num_classes, (1,), generator=draw, device="cpu")) for draw in draws]
    return (query.targets + torch.tensor(steps, device="cpu").to(query.targets)) % model.num_classes
