"""Nearest unlike picture: the known picture of another class that is most like this one."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Note
from xaivision.core.origin import told_settings
from xaivision.core.question import Question
from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import Targets
from xaivision.engines.neighbors import nearest
from xaivision.explainers.background import check_background, fitting_background
from xaivision.explainers.counterfactuals.hunting import Asking, opened
from xaivision.explainers.counterfactuals.picture_hunting import Reached, asked_again, eight_bits, named
from xaivision.explainers.counterfactuals.scene import goals
from xaivision.explainers.counterfactuals.wishes import check_desired_class

# Classes that are there in place of the one to reach, at most.
MOST_NAMED = 3


@dataclass(frozen=True, eq=False)
class NearestUnlikePicture:
    """For each picture the nearest of a `background` (N, C, H, W), by its pixels, that the model gives the class to reach.

    `desired_class`: the name or number of the class to reach; "opposite" is the runner-up where the explained class is predicted,
    and else that class.
    `total_CFs`: how many are looked for.
    """

    about: ClassVar[About] = About(
        name="nearest_unlike_picture",
        answers="Which known picture of another class is most like this one?",
        misleads="Everything else differs too: it does not say what of it matters. Near in pixels is not near in meaning.",
        cost="1 forward a picture of the background",
        source="Keane and Smyth, 2020, arXiv:2005.13997",
        needs=Access.SCORES,
        domains=("image",),
    )

    background: Tensor
    desired_class: int | str = "opposite"
    total_CFs: int = 1

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_background(self.background)
        check_desired_class(self.desired_class)
        check_positive_integer("total_CFs", self.total_CFs)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Counterfactuals:
        """(B, total_CFs, C, H, W) pictures of 256 levels, each asked about again in this form. It draws nothing: `seed` says
        nothing.
        """
        with opened(self, Asking(model, inputs, targets, seed)) as (q, scores, _):
            known = eight_bits(fitting_background(q, self.background))
            wished, predicted = goals(q, self.desired_class, scores), q.model(known).argmax(1)
            pictures = q.query.inputs[:, None].repeat(1, self.total_CFs, 1, 1, 1)
            words = [[""] * self.total_CFs for _ in scores]
            for index, goal in enumerate(wished.tolist()):
                unlike = (predicted == goal).nonzero().flatten()
                if goal == int(scores[index].argmax()) or not len(unlike):
                    continue
                picture, count = q.query.inputs[index : index + 1], min(self.total_CFs, len(unlike))
                near, away = nearest(picture.flatten(1), known[unlike].flatten(1), count)
                numbers = unlike[near[0].to(unlike.device)]
                pictures[index, :count] = known[numbers]
                words[index][:count] = [
                    f"picture {number} of the background, {far:.3g} away"
                    for number, far in zip(numbers.tolist(), away[0].tolist(), strict=True)
                ]
            if any(map(any, words)):
                q.note(Note("ok", "the counterfactuals are pictures of the background: whoever sees them sees known cases"))

            def why_not(index: int) -> Note:
                text = f"not found: no picture of the background is decided as {named(q, int(wished[index]))}"
                others = set(predicted.tolist()) - {int(scores[index].argmax())}
                return Note("warn", f"{text}; {_there(q, sorted(others))}", (index,))

            return asked_again(q, pictures, Reached(wished, scores.argmax(1), words), why_not)


def _there(q: Question, others: list[int]) -> str:
    """Which other classes there are, for whoever wants to name one."""
    if not others:
        return "it holds no other class"
    more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
    return f"`desired_class` may name what it holds: {', '.join(named(q, one) for one in others[:MOST_NAMED])}{more}"
