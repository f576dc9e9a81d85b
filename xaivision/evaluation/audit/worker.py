"""The worker: asks a model everything that an audit wants to know of one shard of items."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.explanation import Explanation
from xaivision.core.metering import metered
from xaivision.core.protocols import Explainer, Metric, SanityCheck
from xaivision.core.query import Query, asked
from xaivision.core.scores import Scores
from xaivision.core.sharing import sharing
from xaivision.core.targets import TargetScore
from xaivision.evaluation.audit.aside import aside
from xaivision.evaluation.audit.items import Items
from xaivision.evaluation.audit.part import Part, Shard
from xaivision.evaluation.audit.pieces import Chosen, Pieces, in_pieces, joined
from xaivision.evaluation.audit.plan import AuditPlan, Judge, for_items
from xaivision.evaluation.audit.record import Record
from xaivision.evaluation.scoring import scored, scored_beside_reversal


@dataclass(frozen=True, eq=False)
class Worker:
    """Gives one part for each shard. What one item makes the model or a method raise is told in that item's rows alone.

    The model is asked once for what several methods and metrics need; nothing of a part depends on other shards.
    """

    model: ClassifierAdapter
    items: Items
    plan: AuditPlan

    def __call__(self, shard: Shard) -> Part:
        """Raises: Cancelled."""
        if shard.about != "rows":
            return aside(self.model, self.items, self.plan, shard)
        record = Record(shard, self.items.names, self.plan)
        with self.model.held(), sharing(), metered() as meter:
            start = time.perf_counter()
            self._fill(record, shard)
            seconds = time.perf_counter() - start
        return record.part(meter, seconds)

    def _fill(self, record: Record, shard: Shard) -> None:
        for questions in self._questions(record, shard.items):
            record.asked(questions.items, questions.inputs, questions.target.classes)
            for label, explainer in self.plan.everyone.items():
                ask = partial(self._explained, explainer, questions)
                found = in_pieces(questions.items, ask, "the method or the model")
                record.explained(label, found)
                for name, judge in self.plan.judges.items():
                    record.judged(label, name, self._judged(label, explainer, judge, questions, found))
        record.compared()

    def _questions(self, record: Record, items: Chosen) -> "list[Questions]":
        """The inputs that can be read, and that the model can score, those of one shape together."""
        loaded = in_pieces(items, lambda chosen: [self.items.load(item) for item in chosen], "reading it")
        record.failed(loaded.errors)
        by_shape: dict[tuple[int, ...], dict[int, Tensor]] = {}
        for chosen, batch in loaded.answers:
            for item, one in zip(chosen, batch, strict=True):
                by_shape.setdefault(tuple(one.shape), {})[item] = one
        scored_ = [in_pieces(tuple(inputs), partial(self._asked, inputs)) for inputs in by_shape.values()]
        record.failed(joined(scored_).errors)
        return [Questions.of(one) for one in scored_ if one.answers]

    def _asked(self, known: Mapping[int, Tensor], chosen: Chosen) -> Query:
        inputs = torch.stack([known[item] for item in chosen])
        query = asked(self.model, inputs, self.plan.target_of(chosen, len(self.items.names)))
        if not bool(query.scores.isfinite().all()):
            raise InputError(
                f"The model must give a finite {query.unit}. Got {query.scores.tolist()}. Look at what it does here."
            )
        return query

    def _explained(self, explainer: Explainer, questions: "Questions", chosen: Chosen) -> Explanation:
        inputs, target = questions.about(chosen)
        one = for_items(explainer, chosen, len(self.items.names), self.model.domain)
        found = one.explain(self.model, inputs, target, seed=self.plan.seed)
        _check_explained(found, len(chosen))
        return found

    def _judged(
        self, label: str, explainer: Explainer, judge: Judge, questions: "Questions", found: Pieces[Explanation]
    ) -> Pieces[Scores]:
        def scores(chosen: Chosen, known: Mapping[Chosen, Explanation]) -> Scores:
            explanation = known[chosen] if chosen in known else self._explained(explainer, questions, chosen)
            total, domain = len(self.items.names), self.model.domain
            own = for_items(explainer, chosen, total, domain), for_items(judge, chosen, total, domain)
            return self._scores(label, *own, explanation.as_attribution())

        known = dict(found.answers)
        return joined(
            [in_pieces(chosen, lambda some: scores(some, known), "the metric, the method or the model") for chosen in known]
        )

    def _scores(self, label: str, explainer: Explainer, judge: Judge, attribution: Attribution) -> Scores:
        if judge.about.judges == "explainer":
            found = cast(SanityCheck, judge).evaluate(self.model, explainer, attribution, seed=self.plan.seed)
        else:
            score = scored if label in self.plan.controls else scored_beside_reversal
            found = score(self.model, cast(Metric, judge), explainer, attribution, self.plan.seed)
        _check_scored(found, len(attribution.query))
        return found


@dataclass(frozen=True, eq=False)
class Questions:
    """The inputs (n, *S) of the items that could be scored, with what is explained of each."""

    items: Chosen
    inputs: Tensor
    target: TargetScore

    @classmethod
    def of(cls, pieces: Pieces[Query]) -> "Questions":
        """Those of several queries as one."""
        queries = [query for _, query in pieces.answers]
        targets = [query.target for query in queries]
        against = None if targets[0].against is None else torch.cat([one.against for one in targets if one.against is not None])
        return cls(
            tuple(item for chosen, _ in pieces.answers for item in chosen),
            torch.cat([query.inputs for query in queries]),
            replace(targets[0], classes=torch.cat([one.classes for one in targets]), against=against),
        )

    def about(self, chosen: Sequence[int]) -> tuple[Tensor, TargetScore]:
        """The inputs and the target of some of the items."""
        places = [self.items.index(item) for item in chosen]
        return self.inputs[places], self.target.take(torch.tensor(places, device=self.target.classes.device))


def _check_explained(found: Explanation, items: int) -> None:
    """Methods may be anyone's: what one of them gives must not stop the others."""
    if not isinstance(found, Explanation) or len(found.query) != items:
        given = f"one of {len(found.query)}" if isinstance(found, Explanation) else type(found).__name__
        raise InputError(f"A method must give an explanation of {items} inputs. Got {given}.")


def _check_scored(found: Scores, items: int) -> None:
    if not isinstance(found, Scores) or found.values.shape != (items,):
        given = f"values of the shape {tuple(found.values.shape)}" if isinstance(found, Scores) else type(found).__name__
        raise InputError(f"A metric must give `Scores` with one value for each of {items} inputs. Got {given}.")
