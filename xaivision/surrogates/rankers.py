"""Rankings by name: what each asks of the black box, and what it needs."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import CapabilityError, UnknownNameError
from xaivision.core.extras import extra
from xaivision.core.random import generator
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.surrogates.candidates import Candidates
from xaivision.surrogates.decision_tree import Floats
from xaivision.surrogates.growing import Growth, seeded
from xaivision.surrogates.mutual_information import mutual_informations
from xaivision.surrogates.observed import Observed, probabilities_of
from xaivision.surrogates.permutation_ranking import permutation_importances
from xaivision.surrogates.ranking import FeatureRanking, LatentRanking
from xaivision.surrogates.reading import Columns, Reading

# Rows that trees are explained on, and how many trees and how deep.
SHAPLEY_ROWS, SHAPLEY_TREES, SHAPLEY_DEPTH = 200, 50, 8


@dataclass(frozen=True, eq=False)
class RankingQuestion:
    """A black box, what it said of the rows to learn from, which columns count, and the seed."""

    model: ClassifierAdapter
    seen: Observed
    reading: Reading
    candidates: Candidates
    seed: int = 0


def ranked(method: str, question: RankingQuestion) -> FeatureRanking:
    """The named ranking of the features that a surrogate may read.

    Raises: UnknownNameError; CapabilityError, where the black box does not give what the ranking needs.
    """
    if method not in RANKERS:
        raise UnknownNameError("ranking", method, RANKERS)
    if method not in OF_READINGS:
        _need_columns(method, question)
    values = np.array(RANKERS[method](question), dtype=np.float64)
    values[list(question.candidates.constant)] = 0.0
    for first, rest in question.candidates.copies.items():
        values[list(rest)] = values[first]
    return FeatureRanking(method, question.seen.names, values)


def by_permutation(question: RankingQuestion) -> Floats:
    """How far the probabilities move when a column is shuffled."""
    model = question.model
    return permutation_importances(
        lambda rows: probabilities_of(model, rows), question.seen.inputs, question.candidates, seed=question.seed
    )


def by_gradient(question: RankingQuestion) -> Floats:
    """(F,) mean absolute slope of the predicted class's score, times the column's spread."""
    model, seen = question.model, question.seen
    if not isinstance(model, TorchClassifier):
        raise CapabilityError(
            f"The ranking `gradient` needs a torch model. Got {model!r}. Use `permutation`, which asks any model."
        )
    target = TargetScore(torch.from_numpy(seen.labels).to(seen.inputs.device), score_unit=model.score_unit)
    slopes = model.gradients(seen.inputs, target).values.double().abs().mean(0).cpu()
    found: Floats = (slopes * seen.inputs.double().std(0, correction=0).cpu()).numpy()
    return found


def by_mutual_information(question: RankingQuestion) -> Floats:
    """What a column alone tells of the class: it sees nothing of what columns tell only together."""
    return mutual_informations(question.seen.rows, question.seen.probabilities)


def by_tree_shapley(question: RankingQuestion) -> Floats:
    """(F,) mean absolute Shapley value in a forest that was learned from the black box, all classes together."""
    from sklearn.ensemble import RandomForestRegressor

    seen = question.seen
    columns = list(question.candidates.usable)
    drawn = torch.randperm(len(seen), generator=generator(question.seed, "tree shapley"))[:SHAPLEY_ROWS].numpy()
    growth = Growth(trees=SHAPLEY_TREES, seed=question.seed)
    estimator = RandomForestRegressor(
        growth.trees, max_depth=SHAPLEY_DEPTH, max_features=1 / 3, random_state=seeded(growth, "tree shapley")
    )
    estimator.fit(seen.rows[:, columns], seen.probabilities)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what shap's authors will change
        shap = extra("shap", "shap")
        shares = np.asarray(shap.TreeExplainer(estimator).shap_values(seen.rows[drawn][:, columns], check_additivity=False))
    found = np.zeros(seen.rows.shape[1])
    found[columns] = np.abs(shares).reshape(len(drawn), len(columns), -1).mean(0).sum(1)
    return found


def by_attention(question: RankingQuestion) -> Floats:
    """(F,) mean attention that a self-attention network pays to each of its columns.

    Raises: CapabilityError, where the network has no attention, or attends to latents.
    """
    ranking = attention_of(question.model, question.seen)
    if isinstance(ranking, LatentRanking):
        raise CapabilityError(
            f"The network attends to {len(ranking.values)} latents of its encoder, and no latent is a column. Take "
            "`attention_of(model, seen)` and bring it to the columns with `through`, or rank by `permutation`."
        )
    return ranking.values


def attention_of(model: ClassifierAdapter, seen: Observed) -> FeatureRanking | LatentRanking:
    """The mean attention of a network that has a method `attention(rows)`: of columns, or of latents, as its `attends_to` says.

    Raises: CapabilityError, where it has none.
    """
    module: Any = model.model
    if not isinstance(model, TorchClassifier) or not callable(getattr(module, "attention", None)):
        raise CapabilityError(
            f"The ranking `attention` needs a network with attention over columns. Got {model!r}. Use `permutation`, which asks "
            "any model."
        )
    with model.held(), torch.no_grad():
        paid = module.attention(seen.inputs.to(model.device, model.dtype)).double().mean(0).cpu().numpy()
    if getattr(module, "attends_to", "columns") == "columns" and len(paid) == len(seen.names):
        return FeatureRanking("attention", seen.names, paid)
    return LatentRanking("attention", paid)


def _need_columns(method: str, question: RankingQuestion) -> None:
    if not isinstance(question.reading, Columns):
        raise CapabilityError(
            f"The ranking `{method}` changes columns of a table, and the black box takes no {question.seen.names[0]!r}. "
            f"Use {' or '.join(f'`{name}`' for name in OF_READINGS)}, which look at what is measured alone."
        )


# Those that need no column to change: they rank what is measured of pictures too.
OF_READINGS = ("mutual_information", "tree_shapley")
RANKERS: Mapping[str, Callable[[RankingQuestion], Floats]] = {
    "permutation": by_permutation,
    "mutual_information": by_mutual_information,
    "gradient": by_gradient,
    "tree_shapley": by_tree_shapley,
    "attention": by_attention,
}
