"""Several methods asked the same question, next to controls that ignore the model."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.diagnostics import Diagnostics
from xaivision.core.errors import Cancelled, InputError, XaivisionError
from xaivision.core.explanation import Explanation
from xaivision.core.fault import fault
from xaivision.core.metering import metered
from xaivision.core.presenting import Presentable, few, shape_of
from xaivision.core.progress import track
from xaivision.core.protocols import Explainer, Metric
from xaivision.core.query import Query, asked
from xaivision.core.scores import Scores
from xaivision.core.sharing import sharing
from xaivision.core.targets import Targets
from xaivision.core.verdict import Verdict, worst
from xaivision.core.wrapping import classifier
from xaivision.engines.ranking import spearman_matrix
from xaivision.evaluation.agreement import agreement_matrix
from xaivision.evaluation.control_doubts import control_doubts
from xaivision.evaluation.scoring import scored, scored_beside_reversal
from xaivision.evaluation.standing import REVERSED, of_input
from xaivision.models.learned_inputs import LearnedInputs, learned_doubts


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Presentable):
    """Explanations of one query by label, methods first and `controls` after them.

    `scores`: metric -> label -> scores, with those of the controls attached. `agreement` (B, n, n): Spearman correlation
    between the `agreement_labels`, the explanations that are attributions. `failures`: why a method or a metric could not
    answer, one sentence each. `judging`: the metrics by which a method has to beat the controls. `model_calls`,
    `gradient_calls` and `seconds` are those of everything together, scores that several need asked once; each explanation
    and each score says what it would have cost alone. `learned`: the numbers of the inputs that the model holds itself, and so
    has learned from, which every method's verdict says.
    """

    query: Query
    explanations: Mapping[str, Explanation]
    controls: tuple[str, ...]
    scores: Mapping[str, Mapping[str, Scores]]
    agreement: Tensor
    agreement_labels: tuple[str, ...]
    failures: Mapping[str, str]
    seconds: float
    judging: tuple[str, ...] = ()
    model_calls: int = 0
    gradient_calls: int = 0
    learned: tuple[int, ...] = ()

    def _in_short(self) -> tuple[str, ...]:
        named = {"controls": self.controls, "metrics": self.scores, "failures": self.failures}
        said = [f"{what} {few(names)}" for what, names in named.items() if names]
        verdict = worst(one.status for one in self.verdicts.values())
        return (few(self.methods), *said, f"inputs {shape_of(self.query.inputs)}", f"verdict {verdict}")

    @cached_property
    def verdicts(self) -> Mapping[str, Verdict]:
        """For each method the verdict on its explanation, joined with what the controls say of it over all inputs, and with how
        many of these the model has learned from.

        Controls have none: they claim nothing. What is refused for every input is not held against controls any more.
        """
        found = {}
        for label in self.methods:
            explanation = self.explanations[label]
            refused = all(one.status == "refuse" for one in explanation.verdicts)
            found[label] = _joined(explanation.verdict, () if refused else self._doubts(label))
        return found

    def verdict_of(self, label: str, index: int) -> Verdict:
        """The verdict on one input's explanation, joined with what the controls say of it on this input.

        A single input tells nothing of others: it is held against the values of the controls as they are, and against
        the spread of the draws of those that draw at random. That of a control is its explanation's own.
        """
        own = self.explanations[label].verdicts[index]
        if label in self.controls or own.status == "refuse":
            return own
        return _joined(own, self._doubts(label, index))

    def _doubts(self, label: str, index: int | None = None) -> tuple[str, ...]:
        rows = {metric: self.scores.get(metric, {}).get(label) for metric in self.judging}
        chosen = {metric: row if row is None or index is None else of_input(row, index) for metric, row in rows.items()}
        learned, count = (self.learned, len(self.query)) if index is None else ({index} & {*self.learned}, 1)
        return (*control_doubts(chosen), *learned_doubts(learned, count))

    @property
    def cost(self) -> Diagnostics:
        """What everything together cost, and how busy the machine was meanwhile."""
        loads = [one.diagnostics.load for one in self.explanations.values()]
        return Diagnostics(self.model_calls, self.gradient_calls, self.seconds, max(loads, default=float("nan")))

    def agreement_by(self, measure: str, k: int | None = None) -> Tensor:
        """(B, n, n) agreement between the `agreement_labels` by another measure than `agreement`: 1 where two agree fully.

        `measure`: "feature_agreement", "rank_agreement", "sign_agreement", "signed_rank_agreement" or "top_k_iou" of the `k`
        first features (None: one in ten, and at least five); "rank_correlation"; "structural_similarity" of pictures.

        Raises: UnknownNameError, where no measure has this name; InputError, where `k` or the inputs do not fit it.
        """
        maps = [self.explanations[label].as_attribution() for label in self.agreement_labels]
        return agreement_matrix(maps, measure, k)

    @property
    def methods(self) -> tuple[str, ...]:
        """Labels that are not controls."""
        return tuple(label for label in self.explanations if label not in self.controls)

    @property
    def unanswered(self) -> dict[str, str]:
        """Why a method could not answer at all, by label; metrics that could not judge a method are not among them."""
        judged = {f"{metric} of {label}" for metric in self.scores for label in self.explanations}
        return {label: why for label, why in self.failures.items() if label not in judged}


def _joined(own: Verdict, doubts: Sequence[str]) -> Verdict:
    return Verdict(worst((own.status, "warn")), (*own.reasons, *doubts)) if doubts else own


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
        if REVERSED in self.controls:
            raise InputError(f"`{REVERSED}` is the control that every method has already. Give yours another label.")
        for name, metric in self.metrics.items():
            if metric.about.judges != "explanation":
                raise InputError(
                    f"`metrics` must judge explanations. `{name}` is a sanity check: it asks the method again. Use `xv.evaluate`."
                )

    @property
    def everyone(self) -> dict[str, Explainer]:
        """All who are asked, controls last."""
        return {**self.explainers, **self.controls}

    @property
    def judging(self) -> tuple[str, ...]:
        """The metrics by which a method has to beat the controls."""
        return tuple(name for name, metric in self.metrics.items() if metric.about.faithfulness)


def compare(model: Classifier, inputs: Tensor, targets: Targets, plan: Plan) -> Comparison:
    """Ask every method and control the same question, and judge all of them by the same metrics.

    A method that cannot answer, or at which the model breaks down, is recorded in `failures` and the others go on. The model is
    held for one method at a time: who else asks it has a turn between two.

    Raises: InputError, where the inputs or targets do not fit the model; Cancelled; what the model raises, where no method
    could answer.
    """
    start = time.perf_counter()
    adapter = classifier(model)
    with sharing(), metered() as meter:
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
        judging=plan.judging,
        model_calls=meter.model_calls,
        gradient_calls=meter.gradient_calls,
        learned=LearnedInputs(adapter).among(query.inputs),
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
    for label, explainer in track(list(plan.everyone.items()), "methods"):
        try:
            found[label] = explainer.explain(model, query.inputs, query.target, seed=plan.seed)
        except Cancelled:
            raise
        except XaivisionError as error:
            failures[label] = str(error)
        except Exception as error:  # what one method makes the model raise must not take the others along
            broken = error
            failures[label] = fault(error)
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
            score = scored if label in plan.controls else scored_beside_reversal
            try:
                found[label] = score(model, metric, plan.everyone[label], explanation.as_attribution(), plan.seed)
            except Cancelled:
                raise
            except XaivisionError as error:
                failures[f"{name} of {label}"] = str(error)
        scores[name] = _with_controls(found, plan)
    return scores


def _with_controls(found: Mapping[str, Scores], plan: Plan) -> dict[str, Scores]:
    controls = {label: score for label, score in found.items() if label in plan.controls}
    return {
        label: score if label in controls else replace(score, controls={**controls, **score.controls})
        for label, score in found.items()
    }
