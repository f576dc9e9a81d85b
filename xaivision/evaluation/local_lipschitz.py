"""Local Lipschitz estimate: how steeply the explanation changes next to the input."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.protocols import Explainer
from xaivision.core.scores import Scores
from xaivision.engines.stability import change_sizes, ratio, sizes
from xaivision.evaluation.measurement import measurement
from xaivision.evaluation.nearby import Near, check_around, doubts, found_nearby


@dataclass(frozen=True)
class LocalLipschitz:
    """The largest change of the map over the distance to the copy that it was made for; low is good.

    In units of the map over units of the input: two methods compare by it where their values do. `samples`: copies of each
    input, each value of which is at most `radius` away: in pixel values for images, which stay in [0, 1]; for tables as a
    share of each column's range, where the model knows it. Codes of categories stay as they are.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="local_lipschitz",
        answers="How steeply does the explanation change next to the input?",
        misleads="Small values in a map make it small; drawn copies find less than the largest there is.",
        cost="20 explanations by the same method by default",
        source="Alvarez-Melis, Jaakkola, 2018, arXiv:1806.08049",
        higher_is_better=False,
        judges="explainer",
        asks_again="nearby inputs",
    )

    samples: int = 20
    radius: float = 0.1

    def __post_init__(self) -> None:
        check_around(self)

    def evaluate(self, model: Classifier, explainer: Explainer, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) norms of the change over the distance, from 0.

        Raises: InputError, where the explanation is not this explainer's.
        """
        with measurement(self, model, explanation) as m:
            values, inputs = explanation.values, explanation.query.inputs

            def judge(near: Near) -> dict[str, Tensor]:
                change = change_sizes(values[near.rows], near.values)
                return {"slope": ratio(change, sizes(near.copies.double() - inputs[near.rows].double()))}

            slopes = found_nearby(m, explainer, self, seed, judge)["slope"]
            return m.scores(slopes.amax(1), "change of the map over change of the input", notes=doubts(m.model))
