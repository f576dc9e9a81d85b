"""Composite: effects, a rule, the last step to another class and a similar case, told together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan, nan
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Note
from xaivision.core.examples import Examples
from xaivision.core.explanation import Explanation
from xaivision.core.narrative import Narrative
from xaivision.core.origin import told_settings
from xaivision.core.query import Query
from xaivision.core.question import Question, question
from xaivision.core.rules import Condition, Rule, Rules, told_rule
from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import Targets
from xaivision.core.values_in_words import column_words
from xaivision.explainers.background import check_background, fitting_background
from xaivision.explainers.counterfactuals.decision_boundary import DecisionBoundary
from xaivision.explainers.lime_tabular import LimeTabular
from xaivision.explainers.nearest_examples import NearestExamples
from xaivision.explainers.rows_in_words import class_words, rule_sentence, turn_sentence
from xaivision.explainers.rules.anchors import Anchors


class Told(NamedTuple):
    """What each part says of all inputs."""

    effects: Attribution
    rules: Rules
    way: Counterfactuals
    cases: Examples

    def itself(self, index: int) -> bool:
        """Whether the case is the row itself, which is all that is known then."""
        return bool((self.cases.examples[index, 0] == self.cases.query.inputs[index]).all())


@dataclass(frozen=True, eq=False)
class Composite:
    """For each row in words: its `features` strongest effects by `lime_tabular`, the rule of `anchors`, the last edit of
    `decision_boundary`, and the nearest row of the `background` (N, F), itself left out, with what the model predicts of it.

    `local_rows`: how many the local model is fitted to; `discretize`: it is told bins of numbers. `threshold`: precision of the
    rule, `most_samples`: draws for it. `samples`: rows among which the nearest flip is sought. The attribution is that of the
    local model; regions (B, F) are 1 for the columns of the rule.
    """

    about: ClassVar[About] = About(
        name="composite",
        answers="What weighs how much here, what holds the prediction, what would turn it, and which case is alike?",
        misleads="Four answers to four questions: that they agree proves none of them, and they need not agree.",
        cost="those of `lime_tabular`, `anchors` and `decision_boundary` together",
        source="Hase and Bansal, ACL 2020, arXiv:2005.01831",
        needs=Access.SCORES,
        domains=("tabular",),
    )

    background: Tensor
    features: int = 5
    local_rows: int = 5000
    discretize: bool = True
    threshold: float = 0.95
    samples: int = 2000
    most_samples: int = 100_000

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_background(self.background)
        for name in ("features", "local_rows", "samples", "most_samples"):
            check_positive_integer(name, getattr(self, name))

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Narrative:
        """Four sentences an input; `evidence` holds the same as numbers."""
        with question(self, model, inputs, targets, seed=seed) as q:
            known = fitting_background(q, self.background)
            asked = (q.model, q.query.inputs, targets)
            told = Told(
                LimeTabular(known, budget=self.local_rows, discretize=self.discretize).explain(*asked, seed=seed),
                Anchors(known, threshold=self.threshold, most_samples=self.most_samples).explain(*asked, seed=seed),
                DecisionBoundary(known, samples=self.samples).explain(*asked, seed=seed),
                _others(NearestExamples(known, k=min(2, len(known))).explain(*asked, seed=seed)),
            )
            predicted = q.model(told.cases.examples[:, 0]).argmax(1).cpu()
            _pass_on(q, told)
            count = range(len(q.query))
            regions = torch.zeros(q.query.inputs.shape, dtype=torch.int64, device="cpu")
            for index in count:
                regions[index, [one.feature for rule in told.rules.rules[index] for one in rule.conditions]] = 1
            text = tuple(self._text(q, told, index, int(predicted[index])) for index in count)
            evidence = tuple(_evidence(told, index, int(predicted[index])) for index in count)
            return q.narrative(told.effects, regions, text, evidence)

    def _text(self, q: Question, told: Told, index: int, predicted: int) -> str:
        query = q.query
        values = told.effects.values[index]
        strongest = values.abs().argsort(descending=True, stable=True)[: self.features].tolist()
        effects = [f"{column_words(query, one)} {_signed(float(values[one]))}" for one in strongest if float(values[one])]
        return (
            f"Effects on {class_words(query, int(query.targets[index]))}: {', '.join(effects) or 'none'}. "
            f"{rule_sentence(told.rules, index)} {turn_sentence(told.way, index)} "
            f"The most similar known row is number {int(told.cases.indices[index, 0])}, "
            f"{'this row itself, ' if told.itself(index) else ''}predicted as {class_words(query, predicted)}."
        )


def _signed(value: float) -> str:
    return f"{value:+.3g}".replace("-", "\N{MINUS SIGN}")


def _others(cases: Examples) -> Examples:
    """One case for each input: the nearest that is not the input itself, where there is another."""
    itself = (cases.examples[:, 0] == cases.query.inputs).all(1).cpu()
    place = (itself & (cases.examples.shape[1] > 1)).long()

    def own(values: Tensor) -> Tensor:
        return torch.stack([one[at] for one, at in zip(values, place.tolist(), strict=True)])[:, None]

    examples, indices, similarity = own(cases.examples), own(cases.indices), own(cases.similarity)
    return replace(cases, examples=examples, indices=indices, similarity=similarity, example_scores=None, maps=None)


def _evidence(told: Told, index: int, predicted: int) -> Mapping[str, Any]:
    return {
        "effects": told.effects.values[index].tolist(),
        **_rule_evidence(told.rules.rules[index]),
        "way": told.way.counterfactuals[index].tolist(),
        "goal": int(told.way.goals[index]),
        "goal_scores": told.way.scores[index].tolist(),
        "flips": told.way.found[index].tolist(),
        **_cost_evidence(told.way, index),
        "similar": int(told.cases.indices[index, 0]),
        "similar_row": told.cases.examples[index, 0].tolist(),
        "similarity": float(told.cases.similarity[index, 0]),
        "similar_predicted": predicted,
    }


def _rule_evidence(rules: tuple[Rule, ...]) -> Mapping[str, Any]:
    """Of the one rule; its precision is None where none was found."""
    if not rules:
        return {"conditions": [], "precision": None, "coverage": None, "precision_bound": None}
    (rule,) = rules
    conditions = [[one.feature, one.low, one.high] for one in rule.conditions]
    bound = None if isnan(rule.precision_bound) else rule.precision_bound
    return {"conditions": conditions, "precision": rule.precision, "coverage": rule.coverage, "precision_bound": bound}


def _rules_of(query: Query, evidence: Mapping[str, Any]) -> tuple[Rule, ...]:
    if evidence["precision"] is None:
        return ()
    conditions = tuple(Condition(*parts) for parts in evidence["conditions"])
    bound = evidence.get("precision_bound")  # records of before this was kept are without it
    rule = Rule(conditions, evidence["precision"], evidence["coverage"], nan if bound is None else bound)
    return (told_rule(query, rule),)


def _cost_evidence(way: Counterfactuals, index: int) -> Mapping[str, Any]:
    """What each step of the way costs, None where it does not reach the class, and what each column adds to that."""
    if way.costs is None or way.column_costs is None:
        return {}
    costs = [None if isnan(one) else one for one in way.costs[index].tolist()]
    return {"costs": costs, "column_costs": way.column_costs[index].tolist(), "cost_unit": way.cost_unit}


def _costs_of(evidence: Sequence[Mapping[str, Any]], device: torch.device) -> dict[str, Any]:
    """The costs of the ways, as counterfactuals carry them; nothing where the records are of before they were kept."""
    if not all("costs" in one for one in evidence):
        return {}
    costs = [[nan if cost is None else cost for cost in one["costs"]] for one in evidence]
    told = {"costs": costs, "column_costs": [one["column_costs"] for one in evidence]}
    tensors = {name: torch.tensor(values, dtype=torch.float64, device=device) for name, values in told.items()}
    return {**tensors, "cost_unit": evidence[0]["cost_unit"]}


def is_composite(narrative: Narrative) -> bool:
    """Whether `told_parts` can say what the words are made of."""
    return narrative.origin.method == Composite.about.name


def told_parts(narrative: Narrative) -> Told:
    """The four explanations that a composite tells in words, of its evidence."""
    query, found = narrative.query, narrative.evidence
    own = (query, narrative.origin, narrative.diagnostics)

    def column(name: str) -> Tensor:
        return torch.tensor([one[name] for one in found], device=query.inputs.device)

    way = column("way").to(query.inputs.dtype)
    return Told(
        narrative.attribution,
        Rules(*own, rules=tuple(_rules_of(query, one) for one in found)),
        Counterfactuals(
            *own, way, column("goal"), column("goal_scores"), column("flips"), **_costs_of(found, query.inputs.device)
        ),
        Examples(
            *own, column("similar_row").to(query.inputs.dtype)[:, None], column("similar")[:, None], column("similarity")[:, None]
        ),
    )


def _pass_on(q: Question, told: Told) -> None:
    """The doubts of every part, with its name."""
    parts: tuple[Explanation, ...] = tuple(told)
    for part in parts:
        for note in part.diagnostics.notes:
            if note.status != "ok":
                q.note(Note(note.status, f"{part.method}: {note.text}", note.inputs))
