"""Layer-wise relevance propagation: the score handed back through the network, layer by layer."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.question import Question, question
from xaivision.core.targets import Targets
from xaivision.engines.relevance import COMPOSITES, Relevance, composite, relevance

# How much larger than below the last layer the absolute relevance may become. A residual network under plain rules can
# come out a million times larger, with both signs canceling; trained networks for photos reach some hundreds.
NOISY, EXPLODED = 1e2, 1e4
# The books of every operation close to rounding.
BOOKS_CLOSE = 1e-3
# Where more than this share of the score does not reach the input, the map is no map of the score.
MOSTLY_KEPT = 0.75


@dataclass(frozen=True)
class LayerwiseRelevance:
    """The score handed back to the inputs: every layer shares its outputs' relevance among its inputs by a rule.

    `composite` says which: "epsilon" one rule for all; "epsilon_plus" z-plus for layers of maps, epsilon for dense ones;
    "epsilon_plus_flat" the same with even shares in the first layer; "epsilon_gamma_box" (for photos) gamma for layers of
    maps, epsilon for dense ones, and in the first layer the box rule with the bounds 0 and 1 of a pixel; None takes that for
    images and "epsilon" for tables. `epsilon` times the mean absolute output of a layer stabilizes its denominators; `gamma`
    favors contributions with the output's sign. An operation without a rule is refused by name. The relevance of the scores
    is the slope of the explained number times the scores: it sums to a score, a difference or a margin, not to a probability.
    """

    about: ClassVar[About] = About(
        name="layerwise_relevance",
        answers="How is the score shared out, layer by layer, down to the input values?",
        misleads="The rules are conventions; biases keep a share, on deep networks most of it, and 'epsilon' is noise there.",
        cost="1 gradient, and 2 to 6 times its time for the way back by rules",
        source="Bach et al., 2015, doi:10.1371/journal.pone.0130140; Montavon et al., 2017, arXiv:1512.02479",
        needs=Access.WEIGHTS,
    )

    composite: str | None = None
    epsilon: float = 1e-6
    gamma: float = 0.25

    def __post_init__(self) -> None:
        if self.composite is not None and self.composite not in COMPOSITES:
            raise UnknownNameError("composite", str(self.composite), COMPOSITES)
        for name in ("epsilon", "gamma"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
                raise InputError(f"`{name}` must be a number that is not negative. Got {value!r}.")

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions of the shape of the inputs. They sum to the score less what biases and the stabilizer keep."""
        with question(self, model, inputs, targets, seed=seed) as q:
            rules = composite(self._composite(q), self.epsilon, self.gamma)
            found = relevance(q.torch_model, q.query.inputs, q.query.target, rules)
            _doubts(q, found)
            return q.attribution(found.values, "contribution")

    def _composite(self, q: Question) -> str:
        """Raises: InputError, where values of a table would be bounded as pixels are."""
        images = q.model.domain == "image"
        if self.composite == "epsilon_gamma_box" and not images:
            raise InputError("The composite 'epsilon_gamma_box' is for pixels between 0 and 1. Use 'epsilon' for tables.")
        return self.composite or ("epsilon_gamma_box" if images else "epsilon")


def _doubts(q: Question, found: Relevance) -> None:
    """What was kept on the way is told of every input; what exploded, or does not add up layer by layer, is doubted."""
    _kept(q, found)
    for index, (growth, error) in enumerate(zip(found.growth.tolist(), found.error.tolist(), strict=True)):
        if not growth <= NOISY:  # a number that is none any more has exploded too
            text = f"relevance grows {growth:.3g} times on its way, and cancels: use the composite 'epsilon_plus'"
            q.note(Note("warn" if growth <= EXPLODED else "refuse", text, (index,)))
        if not error <= BOOKS_CLOSE:
            q.note(Note("refuse", f"a layer hands on {error:.1%} more or less relevance than it got", (index,)))


def _kept(q: Question, found: Relevance) -> None:
    held = found.values.double().flatten(1).sum(1).tolist()
    for index, of in enumerate(found.initial.tolist()):
        by_constants = {name: float(part[index]) for name, part in found.constants.items()}
        rest = of - held[index] - sum(by_constants.values())
        parts = [f"biases and the stabilizer keep {rest:.3g}"]
        parts += [f"constants of `{name}` keep {part:.3g}" for name, part in by_constants.items()]
        most = abs(of - held[index]) > MOSTLY_KEPT * abs(of)
        shared = f": the map shares out {held[index]:.3g}" if most else ""
        q.note(Note("warn" if most else "ok", f"of {of:.3g}, {', '.join(parts)}{shared}", (index,)))
