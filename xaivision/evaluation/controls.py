"""The controls that stand beside every score unless others are named, and sanity checks next to them."""

from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from xaivision.core.about import Domain
from xaivision.core.classifier import Classifier
from xaivision.core.protocols import Explainer, SanityCheck
from xaivision.core.scores import Scores
from xaivision.core.sharing import sharing
from xaivision.core.targets import Targets
from xaivision.core.wrapping import classifier
from xaivision.explainers.registry import explainer
from xaivision.models.learned_inputs import LearnedInputs, learned_doubts

CONTROLS: Mapping[Domain, tuple[str, ...]] = {"image": ("random", "sobel"), "tabular": ("random", "input_magnitude")}


def checked(
    model: Classifier, inputs: Tensor, method: Explainer, check: SanityCheck, targets: Targets = None, *, seed: int = 0
) -> Scores:
    """A sanity check of one method, with the same check of the controls attached: those must fail it.

    Raises: as the method and the check do.
    """
    adapter = classifier(model)
    with adapter.held(), sharing():
        explanation = method.explain(adapter, inputs, targets, seed=seed).as_attribution()
        doubts = learned_doubts(LearnedInputs(adapter).among(inputs), len(inputs))
        found = check.evaluate(adapter, method, explanation, seed=seed)
        controls = {}
        for name in CONTROLS[adapter.domain]:
            control = explainer(name)
            answer = control.explain(adapter, inputs, explanation.query.target, seed=seed).as_attribution()
            controls[name] = check.evaluate(adapter, control, answer, seed=seed)
    return replace(found, controls={**controls, **found.controls}, notes=(*found.notes, *doubts))
