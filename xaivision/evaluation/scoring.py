"""One explanation scored by one metric: over several draws where it is chance, beside its own reversal where it is a method."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from xaivision.core.attribution import Attribution
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.protocols import Explainer, Metric
from xaivision.core.random import seed_for
from xaivision.core.scores import Scores
from xaivision.evaluation.standing import DRAWS, REVERSED

# A single draw of chance is itself a matter of chance. A random map is better than ten others once in eleven times.
RANDOM_DRAWS = 10


def scored(model: ClassifierAdapter, metric: Metric, explainer: Explainer, attribution: Attribution, seed: int) -> Scores:
    """What the metric says of the explainer's answer: the mean over ten draws, where the explainer is chance."""
    first = metric.evaluate(model, attribution, seed=seed)
    if not explainer.about.chance:
        return first
    return averaged([first, *_further_draws(model, metric, explainer, attribution, seed)])


def scored_beside_reversal(
    model: ClassifierAdapter, metric: Metric, explainer: Explainer, attribution: Attribution, seed: int
) -> Scores:
    """As `scored`, and where the metric is one of faithfulness, the same map with its ranking reversed among the controls."""
    found = scored(model, metric, explainer, attribution, seed)
    if explainer.about.chance or not metric.about.faithfulness:  # chance reversed is chance again
        return found
    reversed_ = metric.evaluate(model, attribution.with_values(-attribution.values), seed=seed)
    return replace(found, controls={REVERSED: reversed_})


def averaged(scores: Sequence[Scores]) -> Scores:
    """The mean of several measurements of the same thing; each draw's values are kept in `details`."""
    values = torch.stack([score.values for score in scores])
    curves = [score.curves for score in scores if score.curves is not None]
    return replace(
        scores[0],
        values=values.mean(0),
        curves=torch.stack(curves).mean(0) if curves else None,
        details={DRAWS: values.T.contiguous()},
        notes=(f"mean of {len(scores)} draws",),
        model_calls=sum(score.model_calls for score in scores),
        gradient_calls=sum(score.gradient_calls for score in scores),
        seconds=sum(score.seconds for score in scores),
    )


def _further_draws(model: ClassifierAdapter, metric: Metric, explainer: Explainer, first: Attribution, seed: int) -> list[Scores]:
    """The same metric on more draws of chance."""
    query, found = first.query, []
    for draw in range(1, RANDOM_DRAWS):
        again = explainer.explain(model, query.inputs, query.target, seed=seed_for(seed, "draw", draw)).as_attribution()
        found.append(metric.evaluate(model, again, seed=seed))
    return found
