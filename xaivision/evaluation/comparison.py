"""Several methods asked the same question, next to controls that ignore the model."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import Cancelled, InputError, XaivisionError
from xaivision.core.explanation import Explanation
from xaivision.core.presenting import Presentable, few, shape_of
from xaivision.core.progress import track
from xaivision.core.protocols import Explainer, Metric
from xaivision.core.query import Query, asked
from xaivision.core.random import seed_for
from xaivision.core.scores import Scores
from xaivision.core.sharing import sharing
from xaivision.core.targets import Targets
from xaivision.core.verdict import worst
from xaivision.core.wrapping import classifier
from xaivision.engines.ranking import spearman_matrix
from xaivision.explainers.controls import Random

# A single draw of chance is itself a matter of chance.
RANDOM_DRAWS = 5


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Presentable):
    """Explanations of one query by label, methods first and `controls` after them.

    `scores`: metric -> label -> scores, with those of the controls attached. `agreement` (B, n, n): Spearman correlation
    between the `agreement_labels`, the explanations that are attributions. `failures`: why a method or a metric could not
    answer, one sentence each.
    """

    query: Query
    explanations: Mapping[str, Explanation]
    controls: tuple[str, ...]
    scores: Mapping[str, Mapping[str, Scores]]
    agreement: Tensor
    agreement_labels: tuple[str, ...]
    failures: Mapping[str, str]
    seconds: float

    def _in_short(self) -> tuple[str, ...]:
        named = {"controls": self.controls, "metrics": self.scores, "failures": self.failures}
        said = [f"{what} {few(names)}" for what, names in named.items() if names]
        verdict = worst(self.explanations[label].verdict.status for label in self.methods)
        return (few(self.methods), *said, f"inputs {shape_of(self.query.inputs)}", f"verdict {verdict}")

    @property
    def methods(self) -> tuple[str, ...]:
        """Labels that are not controls."""
        return tuple(label for label in self.explanations if label not in self.controls)

    @property
    def unanswered(self) -> dict[str, str]:
        """Why a method could not answer at all, by label; metrics that could not judge a method are not among them."""
        judged = {f"{metric} of {label}" for metric in self.scores for label in self.explanations}
        return {label: why for label, why in self.failures.items() if label not in judged}


@dataclass(frozen=True)
class Plan:
    """What a comparison asks: explainers and controls by label, metrics by name, and one seed for all."""

    explainers: Mapping[str, Explainer]
    controls: Mapping[str, Explainer]
    metrics: Mapping[str, Metric]
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.explainers:
            raise InputError("`methods` must name at least one method. Got none.")
        if twice := sorted(set(self.explainers) & set(self.controls)):
            raise InputError(f"`{twice[0]}` is named as a method and as a control. Name it once.")
        for name, metric in self.metrics.items():
            if metric.about.judges != "explanation":
                raise InputError(
                    f"`metrics` must judge explanations. `{name}` is a sanity check: it asks the method again. Use `xv.evaluate`."
                )


def compare(model: Classifier, inputs: Tensor, targets: Targets, plan: Plan) -> Comparison:
    """Ask every method and control the same question, and judge all of them by the same metrics.

    A method that cannot answer, or at which the model breaks down, is recorded in `failures` and the others go on.

    Raises: InputError, where the inputs or targets do not fit the model; Cancelled; what the model raises, where no method
    could answer.
    """
    start = time.perf_counter()
    adapter = classifier(model)
    with adapter.held(), sharing():
        query = asked(adapter, inputs, targets)
        failures: dict[str, str] = {}
        explanations = _explanations(adapter, query, plan, failures)
        scores = _scores(adapter, explanations, plan, failures)
    maps = _attributions(explanations)
    return Comparison(
        query=query,
        explanations=explanations,
        controls=tuple(label for label in plan.controls if label in explanations),
        scores=scores,
        agreement=agreement(list(maps.values())),
        agreement_labels=tuple(maps),
        failures=failures,
        seconds=time.perf_counter() - start,
    )


def agreement(maps: Sequence[Attribution]) -> Tensor:
    """(B, n, n) Spearman correlation of the feature values of every two maps; NaN where one is constant."""
    if not maps:
        return torch.empty(0, 0, 0, dtype=torch.float64)
    batch = range(len(maps[0].query))
    return torch.stack([spearman_matrix([one.feature_values[index] for one in maps]) for index in batch])


def _explanations(model: ClassifierAdapter, query: Query, plan: Plan, failures: dict[str, str]) -> dict[str, Explanation]:
    found: dict[str, Explanation] = {}
    broken: Exception | None = None
    everyone = {**plan.explainers, **plan.controls}
    for label, explainer in track(list(everyone.items()), "methods"):
        try:
            found[label] = explainer.explain(model, query.inputs, query.target, seed=plan.seed)
        except Cancelled:
            raise
        except XaivisionError as error:
            failures[label] = str(error)
        except Exception as error:  # what one method makes the model raise must not take the others along
            broken = error
            failures[label] = f"the model raised {type(error).__name__}: {error}"
    if broken is not None and not any(label in found for label in plan.explainers):
        raise broken
    return found


def _attributions(explanations: Mapping[str, Explanation]) -> dict[str, Attribution]:
    """Those that can be read as attributions."""
    found: dict[str, Attribution] = {}
    for label, explanation in explanations.items():
        try:
            found[label] = explanation.as_attribution()
        except XaivisionError:
            continue
    return found


def _scores(
    model: ClassifierAdapter, explanations: Mapping[str, Explanation], plan: Plan, failures: dict[str, str]
) -> dict[str, dict[str, Scores]]:
    scores: dict[str, dict[str, Scores]] = {}
    for name, metric in track(list(plan.metrics.items()), "metrics"):
        found = {}
        for label, explanation in explanations.items():
            try:
                found[label] = _judged(model, metric, explanation.as_attribution(), plan)
            except Cancelled:
                raise
            except XaivisionError as error:
                failures[f"{name} of {label}"] = str(error)
        scores[name] = _with_controls(found, plan)
    return scores


def _judged(model: ClassifierAdapter, metric: Metric, attribution: Attribution, plan: Plan) -> Scores:
    first = metric.evaluate(model, attribution, seed=plan.seed)
    if attribution.method != "random":
        return first
    return averaged([first, *_further_draws(model, metric, attribution, plan)])


def _with_controls(found: Mapping[str, Scores], plan: Plan) -> dict[str, Scores]:
    controls = {label: score for label, score in found.items() if label in plan.controls}
    return {label: score if label in controls else replace(score, controls=controls) for label, score in found.items()}


def _further_draws(model: ClassifierAdapter, metric: Metric, first: Attribution, plan: Plan) -> list[Scores]:
    """The same metric on more draws of chance."""
    found = []
    for draw in range(1, RANDOM_DRAWS):
        again = Random().explain(model, first.query.inputs, first.query.target, seed=seed_for(plan.seed, "draw", draw))
        found.append(metric.evaluate(model, again, seed=plan.seed))
    return found


def averaged(scores: Sequence[Scores]) -> Scores:
    """The mean of several measurements of the same thing; each draw's values are kept in `details`."""
    values = torch.stack([score.values for score in scores])
    curves = [score.curves for score in scores if score.curves is not None]
    return replace(
        scores[0],
        values=values.mean(0),
        curves=torch.stack(curves).mean(0) if curves else None,
        details={"draws": values.T.contiguous()},
        notes=(f"mean of {len(scores)} draws",),
        model_calls=sum(score.model_calls for score in scores),
        gradient_calls=sum(score.gradient_calls for score in scores),
        seconds=sum(score.seconds for score in scores),
    )
