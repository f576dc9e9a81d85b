"""Which model is asked about: the logistic regression of its training rows, or a network that has learned them."""

from typing import Literal

import torch
from torch import Tensor

from xaivision.core.diagnostics import Note
from xaivision.core.errors import CapabilityError
from xaivision.core.question import Question
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.counterfactuals.all_parameters import MOST, all_parameters
from xaivision.engines.counterfactuals.deletion import fitted
from xaivision.engines.counterfactuals.last_layer import last_layer, untrained
from xaivision.engines.counterfactuals.network_head import NetworkHead, network_head
from xaivision.explainers.counterfactuals.lesson import Lesson
from xaivision.explainers.counterfactuals.told_ridge import misfit_words
from xaivision.explainers.counterfactuals.trained_again import TrainedAgain
from xaivision.explainers.counterfactuals.trained_network import TrainedNetwork
from xaivision.explainers.counterfactuals.trained_regression import TrainedRegression

Influence = Literal["auto", "last_layer", "all"]

# What fails where a model does not fit: a method, or a constraint of one.
WHO = "Surviving deletions"

# What to do about a model that shows no reason.
REMEDY = "Give what it was trained with, or a torch network whose last layer is linear."

# How far the log odds of the model may be from those of the regression of its training rows, as a share of their spread.
AGREEMENT = 0.02
# The same of a network and the optimum of its last layer: beyond the first there is a warning, beyond the second a refusal.
UNDONE, UNTRAINED = 0.1, 0.75
# Log odds beyond which probabilities have no digits left, and how closely those of a network and of its last layer agree.
INNER, SAME = 10.0, 1e-3


def trained_again(q: Question, lesson: Lesson, influence: Influence) -> TrainedAgain:
    """The model as what can be trained again without some of the rows of its lesson.

    Raises: CapabilityError, where it is neither their logistic regression nor a network of a last linear layer, of at most 2,000
    parameters where `influence` is "all", or has plainly not learned that lesson.
    """
    if q.model.num_classes != 2 or not q.model.gives_probabilities:
        raise CapabilityError(f"{WHO} needs a model of two classes that gives probabilities.")
    told = _told_odds(q, lesson.table)
    if influence == "auto":
        known = fitted(lesson.table, lesson.labels, lesson.ridge)
        away = _away(told, known.scores(lesson.table))
        if away <= AGREEMENT:
            return TrainedRegression(known)
    if isinstance(q.model, TorchClassifier):
        return _network(q, lesson, told, influence)
    if influence != "auto":
        raise CapabilityError(f"`influence` '{influence}' is for torch networks. Got {q.model!r}. Leave it at 'auto'.")
    if away == torch.inf:
        raise CapabilityError(
            f"{WHO} needs to know whether this is the regression of `background` and `labels` with `ridge` {lesson.ridge:g}: its "
            f"log odds are beyond {INNER:g} on every row, where probabilities have no digits left. Train with more ridge."
        )
    raise CapabilityError(
        f"{WHO} needs the logistic regression of `background` and `labels` with `ridge` {lesson.ridge:g}. "
        f"This model's log odds are up to {away:.2g} standard deviations away from it. {misfit_words(q.model) or REMEDY}"
    )


def _told_odds(q: Question, table: Tensor) -> Tensor:
    """(N,) the model's own log odds of class 1."""
    both = torch.ones(len(table), dtype=torch.int64, device="cpu").to(q.query.inputs.device)
    odds = TargetScore(both, 1 - both, "log_probability", q.model.score_unit)
    return odds.of(q.model(table.to(q.query.inputs))).double().cpu()


def _away(told: Tensor, own: Tensor) -> float:
    """How far they are apart at most, as a share of the spread, as far as probabilities have digits; infinite where none has."""
    if not bool((own.abs() < INNER).any()):
        return torch.inf
    return float((told.clamp(-INNER, INNER) - own.clamp(-INNER, INNER)).abs().max() / own.std())


def _network(q: Question, lesson: Lesson, told: Tensor, influence: Influence) -> TrainedNetwork:
    head = _head(q, lesson.table, told)
    model = last_layer(head, lesson.table, lesson.labels, lesson.ridge)
    _check_trained(q, untrained(model.head), lesson.ridge)
    dtype = q.query.inputs.dtype
    if influence != "all":
        doubt = "approximate: of the network the last layer alone is fitted again"
        return TrainedNetwork(model, lesson.table, dtype, doubt, " if the last layer alone is fitted again")
    count = sum(one.numel() for one in head.parameters.values())
    if count > MOST:
        raise CapabilityError(
            f"`influence` 'all' takes the Hessian of all parameters, for networks of at most {MOST:,}. This one has {count:,}. "
            "Leave `influence` at 'auto'."
        )
    whole = all_parameters(head, lesson.table, lesson.labels, lesson.ridge)
    damping = f", {whole.damped} of whose {count} directions are damped to the ridge, in what is trained on, too"
    doubt = f"approximate: by the curvature of all parameters{damping if whole.damped else ', and by training on'}"
    return TrainedNetwork(whole, lesson.table, dtype, doubt, " if the network is trained on from where it is")


def _head(q: Question, table: Tensor, told: Tensor) -> NetworkHead:
    """The network's last linear layer, which must give the scores."""
    model = q.torch_model
    try:
        head = network_head(model.model, model.prepared(table[:1].to(q.query.inputs)))
    except RuntimeError as error:
        raise CapabilityError(
            f"What foresees deletions computes a network in float64, and this one cannot: {str(error).splitlines()[0]}. "
            "Let tensors that it makes take the dtype of its input."
        ) from error
    if head is not None:
        own = torch.cat([head.features(table), torch.ones(len(table), 1, dtype=torch.float64, device="cpu")], 1) @ head.weights
        inner = own.abs() < INNER
        compared = inner if bool(inner.any()) else ~inner
        if torch.allclose(own[compared], told[compared], rtol=SAME, atol=SAME):
            return head
    raise CapabilityError(
        f"{WHO} needs a logistic regression, or a torch network whose last layer is linear and gives the scores of "
        f"its two classes. Got {model!r}, which is neither. Wrap the network so that a `torch.nn.Linear` comes last."
    )


def _check_trained(q: Question, away: float, ridge: float) -> None:
    """Raises: CapabilityError, where the network has plainly learned something else."""
    where = f"{away:.2g} standard deviations away from where training of the last layer on these rows with `ridge` {ridge:g} ends"
    if not away <= UNTRAINED:
        raise CapabilityError(
            f"{WHO} needs a network trained on `background` and `labels` with `ridge` {ridge:g}. This one's "
            f"log odds are {where}. Give what it was trained with; of a `weight_decay` of torch `ridge` is half."
        )
    if away > UNDONE:
        q.note(Note("warn", f"the log odds are {where}: what training has left undone is kept as it is when rows are deleted"))
