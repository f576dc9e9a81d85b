"""Input invariance: does the explanation stay the same when the input is moved and the model takes the move back?"""

from copy import copy
from dataclasses import dataclass
from math import isfinite
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.protocols import Explainer
from xaivision.core.query import perturbed_on_purpose
from xaivision.core.scores import Scores
from xaivision.core.sharing import shared_scores, unshared
from xaivision.core.steadiness import carry_over
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.input_shift import FirstLayer, first_layer, taking_back
from xaivision.engines.stability import change_sizes, ratio, sizes
from xaivision.evaluation.measurement import measurement
from xaivision.evaluation.nearby import numeric_columns
from xaivision.evaluation.same_method import check_same

# How far scores in float32 may lie apart that are the same on paper, as a share of the largest (of 1, where that is less).
SAME_SCORES = 1e-3


@dataclass(frozen=True)
class InputInvariance:
    """How much the map changes, as a share of itself, when the input is moved and the first layer takes that back; 0 is best.

    Every pixel, or every column of numbers, is moved by `shift`, and the bias of the first layer on a view of the network is
    changed so that all scores stay as they were, which is proven first. Pictures leave [0, 1] on purpose. A map of zeros that
    changes has no share, and no value.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="input_invariance",
        answers="Does the explanation stay the same when the input is moved by a constant that the model takes back?",
        misleads="A method with a reference that means something, such as black, changes when the reference is not moved along.",
        cost="1 explanation by the same method and 2 forwards, and 2 forwards of the first input",
        source="Kindermans et al., 2017, arXiv:1711.00867",
        higher_is_better=False,
        needs=Access.WEIGHTS,
        judges="explainer",
    )

    shift: float = -1.0

    def __post_init__(self) -> None:
        number = isinstance(self.shift, float | int) and not isinstance(self.shift, bool)
        if not number or not isfinite(self.shift) or self.shift == 0:
            raise InputError(f"`shift` must be a number other than 0, in the units of the inputs. Got {self.shift!r}.")

    def evaluate(self, model: Classifier, explainer: Explainer, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) changes as shares, from 0; `details` hold by how much the scores of the two models differ at most.

        Raises: CapabilityError, where the model is no torch module, or the bias of its first layer cannot take the shift
        back; InputError, where the explanation is not this explainer's, or no column holds numbers.
        """
        with measurement(self, model, explanation) as m:
            check_same(explainer, explanation)
            query, network = explanation.query, m.model
            if not isinstance(network, TorchClassifier):
                raise CapabilityError(f"`input_invariance` needs a torch module. Got {network!r}.")
            moved = query.inputs + self._shift(network).to(query.inputs)
            twin = _taking_back(network, query.inputs[:1], moved[:1])
            apart = _proven(network, twin, query.inputs, moved)
            carry_over(network, twin, query.inputs)
            with unshared(), perturbed_on_purpose():
                again = explainer.explain(twin, moved, query.target, seed=explanation.origin.seed).as_attribution()
            before = explanation.values
            changes = ratio(change_sizes(before, again.values), sizes(before))
            return m.scores(changes, "change of the map as a share", details={"scores differ by": apart})

    def _shift(self, model: ClassifierAdapter) -> Tensor:
        numbers = numeric_columns(model)
        if numbers is None:
            return torch.tensor(self.shift, dtype=torch.float64, device="cpu")
        if not bool(numbers.any()):
            raise InputError("`input_invariance` needs a column of numbers to move. This table holds codes of categories only.")
        return self.shift * numbers.double()


def _taking_back(model: TorchClassifier, plain: Tensor, moved: Tensor) -> TorchClassifier:
    """The same classifier over a view of its module that takes moved inputs. Asks about one input twice."""
    before, after = _first_layer(model, plain), _first_layer(model, moved)
    if before is None or after is None or (before.name, set(before.pads)) != (after.name, set(after.pads)):
        raise CapabilityError(_refusal("it calls none, or another one once the input is moved"))
    twin = copy(model)
    twin.model = taking_back(model.model, before, after)
    return twin


def _first_layer(model: TorchClassifier, one: Tensor) -> FirstLayer | None:
    found: list[FirstLayer | None] = []

    def ask(part: slice) -> Tensor:
        answers: list[Tensor] = []
        found.append(first_layer(model.model, lambda: answers.append(model.model(model.prepared(one[part])))))
        return answers[0]

    model.scores_by(ask, one)
    return found[0]


def _proven(model: ClassifierAdapter, twin: TorchClassifier, inputs: Tensor, moved: Tensor) -> Tensor:
    """(B,) the largest difference of the two models' scores.

    Raises: CapabilityError, where one is larger than rounding.
    """
    expected = shared_scores(model, inputs).double()
    with unshared():
        apart = (twin(moved).double() - expected).abs().amax(1)
    allowed = SAME_SCORES * expected.abs().amax(1).clamp_min(1)
    if not bool((apart <= allowed).all()):
        raise CapabilityError(_refusal(f"with one that takes it back the scores still move by {float(apart.max()):.3g}"))
    return apart


def _refusal(found: str) -> str:
    return (
        "`input_invariance` needs a model whose first operation is a linear layer or a convolution, whose bias can take the "
        f"shift back: {found}."
    )
