"""The whole pipeline, cross-validated: black box, ranking, number of features and surrogate are made anew in every fold.

A ranking over all rows would have seen the held-out ones; of some dozen rows and thousands of columns it then finds columns that
tell the held-out rows by chance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.progress import track
from xaivision.core.random import generator
from xaivision.surrogates.candidates import candidates_of
from xaivision.surrogates.curves import count_curve
from xaivision.surrogates.fidelity import Fidelity, fidelity
from xaivision.surrogates.growing import grown
from xaivision.surrogates.observed import Observed, check_learnable, observed
from xaivision.surrogates.reading import columns_of
from xaivision.surrogates.study import Plan, ranking_for

FOLDS = 5

# Trains a black box on rows (n, F) and classes (n,).
Maker = Callable[[Tensor, Tensor], ClassifierAdapter]


@dataclass(frozen=True)
class CrossValidation:
    """`fidelity` over every row, each held out once. `random`: that of as many features drawn at random, one draw a fold, for
    each of several draws. `chosen`: the features of each fold by name; `shared`: the mean share that two folds have in common.
    """

    fidelity: Fidelity
    random: tuple[Fidelity, ...]
    chosen: tuple[tuple[str, ...], ...]
    shared: float

    @property
    def gain(self) -> float:
        """By how much the chosen features agree more than the draws do on average."""
        return self.fidelity.agreement.value - float(np.mean([one.agreement.value for one in self.random]))


def cross_validated(make: Maker, inputs: Tensor, truth: Tensor, plan: Plan, folds: int = FOLDS) -> CrossValidation:
    """The pipeline on every row, each by a black box and a surrogate that have not seen it; folds have equal shares of classes.

    Raises: InputError, where there are fewer folds than two, or fewer rows than folds; as `studied`.
    """
    if not 2 <= folds <= len(inputs):
        raise InputError(f"`folds` must be from 2 to the number of rows, {len(inputs)}. Got {folds}.")
    fold_of = stratified_folds(truth, folds, plan.growth.seed)
    parts: list[Observed] = []
    given: list[list[np.ndarray]] = [[] for _ in range(1 + plan.draws)]
    chosen = []
    for fold in track(range(folds), "folds"):
        rest, held = (fold_of != fold).nonzero().flatten(), (fold_of == fold).nonzero().flatten()
        model = make(inputs[rest], truth[rest])
        reading = columns_of(model, inputs.shape[1])
        learned, held_out = (observed(model, inputs[part], reading, truth[part]) for part in (rest, held))
        features, others = _features(model, learned, plan)
        for number, columns in enumerate((features, *others)):
            stand_in = grown(plan.kind, learned.rows, learned.probabilities, columns, plan.growth)
            given[number].append(stand_in.probabilities(held_out.rows))
        chosen.append(tuple(learned.names[column] for column in features))
        parts.append(held_out)
    whole = _together(parts)
    fidelities = [fidelity(np.concatenate(one), whole) for one in given]
    return CrossValidation(fidelities[0], tuple(fidelities[1:]), tuple(chosen), _shared(chosen))


def stratified_folds(truth: Tensor, folds: int, seed: int = 0) -> Tensor:
    """(n,) number of the fold that each row is held out in, each class spread evenly."""
    found = torch.zeros(len(truth), dtype=torch.long, device="cpu")
    place = 0
    for label in sorted(set(truth.tolist())):
        members = (truth == label).nonzero().flatten()
        order = torch.randperm(len(members), generator=generator(seed, "surrogate cross-validation", label))
        found[members[order]] = (place + torch.arange(len(members))) % folds
        place += len(members)
    return found


def _features(model: ClassifierAdapter, learned: Observed, plan: Plan) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """The columns of this fold's surrogate, and as many drawn at random, several times."""
    check_learnable(learned, model.class_names)
    candidates = candidates_of(learned.rows)
    ranking = ranking_for(model, learned, columns_of(model, learned.rows.shape[1]), candidates, plan)
    order = ranking.top(len(candidates.usable), candidates.usable)
    count = (
        plan.k if plan.k != "auto" else next(one.count for one in count_curve(plan.kind, learned, order, plan.growth) if one.knee)
    )
    draws = [
        torch.randperm(len(order), generator=generator(plan.growth.seed, "random features", number))[:count].tolist()
        for number in range(plan.draws)
    ]
    return order[:count], [tuple(order[place] for place in one) for one in draws]


def _together(parts: Sequence[Observed]) -> Observed:
    """What every fold's own black box said of its held-out rows."""
    truths = [part.truth for part in parts if part.truth is not None]
    return replace(
        parts[0],
        inputs=torch.cat([part.inputs for part in parts]),
        rows=np.concatenate([part.rows for part in parts]),
        probabilities=np.concatenate([part.probabilities for part in parts]),
        truth=np.concatenate(truths) if len(truths) == len(parts) else None,
    )


def _shared(chosen: Sequence[tuple[str, ...]]) -> float:
    pairs = [
        len(set(one) & set(other)) / max(1, min(len(one), len(other)))
        for place, one in enumerate(chosen)
        for other in chosen[:place]
    ]
    return float(np.mean(pairs))
