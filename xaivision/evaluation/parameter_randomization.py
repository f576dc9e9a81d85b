"""Parameter randomization: does the explanation change when the model's weights are drawn anew?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.progress import track
from xaivision.core.protocols import Explainer
from xaivision.core.random import seed_for
from xaivision.core.scores import Scores
from xaivision.core.sharing import unshared
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.ranking import spearman
from xaivision.engines.reinitialization import reinitialized, resettable_layers, unreachable_parameters
from xaivision.evaluation.measurement import measurement
from xaivision.evaluation.same_method import check_same

Order = Literal["all", "bottom_up", "top_down"]


@dataclass(frozen=True)
class ParameterRandomization:
    """How alike the explanation stays, from 0 to 1, when layers get fresh random weights; low is good.

    Likeness is the absolute Spearman correlation with the explanation before; features that are zero before and after are
    left out. A map that is constant has no ranks, and no value.
    `order` "all": every layer at once. "bottom_up" and "top_down": one after the other, cumulatively; the value is the mean
    over the stages and `curves` (B, layers) holds them. The weights are given back byte for byte.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="parameter_randomization",
        answers="Does the explanation depend on what the model has learned?",
        misleads="Maps that show the input through (input x gradient) stay alike although the gradient changes.",
        cost="1 explanation by the same method (with an order: 1 a layer)",
        source="Adebayo et al., 2018, arXiv:1810.03292; order: Binder et al., 2023, arXiv:2211.12486",
        higher_is_better=False,
        needs=Access.WEIGHTS,
        judges="explainer",
    )

    order: Order = "all"

    def __post_init__(self) -> None:
        if self.order not in ("all", "bottom_up", "top_down"):
            raise InputError(f"`order` must be 'all', 'bottom_up' or 'top_down'. Got {self.order!r}.")

    def evaluate(self, model: Classifier, explainer: Explainer, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) likeness; `details` holds the signed correlation, and that of absolute values, after the last stage.

        Raises: CapabilityError, where the model is no torch module or none of its layers can be drawn anew; InputError,
        where the explanation is not this explainer's.
        """
        with measurement(self, model, explanation) as m:
            check_same(explainer, explanation)
            module_model = _module_model(m.model)
            stages = self._stages(resettable_layers(module_model.model))
            maps = [self._asked_again(module_model, explainer, explanation, stage, seed) for stage in track(stages, "randomized")]
            signed = torch.tensor([_likeness(explanation.feature_values, map_) for map_ in maps], dtype=torch.float64).T
            absolute = _likeness(explanation.feature_values.abs(), maps[-1].abs())
            return m.scores(
                signed.abs().mean(1),
                "absolute Spearman correlation",
                curves=None if self.order == "all" else signed.abs(),
                details={"signed": signed[:, -1], "of absolute values": torch.tensor(absolute, dtype=torch.float64)},
                notes=_note(unreachable_parameters(module_model.model)),
            )

    def _stages(self, layers: tuple[str, ...]) -> list[tuple[str, ...]]:
        """The layers that are random at each stage."""
        if not layers:
            raise CapabilityError("`parameter_randomization` needs layers with `reset_parameters`. This module has none.")
        if self.order == "all":
            return [layers]
        ordered = layers if self.order == "bottom_up" else layers[::-1]
        return [ordered[: count + 1] for count in range(len(ordered))]

    def _asked_again(
        self, model: TorchClassifier, explainer: Explainer, before: Attribution, layers: Sequence[str], seed: int
    ) -> Tensor:
        """(B, ...) feature values of the same question put to the module with these layers random."""
        with model.held(), unshared(), reinitialized(model.model, layers, seed_for(seed, "randomization")):
            after = explainer.explain(model, before.query.inputs, before.query.target, seed=before.origin.seed)
        return after.as_attribution().feature_values


def _module_model(model: ClassifierAdapter) -> TorchClassifier:
    if not isinstance(model, TorchClassifier):
        raise CapabilityError(f"`parameter_randomization` needs a torch module. Got {model!r}.")
    return model


def _likeness(before: Tensor, after: Tensor) -> list[float]:
    """Spearman correlation of each input's maps over features where either is not zero: shared zeros are no likeness."""
    found = []
    for first, second in zip(before.flatten(1), after.flatten(1), strict=True):
        seen = (first != 0) | (second != 0)
        finite = bool(first.isfinite().all() and second.isfinite().all())
        found.append(spearman(first[seen], second[seen]) if finite else float("nan"))
    return found


def _note(unreached: tuple[str, ...]) -> tuple[str, ...]:
    if not unreached:
        return ()
    return (f"{len(unreached)} parameters kept their values, since no layer draws them: {', '.join(unreached[:5])}",)
