"""What is asked aside, of a few items together: how far removal leads off the data, and by which scores the model is known.

It asks the model, and so it is a worker's to do, like the rows: what ends a process must never end the one that keeps the parts.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

import torch
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.metering import metered
from xaivision.evaluation.audit.items import Items
from xaivision.evaluation.audit.part import Part, Shard
from xaivision.evaluation.audit.pieces import Chosen, in_pieces
from xaivision.evaluation.audit.plan import AuditPlan, for_items
from xaivision.evaluation.audit.removal_shift import VERSIONS, RemovalShift, removal_shift
from xaivision.evaluation.audit.replacements import operator_of
from xaivision.evaluation.audit.used_removals import UsedRemoval, removals_of


def aside(model: ClassifierAdapter, items: Items, plan: AuditPlan, shard: Shard) -> Part:
    """A part without rows, in which everything stands under `found`.

    Raises: Cancelled.
    """
    with model.held(), metered() as meter:
        found = QUESTIONS[shard.about](model, items, plan, shard.items)
    return Part(shard.number, (), model_calls=meter.model_calls, items=len(shard.items), found={shard.about: found})


def removal_calls(plan: AuditPlan, model: ClassifierAdapter, items: int) -> int:
    """How many model calls it takes to look at the removals of a plan over so many items."""
    operators = set(filter(None, (operator_of(name, judge, model)[0] for name, judge in plan.judges.items())))
    return items * (1 + VERSIONS * len(operators)) if operators else 0


def shift_of(told: Mapping[str, Any]) -> RemovalShift:
    """What was found of one removal operator, from the values that were kept."""
    return RemovalShift(told["auc"], tuple(told["interval"]), told["inputs"], tuple(told["metrics"]))


def _removals(model: ClassifierAdapter, items: Items, plan: AuditPlan, wanted: Chosen) -> dict[str, Any]:
    """Over those that can be read, and that the model can score with half of their features removed."""
    chosen_items, inputs = _inputs(items, wanted)
    if not chosen_items:
        return {}
    total = len(items.names)

    def used(names: Iterable[str], chosen: Chosen) -> dict[str, UsedRemoval]:
        judges = {
            name: for_items(plan.judges[name], [chosen_items[place] for place in chosen], total, model.domain) for name in names
        }
        return removals_of(judges, model, inputs[list(chosen)], plan.seed)

    def shifts(chosen: Chosen) -> dict[str, Any]:
        operators = used(fitting, chosen)
        removals = {name: one.remove for name, one in operators.items()}
        found = removal_shift(model, inputs[list(chosen)], removals, plan.seed)
        return {name: asdict(replace(one, metrics=operators[name].metrics)) for name, one in found.items()}

    names = tuple(plan.judges)
    fits = in_pieces(range(len(names)), lambda chosen: [used([names[number]], (0,)) for number in chosen])
    fitting = [names[number] for chosen, made in fits.answers for number, one in zip(chosen, made, strict=True) if one]
    if not fitting:
        return {}
    found = in_pieces(range(len(chosen_items)), shifts)
    if len(found.answers) > 1:  # some items failed, and each of the others was asked alone
        found = in_pieces([place for chosen, _ in found.answers for place in chosen], shifts)
    return found.answers[0][1] if len(found.answers) == 1 else {}


def _identity(model: ClassifierAdapter, items: Items, plan: AuditPlan, wanted: Chosen) -> dict[str, Any]:
    """By the number of each item that can be read and scored, the scores of all classes; each is asked about alone."""
    found = in_pieces(wanted, lambda chosen: [model(items.load(item)[None])[0].double().cpu().tolist() for item in chosen])
    return {str(item): scores for chosen, known in found.answers for item, scores in zip(chosen, known, strict=True)}


def _inputs(items: Items, wanted: Chosen) -> tuple[Chosen, Tensor]:
    """Those that can be read and have one shape: their numbers, and all of them in one batch."""
    found = in_pieces(wanted, lambda chosen: [items.load(item) for item in chosen])
    loaded = {item: one for chosen, some in found.answers for item, one in zip(chosen, some, strict=True) if one.isfinite().all()}
    fitting = {item: one for item, one in loaded.items() if one.shape == next(iter(loaded.values())).shape}
    return tuple(fitting), torch.stack([*fitting.values()]) if fitting else torch.empty(0)


QUESTIONS: Mapping[str, Callable[[ClassifierAdapter, Items, AuditPlan, Chosen], dict[str, Any]]] = {
    "removals": _removals,
    "identity": _identity,
}
