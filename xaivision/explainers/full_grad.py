"""FullGrad: the score as a sum over pixels and over the biases of every layer, each times its gradient."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.diagnostics import Note
from xaivision.core.question import Question
from xaivision.core.targets import Targets
from xaivision.engines.full_gradients import FullGradients, full_gradients
from xaivision.engines.score_slopes import is_weighted_sum
from xaivision.explainers.doubts import gradient_doubts
from xaivision.explainers.gradient_question import answered_question


@dataclass(frozen=True)
class FullGrad:
    """Pixels times their gradient, and every bias times its gradient at the place where it acts, enlarged: one map, (B, 1, H, W).

    Its values sum to the score where all operations of the network are linear in pieces: convolutions, dense layers, ReLU,
    max pooling, batch normalization in evaluation mode. What a clipped value is clipped to, as by ReLU6, counts as a bias,
    and so does what normalizes the pixels, at the pixels. The biases of dense layers have no place and are shared by all
    pixels. `absolute`: the picture of the paper, which takes absolute values, scales those of each layer to [0, 1], adds
    them up and leaves out what has no place; it sums to nothing and has no signs.
    """

    about: ClassVar[About] = About(
        name="full_grad",
        answers="How do the pixels, and the biases of every layer at their places, make up the score?",
        misleads=(
            "On deep networks most of the score is in the biases, with both signs canceling. A bias counts where the picture "
            "lets it through, and that pattern is the same for every class."
        ),
        cost="1 gradient, and once or twice its time for the biases",
        source="Srinivas, Fleuret, 2019, arXiv:1905.00780",
        needs=Access.WEIGHTS,
        domains=("image",),
    )

    absolute: bool = False

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions of positions, (B, 1, H, W), which sum to the score: without pixels and biases it would be 0."""
        ask = partial(full_gradients, absolute=self.absolute)
        with answered_question(self, model, inputs, targets, ask, seed=seed) as (q, found):
            gradient_doubts(q, found.cut)
            _doubts(q, found)
            if self.absolute:
                return q.attribution(found.values, "contribution")
            nothing = q.query.scores.new_zeros(len(q.query))
            return q.attribution(found.values, "contribution", reference_scores=nothing, adds_up=True)


def _doubts(q: Question, found: FullGradients) -> None:
    """What the biases hold is told of every input; operations that bend are doubted by name."""
    target = q.query.target
    bent = found.bent if is_weighted_sum(target) or target.output == "margin" else (*found.bent, f"the {target.unit}")
    if bent:
        names = ", ".join(f"`{name}`" if name in found.bent else name for name in bent)
        text = f"pixels and biases are the whole score where all operations are linear in pieces; these are not: {names}"
        q.note(Note("warn", text))
    for index, (placed, spread) in enumerate(zip(found.placed.tolist(), found.spread.tolist(), strict=True)):
        text = (
            f"of {float(q.query.scores[index]):.3g}, biases hold {placed + spread:.3g}, "
            f"of which {spread:.3g} has no place and is shared by all pixels"
        )
        q.note(Note("ok", text, (index,)))
