"""Transformer attribution: the attention that speaks for the class, followed through all layers."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.diagnostics import Note
from xaivision.core.question import question
from xaivision.core.targets import Targets
from xaivision.engines.attention import token_values
from xaivision.engines.token_relevance import gradient_relevance
from xaivision.explainers.attention_doubts import token_maps, unlike_itself


@dataclass(frozen=True)
class TransformerAttribution:
    """One value from 0 for each position, (B, 1, H, W): the relevance of its patch for the target score.

    In each layer the positive part of attention times gradient counts, its mean over the heads, and relevance follows the
    residual path too; read at the class token, or as the mean over all tokens in a model that takes their mean.
    """

    about: ClassVar[About] = About(
        name="transformer_attribution",
        answers="Which patches does a vision transformer attend to in favor of this class?",
        misleads="What speaks against the class is left out, and so is all that the layers do besides attending; a constant in a "
        "head's values counts for every token it looks at; the values have no unit. The rule is the generic one on attention "
        "itself, not the earlier one on relevance (arXiv:2012.09838).",
        cost="1 forward, 1 gradient from the first attention on",
        source="Chefer, Gur, Wolf, 2021, arXiv:2103.15679",
        needs=Access.GRADIENTS,
        domains=("image",),
        order_only=True,
    )

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions of patches, from 0, (B, 1, H, W).

        Raises: CapabilityError, where the model has no attention over all its tokens.
        """
        with question(self, model, inputs, targets, seed=seed) as q:
            found = token_values(
                q.torch_model,
                q.query.inputs,
                q.query.target,
                lambda attention: gradient_relevance(attention.weights, attention.gradients, attention.readers),
                gradients=True,
            )
            unlike_itself(q, found.scores)
            if found.cut:
                q.note(Note("refuse", "the gradient is cut: the score does not depend differentiably on all attention layers"))
            return q.attribution(token_maps(q, found), "contribution")
