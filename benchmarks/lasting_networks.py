"""Counterfactuals of networks that last through deletions: which hold when the last layer is fitted again, and when all is.

Networks of three layers (twice the columns wide, tanh) on breast cancer and German credit, 20 rows that they have not learned;
the same with three times the ridge; and narrow ones of at most 2,000 parameters, all of which may move, with 8 rows. So many
training rows as the method is told of are deleted, at random (20 times) or those that hurt a row most, and the last layer is
fitted again, or the whole network is trained again from its own seed. The control deletes nothing and trains from 20 other seeds.

`python -m benchmarks lasting_networks`: some ten minutes of one thread. German credit is asked about where XAIVISION_DATA says
where the tables are; without it nothing is written.
"""

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from benchmarks.lasting_counterfactuals import ASKED, RIDGE, Table, credits, spread, tumors, worst
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.origin import library_versions
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.counterfactuals.all_parameters import AllParameters, all_parameters
from xaivision.engines.counterfactuals.deletion import refitted
from xaivision.engines.counterfactuals.last_layer import LastLayer, last_layer, untrained
from xaivision.engines.counterfactuals.network_head import network_head
from xaivision.explainers.counterfactuals.deletion_robust import DeletionRobustCounterfactuals
from xaivision.models.standardized_mlp import StandardizedMlp

RESULT = Path(__file__).resolve().parent.parent / "docs" / "results" / "lasting_networks.json"
DRAWS, SINGLE, EPOCHS, RATE, NARROW = 20, 30, 400, 1e-2, 20


class Plan(NamedTuple):
    """A network: whether it is narrow, its ridge, the ways of asking it for what lasts, and about how many rows at most."""

    narrow: bool
    ridge: float
    ways: dict[str, dict[str, Any]]
    rows: int = ASKED


PLANS = {
    "wide": Plan(False, RIDGE, {"first order": {"margin": 0.0}, "default": {}}),
    "held": Plan(False, 3 * RIDGE, {"first order": {"margin": 0.0}, "default": {}}),
    "narrow": Plan(True, RIDGE, {"default": {}, "all parameters": {"influence": "all"}}, 8),
}


class Case(NamedTuple):
    """A table and the plan of a network, with the network that was trained on all rows, `known` from its last layer, and `whole`
    with all of its parameters where these are few.
    """

    table: Table
    plan: Plan
    network: StandardizedMlp
    known: LastLayer
    whole: AllParameters | None

    @property
    def deletions(self) -> int:
        return method(self, {}).deletions


def main(quick: bool = False) -> dict[str, Any]:
    """The whole result, written where it is not `quick`."""
    torch.set_num_threads(1)
    found: dict[str, Any] = {"versions": dict(library_versions())}
    for name, table in {"tumors": tumors, **({"credits": credits} if "XAIVISION_DATA" in os.environ else {})}.items():
        found[name] = {kind: judged(case_of(table(), plan, quick), quick) for kind, plan in PLANS.items()}
    if "credits" in found and not quick:
        RESULT.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return found


def case_of(table: Table, plan: Plan, quick: bool) -> Case:
    table = table._replace(asked=table.asked[: 2 if quick else plan.rows])
    network = trained(table, plan, torch.ones(len(table.rows)))
    head = network_head(network, table.rows[:1])
    assert head is not None
    lesson = (head, table.rows, 2.0 * table.labels.double() - 1, plan.ridge)
    return Case(table, plan, network, last_layer(*lesson), all_parameters(*lesson) if plan.narrow else None)


def trained(table: Table, plan: Plan, kept: Tensor, seed: int = 0) -> StandardizedMlp:
    """The network of the rows that are kept, from a seed: full batches, and steps that end at nothing."""
    width = NARROW if plan.narrow else 2 * table.rows.shape[1]
    torch.manual_seed(seed)
    network = StandardizedMlp(table.rows.shape[1], (width, width), 1)
    network.standardize(table.rows)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    steps = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    signs = 2.0 * table.labels - 1
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        losses = torch.nn.functional.softplus(-signs * network(table.rows)[:, 0])
        held = sum(one.square().sum() for one in network.parameters() if one.ndim > 1)
        torch.autograd.backward((kept * losses).sum() / kept.sum() + plan.ridge * held)
        optimizer.step()
        steps.step()
    return network.eval()


def judged(case: Case, quick: bool) -> dict[str, Any]:
    """Plain ones and those that each way finds, after all deletions."""
    draws = torch.Generator().manual_seed(0)
    lots = [torch.randperm(len(case.table.rows), generator=draws)[: case.deletions] for _ in range(2 if quick else DRAWS)]
    answers = {name: asked_with(case, way) for name, way in case.plan.ways.items()}
    default = answers["default"]
    fits = Fits(
        torch.stack([refitted(case.known.head, lot) for lot in lots]),
        [again(case, lot) for lot in lots],
        [again(case, lots[0][:0], seed=1 + seed) for seed in range(len(lots))],
        [again(case, one[0]) for one in worst_lots(case.whole or case.known, case, list(answers.values())[-1], 1)],
    )
    told = {"plain": held(case, fits, default, 0), **{name: held(case, fits, one, 1) for name, one in answers.items()}}
    for name, one in answers.items():
        told[name]["more"] = spread(cost(case, one, 1) / cost(case, one, 0) - 1)
    return {
        "rows": len(case.table.rows),
        "asked": len(case.table.asked),
        "deleted": case.deletions,
        "parameters": sum(one.numel() for one in case.network.parameters()),
        "away": untrained(case.known.head),
        "kinds": told,
        "foreseen": foreseen(case, default, 2 if quick else SINGLE),
    }


def foreseen(case: Case, found: Counterfactuals, count: int) -> dict[str, float]:
    """How the change of scores at the border without one training row, as it is foreseen, correlates with what happens: over rows
    drawn by chance, of each counterfactual, the median. `fitted`: the last layer again; `trained`: the whole network.
    """
    inside = case.known.sensitivities(found.counterfactuals[:, 0].double())[1]
    lots = torch.randperm(len(case.table.rows), generator=torch.Generator().manual_seed(1))[:count, None]
    layers = torch.stack([refitted(case.known.head, lot) for lot in lots]) - case.known.head.weights
    own = scored(case.network, found.counterfactuals[:, 0])
    happens = {
        "fitted": inside @ layers.T,
        "trained": torch.stack([scored(again(case, lot), found.counterfactuals[:, 0]) - own for lot in lots], 1),
    }
    ways = {"last layer": inside @ case.known.effects[lots[:, 0]].T}
    if case.whole is not None:
        slopes = case.whole.sensitivities(found.counterfactuals[:, 0].double())[1]
        ways["all parameters"] = slopes @ case.whole.effects[lots[:, 0]].T
    return {
        f"{way}, {name}": float(torch.stack([alike(*pair) for pair in zip(one, other, strict=True)]).median())
        for way, one in ways.items()
        for name, other in happens.items()
    }


def alike(one: Tensor, other: Tensor) -> Tensor:
    return torch.corrcoef(torch.stack([one, other]))[0, 1]


class Fits(NamedTuple):
    """What was trained again: last layers (L, q) and whole networks without random rows, networks of other `seeds` with all rows,
    and for each row that is asked about the network without the rows that endanger most what the last of the ways found for it.
    """

    layers: Tensor
    whole: list[StandardizedMlp]
    seeds: list[StandardizedMlp]
    targeted: list[StandardizedMlp]


def again(case: Case, lot: Tensor, seed: int = 0) -> StandardizedMlp:
    kept = torch.ones(len(case.table.rows))
    kept[lot] = 0
    return trained(case.table, case.plan, kept, seed)


def method(case: Case, way: dict[str, Any]) -> DeletionRobustCounterfactuals:
    table, asked = case.table, {"influence": "last_layer", **way}
    return DeletionRobustCounterfactuals(table.rows, table.labels, case.plan.ridge, **asked, **table.wishes)


def asked_with(case: Case, way: dict[str, Any]) -> Counterfactuals:
    return method(case, way).explain(TorchClassifier(case.network, 2, domain="tabular"), case.table.asked)


def cost(case: Case, found: Counterfactuals, place: int) -> Tensor:
    """(n,) in standard deviations; NaN where nothing was found."""
    length = ((found.counterfactuals[:, place] - case.table.asked) / case.known.scale).norm(dim=1)
    return torch.where(found.found[:, place], length, torch.nan)


def worst_lots(known: LastLayer | AllParameters, case: Case, found: Counterfactuals, place: int) -> list[list[Tensor]]:
    """Of each row the deletions that hurt most, the worst first, as they are foreseen."""
    slopes = known.sensitivities(found.counterfactuals[:, place].double())[1]
    order = (side_of(found)[:, None] * slopes @ known.effects.T).argsort(dim=1, stable=True)
    return [worst(one, case.deletions) for one in order]


def side_of(found: Counterfactuals) -> Tensor:
    return 2.0 * found.goals.double() - 1


def held(case: Case, fits: Fits, found: Counterfactuals, place: int) -> dict[str, Any]:
    """Of the plain (place 0) or the lasting ones (1) the share that holds; what was not found does not."""
    rows, there, side = found.counterfactuals[:, place], found.found[:, place], side_of(found)
    inside = case.known.sensitivities(rows.double())[1]
    lasts = [
        all(float(s * (one @ refitted(case.known.head, lot))) > 0 for lot in lots)
        for s, one, lots in zip(side, inside, worst_lots(case.known, case, found, place), strict=True)
    ]
    shares = {
        "random": (side * (fits.layers @ inside.T) > 0).double().mean(0),
        "targeted": torch.tensor(lasts).double(),
        "random, trained again": torch.stack([side * scored(one, rows) > 0 for one in fits.whole]).double().mean(0),
        "targeted, trained again": torch.stack([scored(one, rows)[i] * side[i] > 0 for i, one in enumerate(fits.targeted)]),
        "other seeds": torch.stack([side * scored(one, rows) > 0 for one in fits.seeds]).double().mean(0),
    }
    return {"found": float(there.double().mean()), **{name: float((one * there).double().mean()) for name, one in shares.items()}}


def scored(network: StandardizedMlp, rows: Tensor) -> Tensor:
    with torch.no_grad():
        return network(rows)[:, 0].double()


if __name__ == "__main__":
    main()
