"""Attention rollout: the attention of all layers, multiplied."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.diagnostics import Note
from xaivision.core.question import Question, question
from xaivision.core.targets import Targets
from xaivision.engines.attention import token_values
from xaivision.engines.token_relevance import attention_rollout
from xaivision.explainers.attention_doubts import token_maps, unlike_itself


@dataclass(frozen=True)
class AttentionRollout:
    """One value for each position, (B, 1, H, W): the share of what the scores are read from that comes from its patch.

    The heads' mean, half of it kept in place for the residual path, multiplied over the layers; read at the class token, or
    as the mean over all tokens in a model that takes their mean: which of the two is told by the gradient of all scores, so
    that attention alone is not enough access. The map is the same for every class.
    """

    about: ClassVar[About] = About(
        name="attention_rollout",
        answers="Which patches does a vision transformer's attention bring together, whatever the class?",
        misleads="It is the same map for every class and has no sign; attention tells what is looked at, not what is made of it.",
        cost="1 forward, 1 gradient back to the last attention, which finds the tokens",
        source="Abnar, Zuidema, 2020, arXiv:2005.00928",
        needs=Access.GRADIENTS,
        domains=("image",),
        order_only=True,
    )

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions of patches, at most 1 in all, (B, 1, H, W).

        Raises: CapabilityError, where the model has no attention over all its tokens.
        """
        with question(self, model, inputs, targets, seed=seed) as q:
            found = token_values(
                q.torch_model,
                q.query.inputs,
                q.query.target,
                lambda attention: attention_rollout(attention.weights, attention.readers),
                gradients=False,
            )
            unlike_itself(q, found.scores)
            _one_map_for_all_classes(q)
            return q.attribution(token_maps(q, found), "contribution")


def _one_map_for_all_classes(q: Question) -> None:
    """Refuse to say why one class and not another."""
    if q.query.target.against is not None or q.query.target.output == "margin":
        text = "the map is the same for every class: it cannot say why one class and not another"
        q.note(Note("refuse", text))
